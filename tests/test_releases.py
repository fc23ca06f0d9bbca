"""Several organisations in public, and two copies of the same thing."""

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_bundle import DATA, notebook_in
from test_disclosure import given, published

from assess import compare
from assess.batch.job import Job, assess_one
from assess.disclosure import peers, releases
from assess.records import AssessError, Period
from assess.report import side_by_side
from assess.words import Words


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    """Nothing has been published before."""
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


def scores_of(organisations, *, changed=()):
    """Scores of two principles: 40, 41, 42 ... ; those `changed` score 1 more."""
    return pd.DataFrame(
        {
            "organisation": f"org-{n}",
            "id": key,
            "level": "principle",
            "title": "Purpose and outcomes",
            "score": 40.0 + n + (n in changed),
            "low": 30.0,
            "high": 90.0,
            "state": "scored",
        }
        for n in organisations
        for key in ("1", "2")
    )


# Middles


@pytest.mark.parametrize(
    ("number", "median", "lower"),
    [
        pytest.param(9, None, None, id="nine organisations: no middle"),
        pytest.param(10, 44, None, id="ten: a middle, no quartiles"),
        pytest.param(19, 49, None, id="nineteen: no quartiles"),
        pytest.param(20, 50, 45, id="twenty: quartiles"),
    ],
)
def test_middles_need_ten_and_quartiles_twenty(number, median, lower):
    """Ten scores 40 to 49 have the middle 44.5, written 44; twenty, 49.5 and a quarter 44.75."""
    row = peers.middles(scores_of(range(number))).loc["1"]
    assert row["median"] == median if median else pd.isna(row["median"])
    assert row["lower"] == lower if lower else pd.isna(row["lower"])


def test_the_lowest_and_highest_are_never_given():
    shown = peers.middles(scores_of(range(25)))
    assert not {40.0, 64.0} & set(shown.select_dtypes("number").to_numpy().ravel())


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        pytest.param([10] * 10, 100, id="ten alike"),
        pytest.param([10] * 9, None, id="nine"),
        pytest.param([100] + [10] * 9, None, id="one makes up more than half"),
        pytest.param([90] + [10] * 9, 180, id="one makes up half"),
        pytest.param([100, 95] + [1] * 9, None, id="the second could tell the first to within 9%"),
        pytest.param([100, 91] + [1] * 10, 200, id="the second could tell it to within 10%"),
    ],
)
def test_a_total_is_of_ten_and_of_no_single_organisation(parts, shown):
    """Of 100 + 95 + 9 the second knows 104 are left, 100 to within 9: too near."""
    assert peers.total(parts) == shown if shown else np.isnan(peers.total(parts))


def test_a_cross_table_needs_ten_in_every_cell():
    """ "Multi-stakeholder, care" with one organisation in it would be its name."""
    many = [("care", "co-op")] * 12 + [("care", "charity")] * 10
    many += [("housing", "co-op")] * 11 + [("housing", "charity")] * 23
    table = peers.cross_table(pd.DataFrame(many, columns=["work", "form"]))
    assert table.loc["care", "co-op"] == 10
    assert table.loc["housing", "charity"] == 25
    assert peers.cross_table(pd.DataFrame(many[3:], columns=["work", "form"])) is None
    empty_cell = pd.DataFrame(many[12:], columns=["work", "form"])
    assert peers.cross_table(empty_cell[empty_cell["work"] == "care"]) is not None
    assert peers.cross_table(pd.concat([empty_cell.iloc[:21], empty_cell.iloc[21:]])) is None


@pytest.mark.parametrize(
    ("lacking", "of", "shown"),
    [
        pytest.param(9, 25, None, id="nine lack it"),
        pytest.param(12, 26, (10, 25), id="twelve lack it, fourteen have it"),
        pytest.param(17, 26, None, id="nine have it: they could be told"),
        pytest.param(25, 25, None, id="all lack it: nobody has it"),
    ],
)
def test_what_is_lacking_is_told_of_ten_and_more(lacking, of, shown):
    row = {"id": "1.1a", "title": "Aims", "lacking": lacking, "of": of}
    found = peers.gaps(pd.DataFrame([row]))[["lacking", "of"]].to_numpy().tolist()
    assert found == ([list(shown)] if shown else [])


