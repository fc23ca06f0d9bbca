import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Engagements(pa.DataFrameModel):
    """One row is a consultation, a contact with a key body, or a report from outside."""

    engagement_id: str = columns.code("Code", "A code you make up.", unique=True)
    kind: str = columns.choice(
        "Kind",
        "What kind of engagement it was.",
        codes={
            "consultation": "asking people for their views",
            "contact": "a governor or senior manager met a key body",
            "report": "a regulator, auditor or commissioner sent a report",
        },
    )
    audience: str = columns.code(
        "With whom",
        "The member group, or the code of the key body.",
        blank="not known",
    )
    opened_on: pd.Timestamp = columns.date(
        "Opened on", "The day it opened; for a report, the day it came."
    )
    closed_on: pd.Timestamp = columns.date(
        "Closed on", "The day a consultation closed.", blank="not closed, or not a consultation"
    )
    feedback_on: pd.Timestamp = columns.date(
        "Told people what changed on",
        "The day people were told what changed.",
        blank="people have not been told",
    )
    ladder_level: float = columns.whole(
        "Step on the ladder of participation",
        "From 1 (told what will happen) to 8 (people decide).",
        blank="not coded",
        ge=1,
        le=8,
    )
    tabled_on: pd.Timestamp = columns.date(
        "Put to the board on", "The day a report was put to the board.", blank="not put yet"
    )
    response: str = columns.text(
        "Response", "Where the response is recorded.", blank="no response recorded"
    )

    class Config:
        name = "engagements"
        title = "Engagement"
        strict = True
        metadata = {"required": False, "dated_by": "opened_on"}  # noqa: RUF012

    @pa.dataframe_check(error="tabled_on is before opened_on; a report is put after it comes")
    def tabled_after_opening(cls, engagements: pd.DataFrame) -> pd.Series:
        return ~(engagements["tabled_on"] < engagements["opened_on"])

    @pa.dataframe_check(error="closed_on is before opened_on; put the later date in closed_on")
    def closes_after_opening(cls, engagements: pd.DataFrame) -> pd.Series:
        return ~(engagements["closed_on"] < engagements["opened_on"])
