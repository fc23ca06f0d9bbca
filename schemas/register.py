import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Register(pa.DataFrameModel):
    """One row is a risk to review or an action to finish."""

    item_id: str = columns.code("Code", "A code you make up.", unique=True)
    kind: str = columns.choice(
        "Kind",
        "Whether it is a risk or an action.",
        codes={"risk": "a risk", "action": "an action"},
    )
    raised_on: pd.Timestamp = columns.date(
        "Raised on", "The day it was first written down.", blank="not known"
    )
    original_due_on: pd.Timestamp = columns.date(
        "First due on", "The first date set for it.", blank="no date was set"
    )
    due_on: pd.Timestamp = columns.date(
        "Now due on", "The date set now, if it was moved.", blank="the first date still stands"
    )
    done_on: pd.Timestamp = columns.date(
        "Done on", "The day the action was finished or the risk reviewed.", blank="not done yet"
    )
    score: float = columns.number(
        "Risk score", "The risk score when first scored.", blank="not scored", ge=0
    )
    later_score: float = columns.number(
        "Later risk score", "The score at a later review.", blank="not scored again", ge=0
    )
    later_score_independent: pd.BooleanDtype = columns.yes_no(
        "Scored again by someone else",
        "Whether someone other than the first scorer gave the later score.",
        blank="not known",
    )
    linked_engagement: str = columns.code(
        "Linked engagement",
        "The engagement that bore on this risk.",
        blank="no engagement is linked",
        refers_to="engagements.engagement_id",
    )

    class Config:
        name = "register"
        title = "Risks and actions"
        strict = True
        metadata = {"required": False, "dated_by": None}  # noqa: RUF012

    @pa.dataframe_check(error="done_on is before raised_on; put the later date in done_on")
    def done_after_raising(cls, register: pd.DataFrame) -> pd.Series:
        return ~(register["done_on"] < register["raised_on"])
