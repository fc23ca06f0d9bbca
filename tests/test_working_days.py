"""Working days are counted as a secretary in Wales or England counts them."""

import pandas as pd
import pytest

from assess.working_days import working_days_after, working_days_between


def day(text):
    return pd.Series([text], dtype="datetime64[ns]")


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        pytest.param("2025-06-02", 7, "2025-06-11", id="Monday: one weekend, so nine days on"),
        pytest.param("2025-06-07", 1, "2025-06-09", id="Saturday: Monday is the first"),
        pytest.param("2025-04-17", 1, "2025-04-22", id="Easter: Friday and Monday are off"),
        pytest.param("2025-12-24", 3, "2025-12-31", id="25 and 26 December are off"),
        pytest.param("2025-12-31", 1, "2026-01-02", id="the new year's calendar counts too"),
    ],
)
def test_working_days_after(start, number, end):
    assert working_days_after(day(start), number).iloc[0] == pd.Timestamp(end)


@pytest.mark.parametrize(
    ("first", "last", "number"),
    [
        pytest.param("2025-06-02", "2025-06-10", 5, id="Tuesday to Monday, without the weekend"),
        pytest.param("2025-06-02", "2025-06-03", 0, id="nothing lies between two days in a row"),
        pytest.param("2025-05-02", "2025-05-12", 4, id="5 May is a bank holiday"),
        pytest.param("2025-06-10", "2025-06-02", 0, id="the wrong way round"),
        pytest.param("2025-06-02", "2025-06-02", 0, id="the same day"),
    ],
)
def test_working_days_between_leave_out_both_ends(first, last, number):
    assert working_days_between(day(first), day(last)).iloc[0] == number


def test_a_missing_day_gives_a_missing_answer():
    days = pd.Series(["2025-06-02", None], dtype="datetime64[ns]", index=[7, 9])
    assert working_days_after(days, 1).isna().tolist() == [False, True]
    assert working_days_between(days, days.shift(1)).isna().all()
    assert working_days_after(days.iloc[:0], 1).empty
    assert working_days_between(days.iloc[:0], days.iloc[:0]).empty


def test_every_row_keeps_its_label():
    days = pd.Series(["2025-06-03", None, "2025-06-02"], dtype="datetime64[ns]", index=[9, 4, 2])
    assert working_days_after(days, 1).index.tolist() == [9, 4, 2]
    assert working_days_after(days, 1)[2] == pd.Timestamp("2025-06-03")
