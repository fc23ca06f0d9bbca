import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assess.robustness.ranks import groups_of, indistinct, ranks_of, tally


def test_the_highest_score_ranks_first():
    assert ranks_of(np.array([[50.0], [70.0], [60.0]])).ravel().tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    ("scores", "ranks"),
    [
        pytest.param([70, 70, 60], [1, 1, 3], id="equal scores share the better rank"),
        pytest.param([70, 69.9995, 60], [1, 1, 3], id="closer than the tolerance is equal"),
        pytest.param([70, 69.998, 60], [1, 2, 3], id="further than the tolerance is not"),
        pytest.param([70, 69.9992, 69.9984], [1, 1, 2], id="a chain is not one tie"),
        pytest.param([0, 0, 0], [1, 1, 1], id="all alike"),
        pytest.param([np.nan, 50, 60], [0, 2, 1], id="not scored is not ranked"),
        pytest.param([np.nan, np.nan], [0, 0], id="nobody is ranked"),
    ],
)
def test_ties(scores, ranks):
    assert ranks_of(np.array(scores, dtype=float)[:, None]).ravel().tolist() == ranks


def test_the_tolerance_can_be_set():
    assert ranks_of(np.array([[60.0], [61.0]]), tolerance=2).ravel().tolist() == [1, 1]


scores = arrays(
    float,
    st.tuples(st.integers(1, 6), st.integers(1, 4)),
    elements=st.sampled_from([0, 10, 10.0003, 50, 99.9998, 100, np.nan]),
)


@given(scores)
def test_ranks_are_one_and_those_ahead(scores):
    for unit, run in np.ndindex(*scores.shape):
        if np.isnan(scores[unit, run]):
            expected = 0
        else:
            expected = 1 + np.sum(scores[:, run] > scores[unit, run] + 0.001)
        assert ranks_of(scores)[unit, run] == expected


@given(scores)
def test_a_tally_counts_what_ranks_say(scores):
    counts = tally([scores[None, :, :1], scores[None, :, 1:]], 1, len(scores))
    ranks = ranks_of(scores)
    assert counts.runs == scores.shape[1]
    for a in range(len(scores)):
        for place in range(len(scores)):
            assert counts.places[0, a, place] == np.sum(ranks[a] == place + 1)
        for b in range(len(scores)):
            both = (ranks[a] > 0) & (ranks[b] > 0)
            if a != b:
                assert counts.together[0, a, b] == both.sum()
                assert counts.ahead[0, a, b] == np.sum((ranks[a] < ranks[b]) & both)


def test_quantiles_come_from_the_counts():
    """Scores 0, 1 ... 100: 5% lie up to 5, half up to 50, 95% up to 95."""
    counts = tally([np.linspace(0, 100, 101)[None, None]], 1, 1)
    assert counts.score_quantiles([0.05, 0.5, 0.95]).ravel() == pytest.approx([5, 50, 95], abs=0.05)
    assert counts.rank_quantiles([0.5]).ravel().tolist() == [1]


def test_what_was_never_scored_has_no_quantiles():
    counts = tally([np.full((1, 2, 5), np.nan)], 1, 2)
    assert np.isnan(counts.score_quantiles([0.5])).all()
    assert np.isnan(counts.above()).all()


def test_too_many_organisations_are_not_compared_in_pairs():
    assert tally([np.zeros((1, 201, 2))], 1, 201).ahead is None


ABOVE = np.array(
    [
        [np.nan, 0.80, 0.97, 0.99],
        [0.20, np.nan, 0.70, 0.98],
        [0.03, 0.30, np.nan, 0.60],
        [0.01, 0.02, 0.40, np.nan],
    ]
)


def test_pairs_are_told_apart_from_95_of_100():
    assert indistinct(ABOVE)[0].tolist() == [False, True, False, False]


def test_groups_hold_those_that_cannot_be_told_apart_and_may_overlap():
    assert groups_of(ABOVE, list("ABCD")) == [("A", "B"), ("B", "C"), ("C", "D")]


def test_the_names_order_changes_no_group():
    turned = [3, 1, 0, 2]
    names = [list("ABCD")[k] for k in turned]
    assert groups_of(ABOVE[np.ix_(turned, turned)], names) == groups_of(ABOVE, list("ABCD"))


def test_those_not_ranked_are_in_no_group():
    above = np.full((3, 3), np.nan)
    above[0, 1], above[1, 0] = 0.5, 0.5
    assert groups_of(above, ["A", "B", "nobody"]) == [("A", "B")]
