"""Six people in an organisation, and someone who has every copy to publish and wants their numbers.

Everything that is published of two organisations is compared: in one the six did something, in the
other six people of another group did. All totals are alike. What a copy says must be alike as well,
or it says something of the six.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import typed
from test_disclosure import CATEGORIES, GROUPS, SEATS, everything, given

from assess import batch
from assess.assessment import assess_records
from assess.bundle import bundle

SIX, OTHERS = [f"supported{n}" for n in range(6)], [f"community{n}" for n in range(6)]
BOARD = [f"board{n}" for n in range(12)]
DAYS = {
    "declaration": "2025-03-01",
    "training": "2025-04-01",
    "review": "2025-05-01",
    "induction": "2025-02-01",
}


def seated():
    """Everyone with a seat: twelve on the board, and the council by group."""
    council = [
        f"{group}{n}" for group, seats in zip(GROUPS, SEATS, strict=True) for n in range(seats)
    ]
    return [*BOARD, *council]


def whole(done_by=(), *, gender=None):
    """The organisation of test_disclosure with a board and what people with seats did.

    All of the board and of the staff did everything; of the rest, those `done_by`.
    """
    records = given()
    did = {*BOARD, *(code for code in seated() if code.startswith("staff")), *done_by}
    council = records.tables["roles"].assign(route="elected", appointed_by="members")
    board = typed.each("roles", "person_id", BOARD, body="board", start="2022-01-01")
    board["start"] = pd.Timestamp("2022-01-01")
    board = board.assign(route="appointed", appointed_by="council", seat_category=None)
    roles = pd.concat([council, board], ignore_index=True)
    roles.index = pd.RangeIndex(2, 2 + len(roles), name="row")
    women = set(gender or ())
    roles["gender"] = ["woman" if code in women else "man" for code in roles["person_id"]]
    development = typed.table(
        "development",
        *(
            {"person_id": code, "kind": kind, "done_on": day}
            for kind, day in DAYS.items()
            for code in seated()
            if code in did
        ),
    )
    return with_tables(records, roles=roles, development=development)


def with_tables(records, **tables):
    tables = {**records.tables, **tables}
    columns = {name: frozenset(rows.columns[rows.notna().any()]) for name, rows in tables.items()}
    return replace(records, tables=tables, given=columns)


def with_skills(board):
    """A board of so many people, who all have both of the skills that the rules ask for."""
    records = whole()
    seats = typed.each("roles", "person_id", [f"b{n}" for n in range(board)], body="board")
    seats["start"] = pd.Timestamp("2022-01-01")
    rows = [(code, skill) for code in seats["person_id"] for skill in ("money", "law")]
    skills = [{"person_id": code, "kind": "skill", "detail": skill} for code, skill in rows]
    about = records.organisation.model_copy(update={"required_skills": ["money", "law"]})
    records = replace(records, organisation=about)
    return with_tables(records, roles=seats, development=typed.table("development", *skills))


def without_council(sizes):
    """Groups of members of such sizes, who decide at general meetings."""
    records = given(sizes=sizes)
    bodies = {"general_meeting": {"title": "General meeting"}}
    about = typed.organisation(member_categories=CATEGORIES, bodies=bodies)
    return with_tables(replace(records, organisation=about), roles=typed.table("roles"))


def copy_of(records):
    return assess_records(records, period=typed.YEAR, look_back=False, mode="publish")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"done_by": SIX}, {"done_by": OTHERS}, id="declarations and learning"),
        pytest.param({"done_by": SIX[:3]}, {"done_by": OTHERS[:3]}, id="of three of them"),
        pytest.param({"gender": SIX + BOARD[:4]}, {"gender": OTHERS + BOARD[:4]}, id="gender"),
    ],
)
def test_who_did_it_is_not_told(one, other):
    assert everything(copy_of(whole(**one))) == everything(copy_of(whole(**other)))


@pytest.mark.parametrize(
    ("board", "state"),
    [
        pytest.param(9, "held back", id="nine people"),
        pytest.param(10, "raw only", id="ten; of two skills, too few to score"),
    ],
)
def test_what_a_small_board_can_do_is_held_back(board, state):
    assert copy_of(with_skills(board)).measures.table.loc["5.1a", "state"] == state


@pytest.mark.parametrize(
    ("sizes", "state"),
    [
        pytest.param((60, 6, 44), "held back", id="six in a group"),
        pytest.param((60, 0, 44), "held back", id="nobody in a group"),
        pytest.param((60, 10, 44), "scored", id="ten in a group"),
    ],
)
def test_a_balance_of_groups_does_not_tell_of_a_small_one(sizes, state):
    """With nobody in a group, power is that of two: a number that tells it."""
    assert copy_of(without_council(sizes)).measures.table.loc["6.1b", "state"] == state


@pytest.mark.parametrize(
    ("undated", "missing", "worst", "best"),
    [
        pytest.param(0, 0, 67, 67, id="all known: 30 of 45"),
        pytest.param(3, None, 60, 80, id="three: as if ten, beside 30 of 40"),
        pytest.param(13, 15, 67, 100, id="thirteen: 15, beside 30 of 30"),
    ],
)
def test_how_few_are_not_known_is_not_told(undated, missing, worst, best):
    """Of 44 people with seats 30 declared. Some others' declarations have no date.

    Three unknown are told as none or ten; from the bounds, too, no more than that can be seen.
    """
    records = whole(done_by=SIX)
    lacking = [code for code in seated() if code.startswith("community")][:undated]
    rows = [{"person_id": code, "kind": "declaration"} for code in lacking]
    development = pd.concat([records.tables["development"], typed.table("development", *rows)])
    development.index = pd.RangeIndex(2, 2 + len(development), name="row")
    row = copy_of(with_tables(records, development=development)).measures.table.loc["3.2a"]
    assert pd.isna(row["n_missing"]) if missing is None else row["n_missing"] == missing
    assert (row["worst_value"], row["best_value"]) == (worst, best)


def test_no_gate_counts_the_people_it_is_about():
    """Twelve on the board; nothing says who should appoint them, so nothing is counted."""
    gates = copy_of(whole()).gates.set_index("id")
    assert gates.loc["G5", "detail"] == "no appointer stated"
    assert gates.loc[["G3", "G5"], ["k", "n", "limit"]].isna().to_numpy().all()


def test_earlier_years_in_a_copy_are_held_to_the_same_rules():
    """The page shows their scores, so these rest on published numbers as well."""
    copy = assess_records(SAMPLE, mode="publish")
    assert len(copy.years) > 1
    for year in copy.years:
        assert year.mode == "publish"
        assert year.measures.observed == {}
        assert not any(len(rows) for rows in year.records.tables.values())
        counts = year.measures.table.loc[["6.2a", "6.2c"], ["numerator", "denominator"]].melt()
        assert not (counts["value"].dropna() % 5).any()


# Every byte of every file, of a whole run

SAMPLE = Path(__file__).parents[1] / "data" / "gofal-elwedd"
SUPPORTED = ["M0011", "M0405", "M0427", "M0441", "M0528", "M0529"]  # the six; five have seats
SWAPPED = {"M0405": "M0050", "M0427": "M0394"}  # with people of the community, in the same terms
EITHER_WAY = SWAPPED | {other: one for one, other in SWAPPED.items()}


def sheet(folder, name):
    return pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)


def keep(folder, **sheets):
    for name, rows in sheets.items():
        rows.to_csv(folder / f"{name}.csv", index=False)


def sample_with_six(folder):
    """The sample, in which six of the people supported are members, and two of them vote."""
    shutil.copytree(SAMPLE, folder)
    members, acts = sheet(folder, "members"), sheet(folder, "participation")
    gone = (members["category"] == "supported") & ~members["member_id"].isin(SUPPORTED)
    acts = acts[~acts["member_id"].isin(members.loc[gone, "member_id"])]
    elections = sheet(folder, "elections")
    theirs = elections["category"] == "supported"
    elections.loc[theirs, "eligible"] = "6"
    elections.loc[theirs & (elections["ballots"] != ""), "ballots"] = "2"
    keep(folder, members=members[~gone], participation=acts, elections=elections)


def let_the_six_do_what_others_did(folder):
    """Votes, acts, checks, learning, coming to meetings, gender: of the six, and of six others."""
    elections = sheet(folder, "elections").set_index(["election_id", "category"])
    for category, ballots in (("supported", "5"), ("community", "28")):  # were 2 and 31
        elections.loc[("E2025-C", category), "ballots"] = ballots
    acts, development = sheet(folder, "participation"), sheet(folder, "development")
    acts["member_id"] = acts["member_id"].replace(EITHER_WAY)
    development["person_id"] = development["person_id"].replace(EITHER_WAY)
    attendance = sheet(folder, "attendance").set_index(["meeting_id", "person_id"])["status"]
    for one, other in SWAPPED.items():
        at = [attendance[:, one].index, attendance[:, other].index]
        for meeting in at[0].intersection(at[1]):
            pair = [(meeting, one), (meeting, other)]
            attendance[pair] = attendance[pair[::-1]].to_numpy()
    roles = sheet(folder, "roles")
    gender = roles.groupby("person_id")["gender"].first()
    swapped = roles["person_id"].isin(EITHER_WAY)
    roles.loc[swapped, "gender"] = roles.loc[swapped, "person_id"].map(EITHER_WAY).map(gender)
    votes = sheet(folder, "votes")
    groups = {"supported": "community", "community": "supported"}
    votes["category"] = votes["category"].replace(groups)
    capacity = sheet(folder, "attendance")["capacity"]
    came = attendance.reset_index().assign(capacity=capacity)
    keep(folder, elections=elections.reset_index(), participation=acts, development=development)
    keep(folder, roles=roles, votes=votes, attendance=came)


def everything_made(folder):
    """Every file of a run to publish, in two languages, and of its bundle, but for its hashes."""
    batch.run(
        [folder / "records"], folder / "out", mode="publish", langs=("en", "cy"), jobs=1, quiet=True
    )
    bundle(folder / "out", folder / "bundle", date="2026-05-31")
    paths = [*(folder / "out").rglob("*"), *(folder / "bundle").rglob("*")]
    return {
        path.relative_to(folder).as_posix(): _without_hashes(path)
        for path in sorted(paths)
        if path.is_file() and path.name not in ("run.log", "SHA256SUMS")
    }


def _without_hashes(path):
    """The fingerprint of all records differs, and so do hashes of files that hold it."""
    if path.suffix in (".parquet", ".whl", ".lock"):
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    return re.sub(r"(?<=: )[0-9a-f]{12}(?=[.<\\])|(?<=\")[0-9a-f]{64}(?=\")", "HASH", text)


@pytest.mark.slow
def test_no_byte_of_any_file_tells_what_the_six_did(tmp_path, monkeypatch):
    """Pages, notebooks, drawings, tables, records of runs, the one-page versions, the bundle."""
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "keys"))
    made = []
    for name, change in (("one", None), ("other", let_the_six_do_what_others_did)):
        folder = tmp_path / name
        sample_with_six(folder / "records" / "gofal")
        before = {path.name: path.read_bytes() for path in (folder / "records" / "gofal").iterdir()}
        if change:
            change(folder / "records" / "gofal")
            after = {path.name: path.read_bytes() for path in (folder / "records/gofal").iterdir()}
            assert sum(before[key] != after[key] for key in before) == 6
        made.append(everything_made(folder))
        shutil.rmtree(tmp_path / "keys")  # what was published before is another test's
    one, other = made
    assert len(one) > 30
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
