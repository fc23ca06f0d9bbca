"""Several organisations: no order without its range, nothing missing put last."""

import json

import numpy as np
import pandas as pd
import pytest

from assess import compare
from assess.compare import Results
from assess.records import AssessError


def results(**scores: tuple[float, float, float]) -> Results:
    """Organisations with a score and its range on principle 1, and two indicators each."""
    rows, told = [], []
    for name, (score, low, high) in scores.items():
        told.append({"organisation": name, "name": f"The {name}", "state": "assessed"})
        rows.append(
            {"organisation": name, "id": "1", "level": "principle", "title": "Purpose"}
            | {"score": score, "low": low, "high": high, "state": "scored"}
        )
        for id, state in (("1.1a", "scored"), ("1.1b", "not recorded")):
            rows.append({"organisation": name, "id": id, "level": "indicator", "state": state})
    return Results(pd.DataFrame(told), pd.DataFrame(rows).assign(title="T"))


def test_scores_far_apart_leave_no_doubt_of_the_order():
    table = compare.ranks(results(a=(20, 18, 22), b=(80, 78, 82), c=(50, 48, 52)), "1")
    assert table.set_index("name")["middle"].to_dict() == {"b": 1, "c": 2, "a": 3}
    assert (table["low"] == table["high"]).all()


def test_scores_whose_ranges_overlap_share_their_places():
    table = compare.ranks(results(a=(50, 30, 70), b=(52, 30, 70), c=(10, 8, 12)), "1")
    places = table.set_index("name")
    assert places.loc[["a", "b"], "low"].tolist() == [1, 1]
    assert places.loc[["a", "b"], "high"].tolist() == [2, 2]
    assert places.loc["c", ["low", "high"]].tolist() == [3, 3]


def test_scores_known_in_full_and_alike_stand_at_the_same_place():
    """Two at 100 without a range: places 1 and 2, so 1.5 each."""
    table = compare.ranks(results(a=(100, 100, 100), b=(100, 100, 100)), "1")
    assert table["middle"].tolist() == [1.5, 1.5]


def test_an_organisation_without_a_score_has_no_place():
    table = compare.ranks(results(a=(50, 40, 60), b=(np.nan, np.nan, np.nan)), "1")
    assert table["name"].tolist() == ["a"]


def test_places_are_the_same_twice_and_differ_with_the_seed():
    given = results(a=(50, 30, 70), b=(52, 30, 70), c=(45, 20, 60))
    again = compare.ranks(given, "1", seed=1, draws=11)
    assert compare.ranks(given, "1", seed=1, draws=11).equals(again)
    assert not compare.ranks(given, "1", seed=2, draws=11).equals(again)


def test_profiles_keep_what_is_not_scored_as_missing():
    table = compare.profiles(results(a=(50, 40, 60), b=(np.nan, np.nan, np.nan)))
    assert table.loc["a", "1"] == 50
    assert np.isnan(table.loc["b", "1"])


def test_gaps_are_counted_over_those_they_apply_to():
    """1.1b is lacking in both, but does not apply to b: 1 of 1. 1.1a is lacking in neither."""
    given = results(a=(50, 40, 60), b=(50, 40, 60))
    elsewhere = (given.scores["organisation"] == "b") & (given.scores["id"] == "1.1b")
    given.scores.loc[elsewhere, "state"] = "does not apply"
    assert compare.common_gaps(given)[["id", "lacking", "of"]].to_numpy().tolist() == [
        ["1.1b", 1, 1]
    ]
    assert compare.evidence(given).to_numpy().tolist() == [[1, 2], [1, 1]]


def test_results_that_a_run_wrote_are_read(tmp_path):
    (tmp_path / "a" / "2025").mkdir(parents=True)
    (tmp_path / "status.csv").write_text(
        "organisation,name,state,period,problems,message,folder\n"
        "a,The A,assessed,2025-01-01/2025-12-31,0,,a/2025\n"
        "b,,failed,,0,no meetings,\n",
        encoding="utf-8",
    )
    (tmp_path / "a" / "2025" / "scores.csv").write_text(
        "organisation,period,id,level,parent,title,score,low,high,state\n"
        "a,2025,1,principle,,Purpose,70.0,60.0,80.0,\n"
        "a,2025,1.1a,indicator,1.1,Aims,70.0,60.0,80.0,scored\n",
        encoding="utf-8",
    )
    traits = {"governance_model": "charity", "legal_form": "cio", "size": "small"}
    run = {"organisation": "a", "traits": traits}
    (tmp_path / "a" / "2025" / "run.json").write_text(json.dumps(run), encoding="utf-8")
    read = compare.gather(tmp_path)
    assert compare.profiles(read).to_dict() == {"1": {"a": 70.0}}
    assert read.traits.loc["a"].to_dict() == traits
    assert compare.titles(read) == {"1": "Purpose"}
    assert read.status["message"].tolist() == ["", "no meetings"]


def test_records_are_assessed_and_one_failure_does_not_stop_the_rest(write_records):
    folder = write_records()
    bad = folder.parent / "bad"
    bad.mkdir()
    (bad / "organisation.yaml").write_text("id: bad\n", encoding="utf-8")
    gathered = compare.gather(folder.parent)
    states = dict(zip(gathered.status["organisation"], gathered.status["state"], strict=True))
    assert states == {"tegfan-care": "assessed", "bad": "failed"}
    assert set(gathered.scores["organisation"]) == {"tegfan-care"}


def test_a_folder_with_nothing_to_compare_is_refused(tmp_path):
    with pytest.raises(AssessError):
        compare.gather(tmp_path)


def test_an_own_copy_keeps_one_name_and_every_score():
    given = results(a=(20, 18, 22), b=(80, 78, 82), c=(50, 48, 52))
    copy = compare.own_copy(given, "b")
    assert set(copy.status["organisation"]) == {"b", "A", "B"}
    assert sorted(name for name in copy.status["name"] if name) == ["The b"]
    scores = copy.scores[copy.scores["id"] == "1"]
    assert sorted(scores["score"]) == [20, 50, 80]
    assert scores.set_index("organisation").loc["b", "score"] == 80


def test_letters_differ_from_copy_to_copy():
    """Among 12, that two copies letter the ten they share alike is a chance of one in millions."""
    names = "abcdefghijkl"
    given = results(**{name: (n, n, n) for n, name in enumerate(names)})
    seen = []
    for you in "ab":
        scores = compare.own_copy(given, you).scores
        rows = scores[(scores["id"] == "1") & (scores["score"] > 1)]
        seen.append(dict(zip(rows["score"], rows["organisation"], strict=True)))
    assert len(seen[0]) == len(seen[1]) == 10
    assert seen[0] != seen[1]
    again = compare.own_copy(given, "a").scores
    assert again.equals(compare.own_copy(given, "a").scores)


def test_there_are_letters_for_more_organisations_than_the_alphabet_has():
    assert [compare.letters(n) for n in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


def test_an_own_copy_is_only_for_those_compared():
    with pytest.raises(AssessError, match="no such organisation"):
        compare.own_copy(results(a=(1, 1, 1)), "z")


def test_only_a_whole_range_above_makes_a_teacher():
    """b's 60 to 70 lies above a's 40 to 50; c's range reaches 50 and so does not."""
    found = compare.teachers(results(a=(45, 40, 50), b=(65, 60, 70), c=(55, 50, 60)))
    assert found.set_index("organisation")["teachers"].to_dict() == {"a": ("b",)}
