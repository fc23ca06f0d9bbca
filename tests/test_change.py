"""Change from one year to the next: claimed only where chance would not explain it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from stand_ins import Entry, framework, group, measures, yes_no

from assess.change import changes, year_on_year
from assess.measure import Measures
from assess.score import score
from assess.uncertainty import add_ranges, all_draws, draws

IDS = [f"{principle}.1a" for principle in "123456"]
SIX = framework(*(group(id[0], [group(id[:3], [Entry(id)])]) for id in IDS))
TWO = framework(group("1", [group("1.1", [Entry("1.1a"), Entry("1.1b")])]))


def year(counts: dict[str, tuple[int, int]], whole=SIX, *, seed=1):
    """An assessment whose indicator `id` saw `hits` of `of`; a share without records is missing."""
    seen = {id: yes_no([1] * hits + [0] * (of - hits)) for id, (hits, of) in counts.items() if of}
    shares = {id: 100 * hits / of if of else np.nan for id, (hits, of) in counts.items()}
    measured = measures(shares, observed=seen)
    measured.table["records"] = [of for _, of in counts.values()]
    measured.table["unit"] = "%"
    measured = Measures(measured.table, measured.observed)
    scores = score(measured, whole)
    drawn = all_draws(draws(measured, whole, seed=seed), scores, whole)
    scores = add_ranges(scores, measured, whole, drawn=drawn)
    return SimpleNamespace(framework=whole, measures=measured, scores=scores, draws=drawn)


def verdicts(now, before) -> list[str]:
    return changes(now, before)["verdict"].tolist()


def test_a_large_change_on_many_records_is_claimed():
    """20 of 100, then 80 of 100: the difference is 60, give or take about 9."""
    before, now = year({id: (20, 100) for id in IDS}), year({id: (80, 100) for id in IDS}, seed=2)
    assert verdicts(now, before) == ["rose"] * 6
    assert verdicts(before, now) == ["fell"] * 6


def test_no_change_could_be_chance():
    same = {id: (50, 100) for id in IDS}
    assert verdicts(year(same), year(same, seed=2)) == ["could be chance"] * 6


def test_looking_at_six_principles_widens_the_range():
    """57 and 70 of 100 differ by 13; the deviation is about 6.7. Alone, 90% leaves out 0 (13 -
    1.645 x 6.7 = 2); among six, the range at 1 - 0.1/6 (2.39 deviations) does not (13 - 16)."""
    alone = framework(SIX.principles[0])
    one = changes(year({IDS[0]: (70, 100)}, alone), year({IDS[0]: (57, 100)}, alone, seed=2))
    six = changes(year({id: (70, 100) for id in IDS}), year({id: (57, 100) for id in IDS}, seed=2))
    assert one["verdict"].tolist() == ["rose"]
    assert six["verdict"].iloc[0] == "could be chance"


@pytest.mark.parametrize(("records", "verdict"), [(29, "could be chance"), (30, "rose")])
def test_under_thirty_records_no_change_is_claimed(records, verdict):
    now = year({id: (records, records) for id in IDS})
    assert verdicts(now, year({id: (0, records) for id in IDS}, seed=2)) == [verdict] * 6


def test_a_principle_without_a_score_in_one_year_is_not_compared():
    before = year({id: (20, 100) for id in IDS} | {"1.1a": (0, 0)}, seed=2)
    table = changes(year({id: (80, 100) for id in IDS}), before)
    assert table["verdict"].tolist() == ["not scored", *["rose"] * 5]
    assert table.loc["1", ["low", "high"]].isna().all()


def test_other_evidence_is_not_taken_for_a_change():
    """1.1a is scored in one year, 1.1b in the other: nothing is common to both."""
    now = year({"1.1a": (90, 100), "1.1b": (0, 0)}, TWO)
    before = year({"1.1a": (0, 0), "1.1b": (10, 100)}, TWO, seed=2)
    assert verdicts(now, before) == ["other evidence"]


def test_a_change_that_comes_from_added_evidence_alone_is_not_claimed():
    """1.1a is 50 of 100 in both years. 1.1b, 100 of 100, is recorded only now: the score rises
    from 50 to 75, but not on the evidence both years have."""
    now = year({"1.1a": (50, 100), "1.1b": (100, 100)}, TWO)
    before = year({"1.1a": (50, 100), "1.1b": (0, 0)}, TWO, seed=2)
    table = changes(now, before)
    assert table["verdict"].tolist() == ["could be chance"]
    assert table.loc["1", ["before", "now"]].tolist() == [50, 75]


def test_a_change_of_nothing_is_an_empty_table_of_the_same_shape():
    none = year({id: (0, 0) for id in IDS})
    table = changes(none, none)
    assert list(table) == ["title", "before", "now", "low", "high", "verdict"]
    assert table["verdict"].tolist() == ["not scored"] * 6
    assert isinstance(table, pd.DataFrame)


def test_a_change_is_claimed_only_where_its_range_leaves_out_none():
    """Six principles moved by 0 to 50 points in a hundred records: some are claimed, some not.

    Every range that leaves out 0 is a claim, and no other is."""
    before = year({id: (40, 100) for id in IDS})
    hits = zip(IDS, (40, 45, 52, 58, 70, 90), strict=True)
    table = changes(year({id: (k, 100) for id, k in hits}, seed=2), before)
    claimed = table["verdict"].isin(["rose", "fell"])
    assert claimed.tolist() == ((table["low"] > 0) | (table["high"] < 0)).tolist()
    assert claimed.iloc[[0, 5]].tolist() == [False, True]


def test_evidence_that_disagrees_is_no_change():
    """1.1a rose from 60 to 100. With 1.1b, 0 of 300 and recorded only now, the score fell to 50."""
    before = year({"1.1a": (60, 100), "1.1b": (0, 0)}, TWO, seed=2)
    now = year({"1.1a": (100, 100), "1.1b": (0, 300)}, TWO)
    table = changes(now, before)
    assert table.loc["1", ["before", "now"]].tolist() == [60, 50]
    assert table["verdict"].tolist() == ["could be chance"]


def test_report_and_researchers_are_told_the_same():
    """With the same evidence in both years every principle has one verdict, however it is asked."""
    before = year({id: (40, 100) for id in IDS})
    hits = zip(IDS, (40, 45, 52, 20, 80, 90), strict=True)
    now = year({id: (k, 100) for id, k in hits}, seed=2)
    told = changes(now, before)["verdict"]
    assert set(told) == {"could be chance", "fell", "rose"}
    again = year_on_year(now.measures, before.measures, SIX)["verdict"]
    assert again[told.index].tolist() == told.tolist()