def kinds_of(*cells):
    """Organisations by (governance model, legal form, size) and how many of each."""
    rows = [cell for *cell, times in cells for _ in range(times)]
    index = [f"org-{n}" for n in range(len(rows))]
    return pd.DataFrame(rows, index=index, columns=list(peers.TRAITS))


def test_middles_by_kind_need_ten_of_every_kind():
    """25 organisations with scores 40 to 64: fifteen co-ops have the middle 47, ten charities 60.

    Twelve are companies and thirteen CIOs, so each form is shown; nine are large, so no size is.
    """
    traits = kinds_of(
        ("worker_coop", "company", "small", 12),
        ("worker_coop", "cio", "small", 3),
        ("charity", "cio", "small", 1),
        ("charity", "cio", "large", 9),
    )
    found = peers.kinds(scores_of(range(25)), traits)
    model = found.middles["governance_model"]
    assert model["organisations"].to_dict() == {"charity": 10, "worker_coop": 15}
    assert model["1"].to_dict() == {"charity": 60, "worker_coop": 47}
    assert found.middles["legal_form"]["organisations"].to_dict() == {"cio": 15, "company": 10}
    assert found.middles["size"] is None
    assert found.crossed is None  # one small charity


def test_a_kind_that_is_not_stated_counts_as_one():
    """Nine without a stated size could be told from the total."""
    traits = kinds_of(("charity", "cio", "small", 16), ("charity", "cio", None, 9))
    found = peers.kinds(scores_of(range(25)), traits)
    assert found.middles["size"] is None
    assert found.middles["governance_model"] is not None


def test_a_principle_that_too_few_of_one_kind_score_is_held_back_for_all_kinds():
    """Of ten charities nine score principle 2: with the middle of all, theirs could be told."""
    scores = scores_of(range(25))
    scores.loc[(scores["organisation"] == "org-24") & (scores["id"] == "2"), "score"] = np.nan
    traits = kinds_of(("worker_coop", "cio", "small", 15), ("charity", "cio", "small", 10))
    table = peers.kinds(scores, traits).middles["governance_model"]
    assert table["1"].notna().all()
    assert table["2"].isna().all()


def test_an_organisation_that_was_not_assessed_is_not_counted():
    traits = kinds_of(("charity", "cio", "small", 10))
    found = peers.kinds(scores_of(range(9)), traits)
    assert set(found.middles.values()) == {None}


def test_a_published_comparison_shows_kinds_or_says_they_are_held_back():
    many = kinds_of(("charity", "cio", "small", 10), ("charity", "cio", "large", 15))
    few = kinds_of(("charity", "cio", "small", 9), ("charity", "cio", "large", 16))
    status = pd.DataFrame({"organisation": many.index, "name": "Tegfan", "message": ""})
    indicators = scores_of(range(25)).assign(level="indicator", id="1.1a")
    scores = pd.concat([scores_of(range(25)), indicators])
    words = Words("en")
    pages = [
        side_by_side.kinds(compare.published(compare.Results(status, scores, traits=kind)), words)
        for kind in (many, few)
    ]
    shown, hidden = (page.markup for page in pages)
    assert "<td>10</td>" in shown  # small charities
    assert "<td>44</td>" in shown  # the middle of their scores 40 to 49, 44.5
    assert "of one of these kinds" not in shown
    assert hidden.count("Held back: ") == 2  # size, and size by model
    assert "large" not in hidden
    for page in (shown, hidden):
        assert "Tegfan" not in page
        assert "org-" not in page


def test_an_own_copy_says_nothing_of_what_others_are():
    status = pd.DataFrame({"organisation": ["a", "b"], "name": ["A", "B"], "message": ""})
    traits = kinds_of(("charity", "cio", "small", 1), ("worker_coop", "cio", "large", 1))
    traits.index = ["a", "b"]
    scores = scores_of(range(2)).replace({"org-0": "a", "org-1": "b"})
    own = compare.own_copy(compare.Results(status, scores, traits=traits), "a")
    page = side_by_side.kinds(own, Words("en")).markup
    assert "Held back" in page
    assert "worker" not in page


