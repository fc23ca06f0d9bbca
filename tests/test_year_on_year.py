from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from stand_ins import Entry, framework, group, yes_no

from assess.change import holm, two_sided, year_on_year


def test_holm_worked_by_hand():
    """0.01 * 4, 0.02 * 3, 0.03 * 2 (no less than the one before) and 0.5."""
    p = pd.Series([0.5, 0.01, np.nan, 0.03, 0.02], index=list("abcde"))
    assert holm(p).tolist() == pytest.approx([0.5, 0.04, np.nan, 0.06, 0.06], nan_ok=True)


def test_holm_never_passes_one():
    assert holm(pd.Series([0.6, 0.7])).tolist() == [1, 1]


def test_holm_of_one_test_is_that_test():
    assert holm(pd.Series([0.04])).tolist() == [0.04]


def test_two_sided():
    """Of 99 draws 4 are at or below none: 2 * (4 + 1) / (99 + 1)."""
    assert two_sided(np.arange(99) - 3.0) == pytest.approx(0.1)
    assert two_sided(np.zeros(99)) == 1
    assert np.isnan(two_sided(np.array([np.nan, 1])))


@dataclass(frozen=True)
class Year:
    """Stands in for the measures of one year."""

    table: pd.DataFrame
    observed: dict = field(default_factory=dict)


IDS = ["1.1a", "1.1b", "1.2a"]


def standard():
    parts = [group("1.1", [Entry("1.1a"), Entry("1.1b")]), group("1.2", [Entry("1.2a")])]
    return framework(group("1", parts))


def year(**hits):
    """hits: letter of the indicator -> (k, n); what is not given is not recorded."""
    seen = {
        id: yes_no([1.0] * hits[key][0] + [0.0] * (hits[key][1] - hits[key][0]))
        for id, key in zip(IDS, "abc", strict=True)
        if key in hits
    }
    rows = {
        id: {
            "value": 100 * seen[id].rows["hit"].mean() if id in seen else np.nan,
            "state": "scored" if id in seen else "not recorded",
            "reason": "",
            "records": len(seen[id].rows) if id in seen else 0,
            "worst_value": np.nan,
            "best_value": np.nan,
        }
        for id in IDS
    }
    return Year(pd.DataFrame.from_dict(rows, orient="index"), seen)


def test_a_large_change_with_many_records_is_told():
    """50 of 100 became 90 of 100; the other two stayed."""
    before, now = (
        year(a=(50, 100), b=(60, 100), c=(70, 100)),
        year(a=(90, 100), b=(60, 100), c=(70, 100)),
    )
    table = year_on_year(now, before, standard())
    assert table.loc["1.1a", ["before", "now", "difference"]].tolist() == pytest.approx(
        [50, 90, 40]
    )
    assert table.loc["1.1a", "verdict"] == "rose"
    assert table.loc[["1.1b", "1.2a"], "verdict"].tolist() == ["could be chance"] * 2
    assert table.loc["1.1", ["difference", "verdict"]].tolist() == [pytest.approx(20), "rose"]
    assert table.loc["1.1a", "low"] > 25
    assert table.loc["1.1a", "high"] < 55
    turned = year_on_year(before, now, standard())
    assert turned.loc["1.1a", "verdict"] == "fell"


def test_the_same_change_with_few_records_could_be_chance():
    """Not even 2 of 20 to 18 of 20 is claimed: there are fewer than 30 records."""
    table = year_on_year(year(a=(18, 20)), year(a=(2, 20)), standard())
    assert table.loc["1.1a", "p_holm"] < 0.01
    assert table.loc["1.1a", "verdict"] == "could be chance"


def test_no_change_is_a_normal_result():
    same = year(a=(30, 40), b=(20, 40), c=(10, 40))
    table = year_on_year(same, same, standard())
    assert (table["verdict"] == "could be chance").all()
    assert (table["low"] < 0).all()
    assert (table["high"] > 0).all()


def test_a_score_from_other_evidence_is_not_compared():
    """Of 1.1a and 1.1b one year recorded the first, the other year the second."""
    table = year_on_year(year(a=(30, 40), c=(30, 40)), year(b=(20, 40), c=(30, 40)), standard())
    assert table.loc["1.1", "verdict"] == "other evidence"
    assert table.loc["1.1a", "verdict"] == "other evidence"
    assert table.loc["1.2", "verdict"] == "could be chance"


def test_only_what_both_years_scored_is_compared():
    """1.1b is new this year: 1.1 compares 1.1a alone, 20 and 40 of 40."""
    table = year_on_year(year(a=(40, 40), b=(0, 40)), year(a=(20, 40)), standard())
    assert table.loc["1.1", ["before", "now"]].tolist() == [50, 100]


def test_nothing_in_either_year_is_not_scored():
    table = year_on_year(year(a=(30, 40)), year(a=(30, 40)), standard())
    assert table.loc["1.2", "verdict"] == "not scored"
    assert np.isnan(table.loc["1.2", "p"])


def test_many_tests_are_allowed_for():
    """Of 3 tests of indicators, the smallest p counts three times."""
    now, before = (
        year(a=(90, 100), b=(60, 100), c=(70, 100)),
        year(a=(78, 100), b=(60, 100), c=(70, 100)),
    )
    table = year_on_year(now, before, standard())
    assert table.loc["1.1a", "p"] == table.loc[IDS, "p"].min()
    assert table.loc["1.1a", "p_holm"] == pytest.approx(3 * table.loc["1.1a", "p"])


@pytest.mark.slow
def test_chance_alone_is_rarely_called_a_change():
    """Two years from the same rates, 200 times: with Holm at 10%, about one in ten at most."""
    rng, rates = np.random.default_rng(4), {"a": 0.5, "b": 0.7, "c": 0.8}
    told = 0
    for run in range(200):
        years = [
            year(**{key: (rng.binomial(60, rate), 60) for key, rate in rates.items()})
            for _ in range(2)
        ]
        table = year_on_year(*years, standard(), seed=run, n=1000)
        told += table.loc[IDS, "verdict"].isin(["rose", "fell"]).any()
    assert told / 200 <= 0.14
