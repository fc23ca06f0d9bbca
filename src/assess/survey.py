"""What people think, from the survey sheet: shown beside the records, never added to a score.

A group with fewer than FEWEST replies is not shown at all, nor a question that fewer of it
answered. Nothing is worked out over all groups together, nor over questions that are not shown:
no difference between two numbers here can give an answer that is held back.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SHIPPED = Path(__file__).with_name("survey.yaml")
FEWEST = 5  # replies of a group, and answers to a question, before anything is shown
GROUPS = ("board", "council", "members")
SCALE = ("0", "1", "2", "3", "4")  # from not in place to fully
DONT_KNOW = "dont know"
EVEN_SPREAD = (len(SCALE) ** 2 - 1) / 12  # variance of answers picked at random, each as likely


class Question(BaseModel):
    """One question: what is asked, in both languages. It belongs to one supporting principle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[1-6]\.\d-[12]$")
    en: str
    cy: str
    short: bool = False  # also in the short form for members

    @property
    def supporting(self) -> str:
        return self.id.partition("-")[0]

    def text(self, lang: str) -> str:
        return self.cy if lang == "cy" else self.en


@dataclass(frozen=True)
class Opinions:
    """What the groups that may be shown answered.

    groups     a row for each group that answered: group, replies, shown (enough of them)
    answers    a row for each question and shown group: item, group, asked, answered, dont_know,
               blank, one column for each answer of SCALE, median, lower and upper quartile,
               agreement (r_wg: 1 all alike, 0 no more alike than picked at random).
               Where too few answered, all but item, group and asked are empty.
    """

    groups: pd.DataFrame
    answers: pd.DataFrame

    @cached_property
    def gaps(self) -> pd.Series:
        """Median of the board less that of the council, by question; both must be shown."""
        medians = self.answers.pivot_table("median", index="item", columns="group", dropna=False)
        if not {"board", "council"} <= set(medians.columns):
            return pd.Series(dtype="float64")
        return (medians["board"] - medians["council"]).dropna()

    def by_principle(self) -> pd.DataFrame:
        """The mean answer of each group on each principle, put on 0 to 100: group, id, opinion.

        Every answer to a shown question counts once.
        """
        shown = self.answers.dropna(subset=["answered"])
        given = shown[list(SCALE)].to_numpy(dtype=float)
        points = pd.DataFrame(
            {
                "group": shown["group"],
                "id": shown["item"].str[0],
                "total": given @ np.arange(len(SCALE)),
                "answered": shown["answered"],
            }
        )
        sums = points.groupby(["group", "id"])[["total", "answered"]].sum()
        opinion = 100 * sums["total"] / sums["answered"] / (len(SCALE) - 1)
        return opinion.rename("opinion").reset_index()


@cache
def questions(path: Path = SHIPPED) -> tuple[Question, ...]:
    """The questions in order."""
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(TypeAdapter(list[Question]).validate_python(written))


def opinions(survey: pd.DataFrame, *, smallest: int = FEWEST) -> Opinions | None:
    """What the survey sheet says; None where nobody answered.

    `smallest`: the organisation's own smallest group, where it is stricter than ours.
    """
    known = {question.id for question in questions()}
    survey = survey[survey["item"].isin(known) & survey["group"].isin(GROUPS)]
    if survey.empty:
        return None
    fewest = max(FEWEST, smallest)
    replies = survey.groupby("group")["respondent_id"].nunique().reindex(GROUPS).dropna()
    groups = pd.DataFrame({"group": replies.index, "replies": replies.to_numpy(dtype=int)})
    groups["shown"] = groups["replies"] >= fewest
    shown = survey[survey["group"].isin(groups.loc[groups["shown"], "group"])]
    return Opinions(groups, _answers(shown, fewest))


def _answers(survey: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """How each group answered each question."""
    answer = survey["answer"]
    is_code = pd.DataFrame({code: answer == code for code in SCALE})
    each = survey.assign(
        **is_code,
        asked=1,
        answered=is_code.any(axis=1),
        dont_know=answer == DONT_KNOW,
        blank=answer.isna(),
        given=pd.to_numeric(answer.where(is_code.any(axis=1)).astype("object")),
    ).groupby(["item", "group"])
    counts = ["asked", "answered", "dont_know", "blank", *SCALE]
    given = each["given"]
    table = (
        each[counts]
        .sum()
        .astype(float)
        .assign(
            median=given.median(),
            lower=given.quantile(0.25),
            upper=given.quantile(0.75),
            agreement=lambda table: agreement(table[list(SCALE)].to_numpy()),
        )
    )
    few = table["answered"] < fewest
    told = [name for name in table.columns if name != "asked"]
    return table.assign(**{name: table[name].mask(few) for name in told}).reset_index()


def agreement(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Within-group agreement r_wg (James, Demaree and Wolf 1984) of each row of answer counts.

    A column for each answer of SCALE. Never below 0; NaN where fewer than two answered.
    """
    points = np.arange(len(SCALE))
    n, total, squares = counts.sum(axis=1), counts @ points, counts @ points**2
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (n * squares - total**2) / (n * (n - 1))
    return np.clip(1 - variance / EVEN_SPREAD, 0, None)
