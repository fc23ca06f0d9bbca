import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Members(pa.DataFrameModel):
    """One row is a member of the organisation, past or present."""

    member_id: str = columns.code("Member code", "A code you make up; never a name.", unique=True)
    category: str = columns.code(
        "Member group",
        "The group this person is a member in, as listed for the organisation.",
        blank="the group is not known",
        one_of="categories",
    )
    joined_on: pd.Timestamp = columns.date(
        "Joined on", "The day membership began.", blank="not known; taken as before the period"
    )
    left_on: pd.Timestamp = columns.date(
        "Left on", "The day membership ended.", blank="still a member"
    )
    eligible_to_vote: pd.BooleanDtype = columns.yes_no(
        "May vote", "Whether this member may vote in elections.", blank="not known"
    )

    class Config:
        name = "members"
        title = "Members"
        strict = True
        metadata = {"required": True, "dated_by": None}  # noqa: RUF012

    @pa.dataframe_check(error="left_on is before joined_on; put the later date in left_on")
    def leaves_after_joining(cls, members: pd.DataFrame) -> pd.Series:
        return ~(members["left_on"] < members["joined_on"])