def test_no_second_comparison_where_one_organisation_is_of_another_kind():
    """The same scores, but one charity is now large: its score would be the difference."""
    first = kinds_of(("charity", "cio", "small", 13), ("charity", "cio", "large", 12))
    second = kinds_of(("charity", "cio", "small", 12), ("charity", "cio", "large", 13))
    releases.freeze_peers(scores_of(range(25)), first)
    with pytest.raises(AssessError, match="published before, by 2 organisations"):
        releases.freeze_peers(scores_of(range(25)), second)


def test_a_published_comparison_names_nobody():
    status = pd.DataFrame(
        {"organisation": f"org-{n}", "name": f"Tegfan {n}", "state": "assessed", "message": ""}
        for n in range(12)
    ).assign(period="2025-01-01/2025-12-31")
    indicators = scores_of(range(12)).assign(level="indicator", id="1.1a")
    results = compare.Results(status, pd.concat([scores_of(range(12)), indicators]))
    shown = compare.published(results)
    words = Words("en")
    pages = [
        side_by_side.opening(shown, words),
        side_by_side.profiles(shown, words),
        side_by_side.ranks(shown, words, seed=1),
        side_by_side.gaps(shown, words),
        side_by_side.status(shown, words),
    ]
    text = "".join(page.markup for page in pages)
    assert "org-" not in text
    assert "Tegfan" not in text
    assert "Middle score" in text
    assert "<td>46</td>" in text  # between 45 and 46, the sixth and seventh of 40 to 51


# Two comparisons


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(scores_of(range(1, 25)), id="one has left"),
        pytest.param(scores_of(range(26)), id="one has joined"),
        pytest.param(scores_of(range(25), changed=[7]), id="one has other scores"),
        pytest.param(scores_of(range(4, 29)), id="four left and four joined"),
    ],
)
def test_no_second_comparison_for_a_few_organisations(second):
    """25 organisations, then 24: the two middles or totals together would be the leaver's own."""
    releases.freeze_peers(scores_of(range(25)))
    with pytest.raises(AssessError, match=r"published before, by [1-8] organisations"):
        releases.freeze_peers(second)


def test_the_same_comparison_again_and_quite_another_are_allowed():
    first = releases.freeze_peers(scores_of(range(25)))
    assert releases.freeze_peers(scores_of(range(25))) == first
    assert releases.freeze_peers(scores_of(range(30, 55)))["release"] == 2


def test_what_is_said_of_the_set_does_not_tell_who_is_in_it(tmp_path, monkeypatch):
    """Nor can it be tried out by someone who has every score: it hangs on a key."""
    first = releases.freeze_peers(scores_of(range(25)))
    assert "org-" not in json.dumps(first)
    monkeypatch.setenv("ASSESS_KEYS", str(tmp_path / "others"))
    assert releases.freeze_peers(scores_of(range(25)))["peer_set"] != first["peer_set"]


# Two copies of one organisation


def test_a_copy_for_one_more_member_is_refused():
    """112 members round to 110 and 113 to 115: together they say when the 113th joined."""
    releases.agree(published(sizes=(60, 6, 46)))
    with pytest.raises(AssessError, match="was published before"):
        releases.agree(published(sizes=(60, 6, 47)))


@pytest.mark.parametrize(
    ("period", "refused"),
    [
        pytest.param("2025-01-01/2025-12-30", True, id="a day shorter"),
        pytest.param("2025-07-01/2026-06-30", True, id="half a year later"),
        pytest.param("2024-12-31/2025-12-31", True, id="a day longer"),
        pytest.param("2026", False, id="the next year"),
        pytest.param("2024", False, id="the year before"),
    ],
)
def test_a_period_that_shares_days_with_an_earlier_copy_is_held_against_it(period, refused):
    """A copy a day apart from the first, with one member more, would tell who came that day."""
    releases.agree(published(sizes=(60, 6, 46)))
    moved = published(sizes=(60, 6, 47))
    moved = replace(moved, period=Period.parse(period))
    if not refused:
        releases.agree(moved)
        return
    with pytest.raises(AssessError, match="a copy for 2025 was published before"):
        releases.agree(moved)


def test_another_organisation_with_a_longer_name_is_not_held_against_it():
    """tegfan and tegfan-2 are two organisations."""
    releases.agree_on("tegfan-2", "2025", {"6.2c numerator": 40.0})
    releases.agree_on("tegfan", "2025", {"6.2c numerator": 45.0})


