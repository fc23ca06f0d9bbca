import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Development(pa.DataFrameModel):
    """One row is one thing done for or by a person with a seat: induction, training, a check."""

    person_id: str = columns.code(
        "Person code", "The same code as in seats.", refers_to="roles.person_id"
    )
    kind: str = columns.choice(
        "Kind",
        "What was done.",
        codes={
            "induction": "an introduction to the role",
            "training": "training or another learning event",
            "review": "a yearly review or support conversation",
            "declaration": "a declaration of interests",
            "check": "a check before taking the seat",
            "skill": "a skill the person has at the level needed",
        },
    )
    done_on: pd.Timestamp = columns.date(
        "Done on", "The day it was done or recorded.", blank="not known"
    )
    detail: str = columns.text(
        "Which one",
        "For a check or a skill: its code, as listed for the organisation.",
        blank="no detail",
    )

    class Config:
        name = "development"
        title = "Support for people with seats"
        strict = True
        metadata = {"required": False, "dated_by": None}  # noqa: RUF012
