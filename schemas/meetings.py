import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns

FORMATS = {
    "easy_read": "Easy Read",
    "large_print": "large print",
    "braille": "braille",
    "audio": "audio",
    "bsl": "British Sign Language",
    "welsh": "Welsh",
    "english": "English",
    "other": "another format or language",
}


class Meetings(pa.DataFrameModel):
    """One row is one meeting of one body."""

    meeting_id: str = columns.code("Meeting code", "A code you make up, such as B3.", unique=True)
    body: str = columns.code("Body", "The body that met.", one_of="bodies")
    type: str = columns.choice(
        "Kind of meeting",
        "What kind of meeting it was.",
        codes={
            "ordinary": "an ordinary meeting of the body",
            "special": "a meeting called for one matter",
            "annual general": "the yearly meeting of all members",
            "general": "another meeting of all members",
        },
        blank="an ordinary meeting",
    )
    held_on: pd.Timestamp = columns.date("Held on", "The day the meeting took place.")
    notice_on: pd.Timestamp = columns.date(
        "Notice sent on", "The day the meeting was called.", blank="not known"
    )
    papers_on: pd.Timestamp = columns.date(
        "Papers sent on", "The day the main papers went out.", blank="no papers were sent"
    )
    late_papers: float = columns.whole(
        "Late papers", "How many papers came after the main papers.", blank="none"
    )
    quorum: float = columns.whole(
        "Quorum", "How many people with a vote had to be there.", blank="not known"
    )
    present_count: float = columns.whole(
        "People present",
        "How many people with a vote were there, if you do not list them in attendance.",
        blank="counted from attendance",
    )
    open_to_members: pd.BooleanDtype = columns.yes_no(
        "Open to members", "Whether any member could come and listen.", blank="not open"
    )
    record_issued_on: pd.Timestamp = columns.date(
        "Members' record sent on",
        "The day members were told what happened.",
        blank="members were not sent a record",
    )
    minutes_draft_on: pd.Timestamp = columns.date(
        "Draft minutes on", "The day draft minutes were ready.", blank="no draft minutes yet"
    )
    minutes_approved_on: pd.Timestamp = columns.date(
        "Minutes approved on", "The day the minutes were agreed.", blank="not agreed yet"
    )
    formats_requested: str = columns.codes_list(
        "Formats asked for",
        "Formats and languages people asked for, with semicolons between them.",
        blank="nobody asked for one",
        codes=FORMATS,
    )
    formats_issued: str = columns.codes_list(
        "Formats sent with the main papers",
        "Formats and languages sent at the same time as the main papers.",
        blank="none were sent",
        codes=FORMATS,
    )

    class Config:
        name = "meetings"
        title = "Meetings"
        strict = True
        metadata = {"required": True, "dated_by": "held_on"}  # noqa: RUF012

    @pa.dataframe_check(error="notice_on is after held_on; notice comes before the meeting")
    def notice_before_meeting(cls, meetings: pd.DataFrame) -> pd.Series:
        return ~(meetings["notice_on"] > meetings["held_on"])

    @pa.dataframe_check(
        error="record_issued_on is before held_on; the members' record comes after the meeting"
    )
    def record_after_meeting(cls, meetings: pd.DataFrame) -> pd.Series:
        return ~(meetings["record_issued_on"] < meetings["held_on"])

    @pa.dataframe_check(
        error="minutes_approved_on is before held_on; minutes are agreed after the meeting"
    )
    def approval_after_meeting(cls, meetings: pd.DataFrame) -> pd.Series:
        return ~(meetings["minutes_approved_on"] < meetings["held_on"])

    @pa.dataframe_check(error="minutes_draft_on is before held_on; minutes come after the meeting")
    def minutes_after_meeting(cls, meetings: pd.DataFrame) -> pd.Series:
        return ~(meetings["minutes_draft_on"] < meetings["held_on"])
