import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Recommendations(pa.DataFrameModel):
    """One row is something the council put to the board."""

    recommendation_id: str = columns.code("Code", "A code you make up.", unique=True)
    raised_on: pd.Timestamp = columns.date("Raised on", "The day the council raised it.")
    answered_on: pd.Timestamp = columns.date(
        "Answered on", "The day the board answered.", blank="not answered yet"
    )
    reasons_given: pd.BooleanDtype = columns.yes_no(
        "Reasons given", "Whether the answer gave reasons.", blank="no reasons recorded"
    )
    outcome: str = columns.choice(
        "Outcome",
        "What the board did with it.",
        codes={
            "accepted": "done as asked",
            "partly accepted": "done in part",
            "rejected": "not done",
            "withdrawn": "taken back by the council",
            "open": "not settled yet",
        },
        blank="not settled yet",
    )

    class Config:
        name = "recommendations"
        title = "Council to board"
        strict = True
        metadata = {"required": False, "dated_by": "raised_on"}  # noqa: RUF012

    @pa.dataframe_check(error="answered_on is before raised_on; an answer comes after")
    def answered_after_raising(cls, recommendations: pd.DataFrame) -> pd.Series:
        return ~(recommendations["answered_on"] < recommendations["raised_on"])
