import pandas as pd
import pandera.pandas as pa

from assess.schemas import columns


class Decisions(pa.DataFrameModel):
    """One row is one decision of a body."""

    decision_id: str = columns.code("Decision code", "A code you make up.", unique=True)
    meeting_id: str = columns.code(
        "Meeting code",
        "The meeting where it was decided.",
        blank="decided outside a meeting, or not known",
        refers_to="meetings.meeting_id",
    )
    body: str = columns.code("Body", "The body that decided.", one_of="bodies")
    decided_on: pd.Timestamp = columns.date("Decided on", "The day it was decided.")
    title: str = columns.text("Title", "A few words to know it by. Name nobody.", blank="no title")
    type: str = columns.text(
        "Kind of decision",
        "A kind named in your scheme of reserved matters, if it is one.",
        blank="not a reserved matter",
    )
    outcome: str = columns.choice(
        "Outcome",
        "What became of the proposal.",
        codes={
            "carried": "agreed",
            "lost": "voted down",
            "deferred": "put off",
            "withdrawn": "taken back",
        },
        blank="not known",
    )
    major: pd.BooleanDtype = columns.yes_no(
        "Major", "Whether your rules or the board count it as major.", blank="not known"
    )
    affects_users: pd.BooleanDtype = columns.yes_no(
        "Affects people who use the service",
        "Whether it changes something for the people who use the service.",
        blank="not known",
    )
    affects_staff: pd.BooleanDtype = columns.yes_no(
        "Affects staff", "Whether it changes something for staff.", blank="not known"
    )
    spend: pd.BooleanDtype = columns.yes_no(
        "Spends money", "Whether it commits money.", blank="not known"
    )
    cost: float = columns.number(
        "Cost in pounds", "The cost stated when deciding.", blank="no cost was stated", ge=0
    )
    fund_source: str = columns.text(
        "Paid from", "Where the money comes from.", blank="no source was stated"
    )
    affordable: pd.BooleanDtype = columns.yes_no(
        "Checked we can afford it",
        "Whether the record says it can be afforded.",
        blank="the record does not say",
    )
    objective_ref: str = columns.text(
        "Serves which aim", "The number of the aim or outcome it serves.", blank="none recorded"
    )
    reasons_ref: str = columns.text(
        "Reasons", "Where the reasons are recorded.", blank="no reasons recorded"
    )
    options_considered: float = columns.whole(
        "Options looked at",
        "How many real options were compared, counting no change as one.",
        blank="none recorded",
    )
    comparator_ref: str = columns.text(
        "Compared with",
        "The other body or benchmark it was compared with.",
        blank="no comparison recorded",
    )
    user_impact_ref: str = columns.text(
        "Effect on people who use the service",
        "Where the effect on people who use the service is recorded.",
        blank="no effect recorded",
    )
    risk_ref: str = columns.text("Risk", "Where the risk is recorded.", blank="no risk recorded")
    advice_on: pd.Timestamp = columns.date(
        "Council or members advised on",
        "The day the council or members gave advice on it.",
        blank="no advice recorded",
    )
    staff_consulted_on: pd.Timestamp = columns.date(
        "Staff consulted on", "The day staff were consulted.", blank="not recorded as consulted"
    )
    scrutiny_eligible: pd.BooleanDtype = columns.yes_no(
        "Open to scrutiny",
        "Whether the council or an audit committee may examine it.",
        blank="not known",
    )
    scrutiny_body: str = columns.text(
        "Examined by",
        "Who examined it: council, audit committee or an outside reviewer.",
        blank="nobody has examined it",
    )
    scrutiny_outcome: str = columns.text(
        "What they found", "What came of the examination.", blank="no result recorded"
    )
    conflict_declared: pd.BooleanDtype = columns.yes_no(
        "Interest declared",
        "Whether anyone declared a conflict of interest.",
        blank="none was declared",
    )
    conflict_action: str = columns.choice(
        "What was done about it",
        "What the person with the interest did.",
        codes={
            "withdrew": "left the room",
            "abstained": "stayed and did not vote",
            "authorised": "allowed to take part by a recorded decision",
            "none": "took part as usual",
        },
        blank="nothing recorded",
    )
    confidential: pd.BooleanDtype = columns.yes_no(
        "Confidential", "Whether it may not be published.", blank="not confidential"
    )
    published_on: pd.Timestamp = columns.date(
        "Sent to members on", "The day members were told.", blank="not sent to members"
    )
    review_due: pd.Timestamp = columns.date(
        "Review due", "The day its results are to be looked at.", blank="no review was set"
    )
    reviewed_on: pd.Timestamp = columns.date(
        "Reviewed on", "The day its results were looked at.", blank="not reviewed yet"
    )
    present_count: float = columns.whole(
        "People present for this item",
        "How many people with a vote were there for this item.",
        blank="as many as were at the meeting",
    )
    stated_for: float = columns.whole("Votes for", "Votes for, as minuted.", blank="not minuted")
    stated_against: float = columns.whole(
        "Votes against", "Votes against, as minuted.", blank="not minuted"
    )
    stated_abstained: float = columns.whole(
        "Abstained", "Abstentions, as minuted.", blank="not minuted"
    )
    vote_basis: str = columns.choice(
        "How the vote is known",
        "What the numbers of votes rest on.",
        codes={
            "named": "each person's vote is minuted",
            "tally": "only the numbers are minuted",
            "percentage": "only percentages are minuted",
            "carried": "the minutes only say it was agreed",
            "unanimous": "the minutes say everyone agreed",
        },
        blank="not known",
    )
    moved_by: str = columns.code("Proposed by", "The proposer's code.", blank="not minuted")
    seconded_by: str = columns.code("Seconded by", "The seconder's code.", blank="not minuted")

    class Config:
        name = "decisions"
        title = "Decisions"
        strict = True
        metadata = {"required": True, "dated_by": "decided_on"}  # noqa: RUF012

    @pa.dataframe_check(
        error="published_on is before decided_on; a decision is sent out on or after its day"
    )
    def published_after_deciding(cls, decisions: pd.DataFrame) -> pd.Series:
        return ~(decisions["published_on"] < decisions["decided_on"])

    @pa.dataframe_check(error="reviewed_on is before decided_on; a review comes after")
    def reviewed_after_deciding(cls, decisions: pd.DataFrame) -> pd.Series:
        return ~(decisions["reviewed_on"] < decisions["decided_on"])
