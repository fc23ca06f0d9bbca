"""Invented organisations: the same bytes each time, valid records, habits as frequent as stated."""

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assess.framework import load_framework
from assess.measure import measure
from assess.observe import INDICATORS
from assess.records import AssessError
from assess.schemas import CONTRACTS
from assess.synth import (
    characters,
    find_character,
    make_tables,
    write_organisation,
    write_organisations,
    write_samples,
)
from assess.synth.character import _character, vary
from assess.synth.dice import Dice
from assess.validate import read_records

DATA = Path(__file__).parent.parent / "data"
REAL_WELSH_COOPERATIVES = (
    *("cartrefi", "calon", "principality", "clwyd", "merthyr valleys", "rct homes", "tai calon"),
    *("bron afon", "dulas", "primepac", "sundance", "ynni ogwen", "egni", "awel aman", "drive"),
    *("antur waunfawr", "cwmni bro", "burns pet", "creative workspace", "home4u", "loco home"),
    *("gwynedd", "powys", "ceredigion", "cardiff", "caerdydd", "swansea", "abertawe", "wrexham"),
)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under the folder, but for the README that people write."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "README.md"
    }


def test_writing_twice_gives_the_same_bytes(tmp_path):
    """Fourteen, so that the first two characters come round again with their rates varied."""
    write_organisations(14, tmp_path / "once", seed=5)
    write_organisations(14, tmp_path / "again", seed=5)
    assert len(contents(tmp_path / "once")) > 100
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


def test_another_seed_gives_other_records(tmp_path):
    write_organisation("small", tmp_path / "one", seed=1)
    write_organisation("small", tmp_path / "two", seed=2)
    assert contents(tmp_path / "one") != contents(tmp_path / "two")


def test_a_longer_batch_begins_with_the_shorter_one(tmp_path):
    write_organisations(2, tmp_path / "two", seed=5)
    write_organisations(3, tmp_path / "three", seed=5)
    assert contents(tmp_path / "two").items() < contents(tmp_path / "three").items()


def test_the_bytes_depend_on_no_hash_order_locale_or_time_zone(tmp_path):
    code = (
        "import sys; from assess.synth import write_organisations as w; w(2, sys.argv[1], seed=5)"
    )
    digests = []
    for number, (hashing, locale, zone) in enumerate(
        [("1", "C", "Asia/Tokyo"), ("2", "cy_GB.UTF-8", "Europe/London")]
    ):
        folder = tmp_path / str(number)
        settings = {"PYTHONHASHSEED": hashing, "LC_ALL": locale, "TZ": zone}
        subprocess.run([sys.executable, "-c", code, folder], env=os.environ | settings, check=True)
        digests.append(hashlib.sha256(repr(contents(folder)).encode()).hexdigest())
    assert digests[0] == digests[1]


def test_data_holds_what_write_samples_makes(tmp_path):
    """Whoever changes a character runs `make synth`; whoever changes data/ loses the change."""
    write_samples(tmp_path)
    made, kept = contents(tmp_path), contents(DATA)
    differing = sorted(name for name in made.keys() | kept if made.get(name) != kept.get(name))
    assert not differing, "run `make synth`: data/ is not what it makes"


