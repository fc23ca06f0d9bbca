import pandera.pandas as pa

from assess.schemas import columns


class Votes(pa.DataFrameModel):
    """One row is how one member group voted on one decision: totals, never named people."""

    decision_id: str = columns.code(
        "Decision code", "The decision's code.", refers_to="decisions.decision_id"
    )
    category: str = columns.code("Member group", "The group that voted.", one_of="categories")
    votes_for: float = columns.whole("Votes for", "How many voted for.")
    votes_against: float = columns.whole("Votes against", "How many voted against.")
    abstained: float = columns.whole("Abstained", "How many abstained.", blank="none")

    class Config:
        name = "votes"
        title = "Votes by group"
        strict = True
        unique = ["decision_id", "category"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": "decisions.decided_on"}  # noqa: RUF012
