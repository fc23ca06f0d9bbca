import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Elections(pa.DataFrameModel):
    """One row is one member group's part in one election."""

    election_id: str = columns.code("Election code", "A code you make up.")
    held_on: pd.Timestamp = columns.date("Held on", "The day voting closed.")
    body: str = columns.code("Body", "The body being elected.", one_of="bodies")
    category: str = columns.code(
        "Member group",
        "The group that voted.",
        blank="all members voted together",
        one_of="categories",
    )
    seats: float = columns.whole("Seats", "How many seats were up.")
    candidates: float = columns.whole("Candidates", "How many people stood.", blank="not known")
    eligible: float = columns.whole(
        "Could vote", "How many members could vote on the day.", blank="not known"
    )
    ballots: float = columns.whole(
        "Votes cast", "How many valid ballot papers came back.", blank="no ballot was held"
    )

    class Config:
        name = "elections"
        title = "Elections"
        strict = True
        unique = ["election_id", "category"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": "held_on"}  # noqa: RUF012

    @pa.dataframe_check(error="ballots is more than eligible; check both numbers")
    def ballots_within_eligible(cls, elections: pd.DataFrame) -> pd.Series:
        return ~(elections["ballots"] > elections["eligible"])
