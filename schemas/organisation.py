"""What is written once about an organisation: its constitution, its bodies, its member groups."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Appointer = Literal["members", "council", "board", "owner", "other"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberCategory(_Strict):
    """A group of members with its own voice, such as staff or people supported."""

    title: str = Field(title="Name of the group")
    kind: Literal["users", "staff", "community", "other"] = Field(
        title="Who they are", description="Users are the people the organisation is there for."
    )
    could_be_members: Count | None = Field(
        None, title="How many people could be members", description="Empty: not known."
    )
    declared_share: Share | None = Field(
        None,
        title="Share of council seats your rules intend for this group, 0 to 1",
        description="Empty: your rules set no share. It is never guessed from other numbers.",
    )


class Body(_Strict):
    """A body that meets and decides. `board`, `council` and `general_meeting` are known codes."""

    title: str = Field(title="Name of the body")
    seats: Count | None = Field(None, title="Seats, filled or not", description="Empty: not known.")
    seats_by_category: dict[Code, Count] = Field({}, title="Seats kept for each member group")
    quorum: Count | None = Field(
        None,
        title="How many must be there",
        description="Empty: your rules set none, or it is not known.",
    )
    quorum_share: Share | None = Field(
        None,
        title="Share of filled seats that must be there",
        description="Empty: your rules set none, or it is not known.",
    )
    decision_share: Share = Field(
        0.5, title="Share of votes a proposal must pass", description="0.5: more than half."
    )
    term_years: float | None = Field(
        None,
        gt=0,
        title="Length of one term in years",
        description="Empty: your rules set none, or it is not known.",
    )
    tenure_limit_years: float | None = Field(
        None,
        gt=0,
        title="Longest service in years",
        description="Empty: your rules set none, or it is not known.",
    )
    appointed_by: Appointer | None = Field(
        None, title="Who puts people in these seats", description="Empty: not known."
    )
    removed_by: Appointer | None = Field(
        None, title="Who can remove people from these seats", description="Empty: not known."
    )
    smallest: Count | None = Field(
        None,
        title="Fewest people your rules allow",
        description="Empty: your rules set none, or it is not known.",
    )
    largest: Count | None = Field(
        None,
        title="Most people your rules allow",
        description="Empty: your rules set none, or it is not known.",
    )


class Organisation(_Strict):
    """The organisation, as `organisation.yaml` or the workbook's first sheet states it."""

    id: str = Field(title="Short code for the organisation", max_length=60)
    name: str = Field(title="Name", max_length=400)
    legal_form: Literal[
        "company",
        "charitable_company",
        "cio",
        "cooperative_society",
        "community_benefit_society",
        "unincorporated",
        "other",
    ] = Field(title="Legal form")
    governance_model: Literal[
        "multi_stakeholder",
        "worker_coop",
        "consumer_coop",
        "housing_coop",
        "charity",
        "council_owned",
        "other",
    ] = Field(title="How it is governed")
    sector: str = Field("", title="Field of work")
    size: Literal["small", "medium", "large"] | None = Field(
        None,
        title="Size",
        description="small: under £1m a year; medium: under £10m; large: £10m or more. "
        "Empty: not known.",
    )
    charitable: bool | None = Field(None, title="Is it a charity?", description="Empty: not known.")
    agm_required: bool = Field(True, title="Must it hold a yearly general meeting?")
    notice_days: Count | None = Field(
        None,
        title="Clear days' notice your own rules ask for a general meeting",
        description="Empty: your rules set no number.",
    )
    member_categories: dict[Code, MemberCategory] = Field({}, title="Member groups")
    bodies: dict[Code, Body] = Field({}, title="Bodies")
    council_powers: list[
        Literal["appoint_board", "remove_board", "approve_strategy", "approve_pay", "call_in"]
    ] = Field([], title="What the council may do under your rules")
    reserved_matters: dict[str, Code] = Field(
        {}, title="Which body must take which kind of decision"
    )
    key_bodies: list[Code] = Field([], title="Outside bodies you most depend on")
    required_skills: list[Code] = Field([], title="Skills your board needs between its members")
    required_checks: list[Code] = Field(
        ["eligibility", "skills", "values", "declarations"],
        title="Checks made before anyone takes a seat",
    )
    attendance_blank: Literal["absent", "not expected", "not known"] = Field(
        "not known", title="What an empty cell in your attendance sheet means"
    )
    smallest_group: Count = Field(
        5,
        ge=3,
        title="Fewest people behind a number in the board's own copy",
        description="A copy to publish always asks for 10.",
    )
    keep_rows_days: Count = Field(
        0,
        title="Days to keep files that point to single rows",
        description="A run to publish deletes older ones. 0: all of them.",
    )
    synthetic: bool = Field(False, title="Invented records, for trying things out")

    @field_validator("id")
    @classmethod
    def _id_is_a_code(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
            raise ValueError("use small letters, digits and single hyphens, such as 'tegfan-care'")
        return value

    def categories_of(self, kind: str) -> list[str]:
        """Codes of the member groups of one kind, in the order given."""
        return [code for code, group in self.member_categories.items() if group.kind == kind]
