"""The worked examples of the literature, and what must hold for any division of seats or votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess import power

THIRD = [1 / 3] * 3


@pytest.mark.parametrize(
    ("weights", "quota", "more_than", "expected"),
    [
        pytest.param([50, 25, 25], 50, True, [0.6, 0.2, 0.2], id="half can only be outvoted"),
        pytest.param([51, 24.5, 24.5], 50, True, [1, 0, 0], id="one over half decides alone"),
        pytest.param([40, 35, 25], 50, True, THIRD, id="any two of three"),
        pytest.param([4, 4, 4], 7, False, THIRD, id="equal seats"),
        pytest.param([50, 25, 25], 75, False, [0.6, 0.2, 0.2], id="a higher quota changes nothing"),
    ],
)
def test_banzhaf_of_the_worked_examples(weights, quota, more_than, expected):
    """50/25/25 above 50: the large bloc swings 3 coalitions, the others 1 each: 3/5, 1/5, 1/5."""
    assert power.banzhaf(weights, quota, more_than=more_than) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("weights", "quota", "more_than", "expected"),
    [
        pytest.param([7, 5, 2], 8, False, [4 / 6, 1 / 6, 1 / 6], id="the textbook's 8: 7, 5, 2"),
        pytest.param(
            [50, 25, 25], 50, True, [4 / 6, 1 / 6, 1 / 6], id="half, a quarter, a quarter"
        ),
    ],
)
def test_shapley_shubik_of_the_worked_examples(weights, quota, more_than, expected):
    """The large bloc decides wherever it joins second or third, in 4 of 6 orderings."""
    assert power.shapley_shubik(weights, quota, more_than=more_than) == pytest.approx(expected)


def test_equal_seats_against_half_and_two_quarters():
    """Gaps are -16.67, 8.33, 8.33: half of 33.33 is 16.67; root of half of 416.67 is 14.43."""
    assert power.gallagher([4, 4, 4], [50, 25, 25]) == pytest.approx(14.43, abs=0.005)
    assert power.loosemore_hanby([4, 4, 4], [50, 25, 25]) == pytest.approx(16.67, abs=0.005)
    assert power.rose([4, 4, 4], [50, 25, 25]) == pytest.approx(83.33, abs=0.005)


@pytest.mark.parametrize(
    ("weights", "balance"),
    [
        pytest.param([50, 25, 25], 0.6, id="one bloc has .6: 1 - (.6 - 1/3) / (2/3)"),
        pytest.param([60, 20, 20], 0.0, id="one bloc has it all"),
        pytest.param([1, 1, 1], 1.0, id="all alike"),
        pytest.param([1, 1, 0], 0.75, id="an empty bloc has none: 1 - (.5 - 1/3) / (2/3)"),
    ],
)
def test_balance_is_1_when_equal_and_0_when_one_bloc_decides(weights, balance):
    share = power.banzhaf_balance(weights, sum(weights) / 2, more_than=True)
    assert share == pytest.approx(balance)


def test_balance_of_a_single_bloc_is_not_defined():
    assert np.isnan(power.banzhaf_balance([5], 2.5))
    assert np.isnan(power.banzhaf_balance([], 0))


def test_nothing_to_divide_is_not_a_number():
    assert np.isnan(power.gallagher([], []))
    assert np.isnan(power.gallagher([0, 0], [1, 1]))


def test_a_quota_of_six_tenths_is_met_by_six_of_ten():
    """0.6 of 10 is 6.0 in floats, and 0.7 of 10 is 7.000000000000001 in some sums: both are met."""
    assert power.banzhaf([6, 2, 2], 0.1 * 60, more_than=False)[0] == 1
    assert power.banzhaf([7, 2, 1], 0.7 + 6.3, more_than=False)[0] == 1


weights = st.lists(st.integers(0, 40), min_size=2, max_size=6).filter(any)


@given(weights, st.floats(0.5, 0.99))
def test_powers_add_up_to_one_and_a_larger_bloc_never_has_less(seats, part):
    quota = part * sum(seats)
    for index in (power.banzhaf, power.shapley_shubik):
        powers = index(seats, quota, more_than=True)
        assert powers.sum() == pytest.approx(1)
        assert (np.diff(powers[np.argsort(seats, kind="stable")]) >= -1e-12).all()


@given(weights)
def test_the_least_squares_index_lies_between_0_and_loosemore_hanby(seats):
    reference = [1] * len(seats)
    index = power.gallagher(seats, reference)
    assert -1e-9 <= index <= power.loosemore_hanby(seats, reference) + 1e-9
    assert power.gallagher(seats, seats) == pytest.approx(0, abs=1e-9)
