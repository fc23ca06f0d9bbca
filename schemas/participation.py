import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Participation(pa.DataFrameModel):
    """One row is one act of one member: that they took part, never how they voted."""

    member_id: str = columns.code(
        "Member code", "The member's code.", refers_to="members.member_id"
    )
    act: str = columns.choice(
        "What they did",
        "How the member took part.",
        codes={
            "voted": "cast a vote in an election",
            "attended": "came to a members' meeting",
            "nominated": "put someone forward",
            "stood": "stood for election",
            "forum": "took part in a local forum",
        },
    )
    done_on: pd.Timestamp = columns.date("Done on", "The day they did it.")

    class Config:
        name = "participation"
        title = "Taking part"
        strict = True
        metadata = {"required": False, "dated_by": "done_on"}  # noqa: RUF012
