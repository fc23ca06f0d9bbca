"""What became of the actions that were due in a period, from the register."""

import pandas as pd

from assess.records import Period, Records

COLUMNS = ["item_id", "original_due_on", "done_on", "state"]
ORDER = ("open", "late", "done")


def actions_due(records: Records, period: Period) -> pd.DataFrame:
    """Actions first due in the period: item_id, original_due_on, done_on, state.

    state: "done" by the first date set, "late", or "open". What is done after the period is open:
    the report speaks of the period. Open ones come first, then by date.
    """
    register = records.tables["register"]
    due = register[(register["kind"] == "action") & period.holds(register["original_due_on"])]
    done = due["done_on"].where(due["done_on"] <= period.end)
    late = done > due["original_due_on"]
    state = late.map({True: "late", False: "done"}).where(done.notna(), "open")
    found = due.assign(done_on=done, state=state)
    place = found["state"].map(ORDER.index)
    found = found.assign(place=place).sort_values(["place", "original_due_on", "item_id"])
    return found[COLUMNS]
