import pandera.pandas as pa

from assess.schemas import columns


class AgendaItems(pa.DataFrameModel):
    """One row is one item discussed at a meeting."""

    meeting_id: str = columns.code(
        "Meeting code", "The meeting's code.", refers_to="meetings.meeting_id"
    )
    item_id: str = columns.code("Item code", "The item's number on the agenda.")
    type: str = columns.choice(
        "Kind of item",
        "What the item was about. Use the same words every time.",
        codes={
            "strategy": "purpose, plans and direction",
            "oversight": "holding managers to account: performance, money, risk",
            "accountability": "answering to members, regulators and the public",
            "quality report": "a report on the quality of care or service",
            "operational": "the day-to-day running",
            "procedure": "apologies, minutes, dates",
            "other": "anything else",
        },
        blank="not known",
    )
    minutes: float = columns.whole(
        "Minutes spent", "How many minutes the item took.", blank="not timed"
    )
    originator_category: str = columns.code(
        "Raised by group",
        "The member group that asked for this item.",
        blank="raised by no member group",
        one_of="categories",
    )

    class Config:
        name = "agenda_items"
        title = "Agenda items"
        strict = True
        unique = ["meeting_id", "item_id"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": "meetings.held_on"}  # noqa: RUF012