def test_a_group_of_six_split_off_after_a_first_copy_is_refused():
    """Staff 66 with the six, then staff 60 and the six apart: the difference would be the six."""
    releases.agree(
        published(sizes=(66, 0, 44), voted=(27, 0, 13), seats=(18, 0, 14), came=(11, 0, 11))
    )
    with pytest.raises(AssessError, match="Both copies together would point to those few"):
        releases.agree(published())


def test_other_lines_held_back_than_before_are_refused(keys):
    """What the first copy hid, the second would show: between them nothing would be hidden."""
    releases.agree(published())
    record = next((keys / "releases").glob("*.json"))
    before = json.loads(record.read_text())
    assert before["6.2b community of"] is None
    record.write_text(json.dumps(before | {"6.2b community of": 45.0}))
    with pytest.raises(AssessError, match="were held back"):
        releases.agree(published())


def test_the_same_copy_again_and_one_with_ten_more_are_allowed():
    releases.agree(published())
    releases.agree(published())
    releases.agree(published(sizes=(60, 6, 44), voted=(25, 2, 13)))


def test_what_is_remembered_holds_published_counts_only(keys):
    releases.agree(published())
    (record,) = (keys / "releases").glob("*.json")
    counts = [count for count in json.loads(record.read_text()).values() if count is not None]
    assert counts
    assert not [count for count in counts if count % 5]


# Files that point to rows


@pytest.mark.parametrize(
    ("days", "age", "left"),
    [
        pytest.param(0, 0, False, id="by default none is kept"),
        pytest.param(30, 29, True, id="not yet thirty days old"),
        pytest.param(30, 30, False, id="thirty days old"),
    ],
)
def test_a_run_to_publish_deletes_files_that_point_to_rows(tmp_path, days, age, left):
    now = 1_800_000_000.0
    for name in (*releases.ROW_FILES, "scores.csv"):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (now - age * releases.DAY,) * 2)
    releases.forget_rows(tmp_path, days, now)
    assert [(tmp_path / name).exists() for name in releases.ROW_FILES] == [left, left]
    assert (tmp_path / "scores.csv").exists()


def test_a_copy_to_publish_does_not_lie_beside_the_boards_own(tmp_path):
    """A page in another language, or in print, would be handed on with the folder."""
    (tmp_path / "run.json").write_text('{"parameters": {"mode": "internal"}}')
    for name in ("asesiad.html", "assessment.pdf", "source_rows.csv"):
        (tmp_path / name).write_text("x")
    releases.clear_board_copy(tmp_path, 0)
    assert not list(tmp_path.iterdir())
    (tmp_path / "run.json").write_text('{"parameters": {"mode": "publish"}}')
    (tmp_path / "asesiad.html").write_text("x")
    releases.clear_board_copy(tmp_path, 0)
    assert (tmp_path / "asesiad.html").exists()


def run_again(folder, mode):
    """A run of a small sample into the same folder of results, in this mode."""
    parameters = {"period": "", "previous": "", "mode": mode, "seed": 1}
    source = DATA / "gofal-elwedd"
    return assess_one(Job(source, folder / "out", notebook_in(folder), "", parameters=parameters))


def test_a_run_to_publish_clears_what_the_board_had_and_is_held_against_the_last(tmp_path, keys):
    """The board's own files go; a second copy that hides or shows another number is not written."""
    assert run_again(tmp_path, "internal").state == "assessed"
    place = tmp_path / "out" / "gofal-elwedd" / "2025"
    (place / "asesiad.html").write_text("the board's own, in Welsh")
    assert (place / "source_rows.csv").exists()
    assert run_again(tmp_path, "publish").state == "assessed"
    assert not (place / "source_rows.csv").exists()
    assert not (place / "asesiad.html").exists()
    (record,) = (keys / "releases").glob("*.json")
    counts = json.loads(record.read_text())
    record.write_text(json.dumps(counts | {"6.2c numerator": counts["6.2c numerator"] + 5}))
    second = run_again(tmp_path, "publish")
    assert second.state == "failed"
    assert "was published before" in second.message


def test_six_people_are_in_the_records_these_tests_rest_on():
    members = given().tables["members"]
    assert (members["category"] == "supported").sum() == 6
