"""Seats, members and power of the member groups, and what became of actions."""

import pandas as pd
import pytest

from assess.actions_due import actions_due
from assess.records import Period
from assess.validate import read_records
from assess.voice import voice

YEAR = Period.parse("2025")


@pytest.fixture(scope="module")
def captured():
    """Founders hold 12 of 18 council seats; users and workers 3 each. More than half decides."""
    return voice(read_records("data/undeb-glanmelynog"), YEAR)


def test_a_group_with_two_thirds_of_the_seats_has_all_the_power(captured):
    assert captured.groups["seats"].to_dict() == {"founders": 12, "users": 3, "workers": 3}
    assert captured.groups["banzhaf"].tolist() == [100, 0, 0]
    assert captured.groups["shapley"].tolist() == [100, 0, 0]
    assert captured.to_decide == 0


def test_seats_against_declared_shares_by_hand(captured):
    """66.7, 16.7, 16.7 against 34, 33, 33: 32.7 must move; sqrt((32.7² + 2 × 16.3²) / 2) = 28.3."""
    assert captured.loosemore_hanby == pytest.approx(32.67, abs=0.01)
    assert captured.gallagher == pytest.approx(28.29, abs=0.01)


def test_equal_groups_are_three_seats_from_deciding_alone():
    """5 of 15 seats: 8 are more than half, so 3 more."""
    found = voice(read_records("data/gofal-elwedd"), YEAR)
    assert found.to_decide == 3
    assert found.groups["banzhaf"].round(1).tolist() == [33.3, 33.3, 33.3]


def test_without_a_council_there_is_nothing_to_divide():
    assert voice(read_records("data/elusen-aberwythno"), YEAR) is None


def test_one_group_too_small_to_show_hides_the_members_of_all():
    """With two of three shown, and a known total, the third would follow."""
    records = read_records("data/siop-trelunfa")
    few = records.tables["members"].index[records.tables["members"]["category"] == "staff"][4:]
    records.tables["members"] = records.tables["members"].drop(few)
    assert voice(records, YEAR).groups["members"].isna().all()
    assert voice(records, YEAR).groups["seats"].notna().all()


class Register:
    """A stand-in for records: only a register."""

    def __init__(self, *rows: tuple[str, str, str | None, str | None]) -> None:
        register = pd.DataFrame(rows, columns=["item_id", "kind", "original_due_on", "done_on"])
        for column in ("original_due_on", "done_on"):
            register[column] = pd.to_datetime(register[column])
        self.tables = {"register": register}


def test_an_action_done_after_the_period_is_open_in_it():
    """Due 1 June 2025. Done that day: in time. A day later: late. In 2026: not in the period."""
    rows = [
        ("R1", "action", "2025-06-01", "2025-06-01"),
        ("R2", "action", "2025-06-01", "2025-06-02"),
        ("R3", "action", "2025-06-01", "2026-01-01"),
        ("R4", "action", "2025-06-01", None),
        ("R5", "action", "2024-12-31", None),
        ("R6", "risk", "2025-06-01", None),
        ("R7", "action", None, None),
    ]
    found = actions_due(Register(*rows), YEAR)
    assert dict(zip(found["item_id"], found["state"], strict=True)) == {
        "R3": "open",
        "R4": "open",
        "R2": "late",
        "R1": "done",
    }
