import pandera.pandas as pa

from assess.schemas import columns


class Survey(pa.DataFrameModel):
    """One row is one answer of one person to one question."""

    respondent_id: str = columns.code("Reply number", "A number for the reply; never a name.")
    group: str = columns.choice(
        "Answering as",
        "Which body the person answered for.",
        codes={"board": "the board", "council": "the council", "members": "other members"},
    )
    item: str = columns.code("Question", "The question's number, such as 1.1-1.")
    answer: str = columns.choice(
        "Answer",
        "The answer given.",
        codes={
            "0": "not in place",
            "1": "beginning",
            "2": "partly",
            "3": "mostly",
            "4": "fully",
            "dont know": "does not know",
        },
        blank="did not answer",
    )

    class Config:
        name = "survey"
        title = "What people think"
        strict = True
        unique = ["respondent_id", "item"]  # noqa: RUF012
        metadata = {"required": False, "dated_by": None}  # noqa: RUF012