def test_a_thousand_names_and_codes_differ():
    kinds = list(characters().values())
    varied = [
        vary(kinds[place % 12], place // 12 + 1, Dice(1, place, 0)) for place in range(12, 1000)
    ]
    organisations = [character.organisation for character in kinds + varied]
    assert len({one.id for one in organisations}) == 1000
    assert len({one.name for one in organisations}) == 1000


def test_every_file_is_plain_utf8_with_line_feeds_and_iso_days(tmp_path):
    write_organisation("care_coop", tmp_path, seed=3)
    for path in sorted(tmp_path.iterdir()):
        written = path.read_bytes()
        assert b"\r" not in written, path.name
        assert written.decode("utf-8").endswith("\n"), path.name
    with (tmp_path / "meetings.csv").open(encoding="utf-8") as file:
        days = [row["held_on"] for row in csv.DictReader(file)]
    assert days == sorted(days)
    assert days[-1][:8] == "2025-12-"


def test_records_are_valid_against_the_contracts(tmp_path):
    """Two of each character. A meeting without a quorum is told of, and is no fault."""
    written = write_organisations(24, tmp_path, seed=11)
    problems = [
        f"{character.organisation.id}: {problem}"
        for character in written
        for problem in read_records(tmp_path / character.organisation.id).problems
        if problem.serious
    ]
    assert len(written) == 24
    assert problems == []


def test_every_column_of_every_contract_is_written_by_some_character(tmp_path):
    """But for those that only records made elsewhere have: a count or a name in the minutes."""
    seen = set()
    for character in write_samples(tmp_path):
        given = read_records(tmp_path / character.organisation.id).given
        seen |= {f"{table}.{column}" for table, columns in given.items() for column in columns}
    every = {
        f"{table}.{name}" for table in CONTRACTS for name in CONTRACTS[table].to_schema().columns
    }
    assert every - seen == {
        "decisions.present_count",
        "decisions.stated_abstained",
        "decisions.moved_by",
        "decisions.seconded_by",
    }


def test_what_a_character_does_not_keep_is_not_written(tmp_path):
    lacking = [(c, lack) for c in characters().values() for lack in c.lacks]
    assert len(lacking) > 50
    for character in characters().values():
        write_organisation(character, tmp_path / character.key, seed=1)
    for character, lack in lacking:
        table, _, column = lack.partition(".")
        path = tmp_path / character.key / f"{table}.csv"
        headings = path.read_text().splitlines()[0].split(",") if path.exists() else []
        assert (column not in headings) if column else not path.exists(), (character.key, lack)


def test_rates_bear_the_names_of_indicators():
    assert find_character("care_coop").rates.keys() <= INDICATORS.keys()


def test_a_rate_of_the_years_before_ends_with_the_last_year():
    """The care co-operative told members of 45% of decisions in 2024 and of 82% in 2025."""
    care = find_character("care_coop")
    assert care.true_rates(2024)["decisions_published"] == 0.45
    assert care.true_rates(2025)["decisions_published"] == 0.82


def test_formats_provided_counts_a_meeting_where_nobody_asked():
    """Asked for at 90% of meetings and then sent at 88% of them: 0.1 + 0.9 x 0.88 = 0.892."""
    assert find_character("care_coop").true_rates()["formats_provided"] == pytest.approx(0.892)


@pytest.mark.slow
def test_observed_shares_are_near_the_true_rates(tmp_path):
    """Pooled over 24 organisations of one character; four standard errors and two points of play.

    The play is for what is still open when the period ends, and for meetings that share a day.
    """
    framework, character = load_framework(), find_character("care_coop")
    true_rates = character.model_copy(update={"rates_before": {}}).true_rates()
    counted = []
    for seed in range(24):
        same = character.model_copy(update={"rates_before": {}})
        records = read_records(write_organisation(same, tmp_path / str(seed), seed=seed))
        counted.append(measure(records, framework, records.latest_period()).table.set_index("name"))
    far = {}
    for name, rate in true_rates.items():
        if name in ("attendance_parity", "turnout_equity"):  # the lowest over the highest share
            continue
        hits = sum(table.loc[name, "numerator"] for table in counted)
        number = sum(table.loc[name, "denominator"] for table in counted)
        allowed = 4 * np.sqrt(rate * (1 - rate) / number) + 0.02
        if not abs(hits / number - rate) <= allowed:
            far[name] = (round(hits / number, 3), rate, number)
    assert len(true_rates) > 30
    assert far == {}


def test_council_attendance_of_each_group_is_near_its_true_rate():
    """20 organisations, about 1,100 places a group: three points are some three standard errors."""
    character = find_character("care_coop")
    came, expected = dict.fromkeys(character.members, 0), dict.fromkeys(character.members, 0)
    for seed in range(20):
        tables = make_tables(character, seed=seed)
        group = {row["member_id"]: row["category"] for row in tables["members"]}
        for row in tables["attendance"]:
            if row["meeting_id"].startswith("C") and row["status"] != "leave":
                expected[group[row["person_id"]]] += 1
                came[group[row["person_id"]]] += row["status"] in ("present", "remote")
    for category in character.members:
        observed = came[category] / expected[category]
        assert observed == pytest.approx(character.attendance[category], abs=0.03), category


def test_ballots_are_the_members_who_voted():
    """Each contested election's ballots are so many acts of voting, each by a member then."""
    tables = make_tables(find_character("excellent"), seed=4)
    votes = [act["done_on"] for act in tables["participation"] if act["act"] == "voted"]
    ballots = [row["ballots"] for row in tables["elections"] if row["ballots"] is not None]
    assert len(ballots) > 5
    assert sum(ballots) == len(votes)


def test_votes_by_group_add_up_to_the_totals_minuted_and_to_the_outcome():
    tables = make_tables(find_character("care_coop"), seed=4)
    decided = [row for row in tables["decisions"] if "stated_for" in row]
    assert len(decided) > 50
    for decision in decided:
        groups = [v for v in tables["votes"] if v["decision_id"] == decision["decision_id"]]
        votes_for = sum(row["votes_for"] for row in groups)
        votes_against = sum(row["votes_against"] for row in groups)
        assert (votes_for, votes_against) == (decision["stated_for"], decision["stated_against"])
        assert (votes_for > votes_against) == (decision["outcome"] == "carried")


def test_varied_rates_stay_shares_and_certainties_stay_certain():
    """The gamed one records every aim and contests no seat, however it is varied."""
    gamed = find_character("gamed")
    for place in range(50):
        varied = vary(gamed, 2, Dice(1, place))
        assert varied.rates["objectives_recorded"] == 1
        assert varied.rates["seats_contested"] == 0
        assert all(0 < varied.rates[name] < 1 for name, rate in gamed.rates.items() if 0 < rate < 1)
        assert abs(varied.rates["actions_completed"] - 0.3) <= 0.1


def test_twins_of_one_character_share_rates_and_differ_by_seed(tmp_path):
    """By name alone they would have the same records; another seed gives other records."""
    twins = [find_character("small").renamed(f"twin-{n}", f"Twin {n}") for n in (1, 2)]
    folders = [write_organisation(one, tmp_path / one.organisation.id, seed=3) for one in twins]
    again = write_organisation(twins[1], tmp_path / "other", seed=4)
    assert twins[0].true_rates() == twins[1].true_rates()
    assert read_records(folders[1]).organisation.id == "twin-2"
    assert (folders[0] / "members.csv").read_bytes() == (folders[1] / "members.csv").read_bytes()
    assert (folders[0] / "members.csv").read_bytes() != (again / "members.csv").read_bytes()


def test_an_unknown_character_is_named_with_the_known_ones():
    with pytest.raises(AssessError, match=r"no character 'carecoop'.*care_coop"):
        find_character("carecoop")


def test_a_rate_that_nothing_uses_is_refused():
    ordinary = {"rates": {"reasons_recorded": 0.7}, "shares": {}, "yearly": {}}
    with pytest.raises(AssessError, match="rates has reasons_recored, and 'ordinary' has not"):
        _character("odd", ordinary, {"rates": {"reasons_recored": 0.5}})


def test_records_that_are_not_invented_are_never_replaced(tmp_path):
    (tmp_path / "organisation.yaml").write_text("id: real\nname: Real\n")
    (tmp_path / "members.csv").write_text("member_id\nM1\n")
    with pytest.raises(AssessError, match="not marked as invented"):
        write_organisation("small", tmp_path, seed=1)
    assert (tmp_path / "members.csv").read_text() == "member_id\nM1\n"


def test_all_are_marked_as_invented_and_none_bears_a_real_name():
    organisations = [character.organisation for character in characters().values()]
    assert len(organisations) == 12
    assert all(one.synthetic for one in organisations)
    real = [
        (one.name, name)
        for one in organisations
        for name in REAL_WELSH_COOPERATIVES
        if name in one.name.lower()
    ]
    assert real == []


def test_no_cell_holds_a_persons_name():
    """People are M0001 or P01 in every column that holds a person."""
    tables = make_tables(find_character("care_coop"), seed=2)
    people = [row["person_id"] for table in ("roles", "attendance") for row in tables[table]]
    people += [row["member_id"] for row in tables["members"]]
    assert len(people) > 500
    assert all(code[0] in "MP" and code[1:].isdigit() for code in people)
