import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Roles(pa.DataFrameModel):
    """One row is one term of one person in one body, such as a seat on the board."""

    person_id: str = columns.code("Person code", "A code you make up; never a name.")
    body: str = columns.code("Body", "The body this seat is in.", one_of="bodies")
    seat_category: str = columns.code(
        "Seat group",
        "The member group this seat belongs to.",
        blank="the seat belongs to no member group",
        one_of="categories",
    )
    start: pd.Timestamp = columns.date("Term began", "The first day of this term.")
    term_end: pd.Timestamp = columns.date(
        "Term due to end",
        "The day this term runs out under your rules.",
        blank="the term has no set end, or it is not known",
    )
    end: pd.Timestamp = columns.date(
        "Left the seat on", "The day the person left this seat.", blank="still in the seat"
    )
    route: str = columns.choice(
        "How they came to the seat",
        "How the person was put in this seat.",
        codes={
            "elected": "elected by members",
            "appointed": "appointed by a body or another organisation",
            "co-opted": "invited in by the body itself",
            "ex officio": "holds the seat through another post",
        },
        blank="not known",
    )
    appointed_by: str = columns.code(
        "Appointed or elected by",
        "Who made the appointment: members, council, board, owner, or another body's code.",
        blank="not known",
    )
    gender: str = columns.choice(
        "Gender, if given",
        "What the person chose to say. Leave empty where nobody asked.",
        codes={
            "woman": "woman",
            "man": "man",
            "other": "another gender",
            "prefer not to say": "asked, and prefers not to say",
        },
        blank="not asked",
    )
    extension_explained: pd.BooleanDtype = columns.yes_no(
        "Longer service reviewed and explained",
        "For a person past the limit on service: was the extension reviewed and explained?",
        blank="no such review is recorded",
    )

    class Config:
        name = "roles"
        title = "Seats and terms"
        strict = True
        unique = ["person_id", "body", "start"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": None}  # noqa: RUF012

    @pa.dataframe_check(error="end is before start; a term ends on or after the day it began")
    def ends_after_start(cls, roles: pd.DataFrame) -> pd.Series:
        return ~(roles["end"] < roles["start"])

    @pa.dataframe_check(error="term_end is before start; a term runs out after it began")
    def runs_out_after_start(cls, roles: pd.DataFrame) -> pd.Series:
        return ~(roles["term_end"] < roles["start"])
