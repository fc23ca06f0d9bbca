import pandera.pandas as pa

from assess.schemas import columns


class Attendance(pa.DataFrameModel):
    """One row is one person expected at, or present at, one meeting."""

    meeting_id: str = columns.code(
        "Meeting code", "The meeting's code.", refers_to="meetings.meeting_id"
    )
    person_id: str = columns.code("Person code", "The same code as in seats or members.")
    status: str = columns.choice(
        "Was there?",
        "Whether the person was there.",
        codes={
            "present": "there in person",
            "remote": "there by phone or video",
            "apology": "sent apologies",
            "absent": "not there, no apologies",
            "leave": "on approved leave, so not expected",
        },
        blank="not known",
    )
    capacity: str = columns.choice(
        "Came as",
        "Whether the person came as a member of the body.",
        codes={"member": "a member of the body", "in attendance": "a guest, officer or adviser"},
        blank="a member of the body",
    )

    class Config:
        name = "attendance"
        title = "Attendance"
        strict = True
        unique = ["meeting_id", "person_id"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": "meetings.held_on"}  # noqa: RUF012
