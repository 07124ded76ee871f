"""What people read of referrals, cases and persons; each field names the class that a right must hold."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.cases.model.callouts import CallOuts
from services.cases.model.codes import (
    AgeBand,
    Answer,
    Band,
    CallOutState,
    Consent,
    Ground,
    Relation,
    Role,
    Sex,
    Status,
)
from services.cases.model.dossiers import (
    CaseFile,
    Dossier,
    Explained,
    ListedCase,
    ListedReferral,
    Part,
    PersonFile,
)
from services.cases.schemas.consent import StandingView
from services.cases.schemas.repeats import RepeatsView
from services.kit.disclose import FieldClass
from services.kit.fields import Day, Instant
from services.kit.paging import Page

_EXAMPLE_ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
_EXAMPLE_REFERENCE = "TV-Y9F1-VRXT-MN6N-3SHX-N"


class View(BaseModel):
    """What is read: complete or absent, never null where it may not be seen."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, from_attributes=True
    )


class ItemView(View):
    """One item of the score: its answer, and what it adds."""

    key: str
    number: int
    answer: Answer
    contribution: int


class RangeView(View):
    """The smallest and largest score still possible, given what is unanswered."""

    lowest: int
    highest: int
    lowest_band: Band
    highest_band: Band


class ScoreView(View):
    """A score with its provenance and its explanation."""

    instrument: str
    version: str
    content_hash: str
    engine: str
    score: int
    band: Band
    grounds: list[Ground]
    range: RangeView
    unanswered: list[str]
    items: list[ItemView]
    scored_at: Instant

    @classmethod
    def of(cls, explained: Explained) -> Self:
        """What the scorer found."""
        result = explained.result
        return cls(
            instrument=result.instrument,
            version=result.version,
            content_hash=result.content_hash,
            engine=result.engine,
            score=result.value,
            band=result.band,
            grounds=list(result.grounds),
            range=explained.range,
            unanswered=list(explained.unanswered),
            items=explained.items,
            scored_at=result.scored_at,
        )


class IdentityView(View):
    """Who somebody is."""

    personal_code: str | None
    birth_date: Day
    given_name: str
    family_name: str


class ContactView(View):
    """How somebody can be reached without danger."""

    address: str | None
    phone: str | None
    safe_contact: str | None
    language: str | None


class ParticipantView(View):
    """Somebody's part in a referral."""

    id: UUID
    person_id: UUID
    role: Role
    relation_to_victim: Relation | None
    sex: Sex
    age_band: AgeBand
    municipality: Annotated[str | None, FieldClass("contact")]
    identity: Annotated[IdentityView, FieldClass("identity")]
    contact: Annotated[ContactView, FieldClass("contact")]


class ReferrerView(View):
    """The worker who referred."""

    name: str
    unit: str


class NarrativeView(View):
    """What was told in words, and what the victim knows and wants."""

    description: str | None
    judgement_reason: str | None
    consent: Consent
    victim_informed: bool
    victim_wishes: str | None
    referrer: ReferrerView
    screening_note: str | None


class WithdrawalView(View):
    """The sender has withdrawn; when, and why."""

    at: Instant
    reason: str = Field(examples=["sent-in-error"])


class CallOutsAboutView(View):
    """The call-outs about one victim and one threatening person, by their parts in the referral."""

    victim: UUID
    threatening: UUID
    source: str = Field(description="The X-Road client that told.", examples=["ee-dev/GOV/70008747/polis"])
    count: int
    days: list[Day]


class CallOutsView(View):
    """What the police told of call-outs within the twelve months that end with the day of referral.

    ``waiting``: not yet answered, and the referral does not wait for it; ``refused``: they do not tell;
    ``not-needed``, ``not-possible``: they are not asked, since it is of no use or personal codes are missing.
    """

    state: CallOutState
    tries: int
    settled_at: Instant | None
    rule: str | None = Field(description="The version of the rule by which they are a ground.")
    since: Day | None
    until: Day | None = Field(description="The first day after.")
    about: list[CallOutsAboutView]

    @classmethod
    def of(cls, found: CallOuts) -> Self:
        """What is known."""
        window = found.window
        return cls(
            state=found.state,
            tries=found.tries,
            settled_at=found.settled_at,
            rule=found.rule,
            since=None if window is None else window.since,
            until=None if window is None else window.until,
            about=[
                CallOutsAboutView(
                    victim=one.victim,
                    threatening=one.threatening,
                    source=one.source,
                    count=len(one.days),
                    days=list(one.days),
                )
                for one in found.answers
            ],
        )


class ReferralSummary(View):
    """A referral in a list."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    reference: str = Field(examples=[_EXAMPLE_REFERENCE])
    region: str = Field(examples=["polva"])
    referred_on: Day
    received_at: Instant
    status: Status
    reason: str | None
    case_id: UUID | None = Field(description="The case that it became, if it was accepted.")
    version: int
    withdrawal: WithdrawalView | None = Field(
        description="That the sender has withdrawn it; a case that came of it stays."
    )
    redirected_to: str | None = Field(description="The region or service to which a person sent it.")
    screen_by: Day | None = Field(
        description="The last day on which a decision about it is in time; null when none waits."
    )
    score: Annotated[int | None, FieldClass("risk")]
    band: Annotated[Band | None, FieldClass("risk")]
    grounds: Annotated[list[Ground], FieldClass("risk")]


class ReferralView(ReferralSummary):
    """A referral whole."""

    sender: str | None = Field(description="The X-Road client that sent it; null when a person entered it.")
    sender_reference: str | None
    sender_version: int | None = Field(description="The last version that the sender sent.")
    corrected_at: Instant | None = Field(description="When the sender last replaced what it told.")
    occurred_at: Instant
    changed_at: Instant
    decided_at: Instant | None
    persons: list[ParticipantView]
    assessment: Annotated[ScoreView | None, FieldClass("risk")]
    narrative: Annotated[NarrativeView, FieldClass("narrative")]
    call_outs: Annotated[CallOutsView, FieldClass("risk")]
    repeats: Annotated[RepeatsView, FieldClass("risk")]

    @classmethod
    def of(cls, dossier: Dossier) -> Self:
        """The referral of a dossier."""
        return cls(
            **{name: getattr(dossier.referral, name) for name in ReferralSummary.model_fields},
            sender=dossier.sender,
            sender_reference=dossier.sender_reference,
            sender_version=dossier.sender_version,
            corrected_at=dossier.corrected_at,
            occurred_at=dossier.occurred_at,
            changed_at=dossier.changed_at,
            decided_at=dossier.referral.decided_at,
            persons=dossier.persons,
            assessment=None if dossier.assessment is None else ScoreView.of(dossier.assessment),
            narrative=dossier.narrative,
            call_outs=CallOutsView.of(dossier.call_outs),
            repeats=RepeatsView.of(dossier.repeats),
        )


class CaseSummary(View):
    """A case in a list."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    region: str = Field(examples=["polva"])
    case_type: str = Field(description="What it is for, as published.", examples=["marac"])
    state: Literal["open", "monitoring", "ended"]
    opened_on: Day
    agencies: list[str] = Field(examples=[["police", "victim-support"]])
    version: int


class CaseView(CaseSummary):
    """A case with its referrals and the people in it."""

    referrals: list[ReferralSummary]
    persons: list[ParticipantView]
    consent: list[StandingView] = Field(description="How consent and objection stand, by person; codes only.")

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        """The case of a file."""
        return cls(
            **{name: getattr(file.case, name) for name in CaseSummary.model_fields},
            referrals=file.referrals,
            persons=file.persons,
            consent=[StandingView.of(each) for each in file.standings],
        )


class PersonPart(View):
    """One part that a person has or had."""

    referral_id: UUID
    case_id: UUID | None
    participant: ParticipantView

    @classmethod
    def of(cls, part: Part) -> Self:
        """The part beside the referral that it is in."""
        participant = ParticipantView.model_validate(part)
        return cls(referral_id=part.referral_id, case_id=part.case_id, participant=participant)


class PersonView(View):
    """A person, by the parts that the caller may see, each with the fields that may be seen of it."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    items: list[PersonPart]

    @classmethod
    def of(cls, file: PersonFile) -> Self:
        """The person of a file."""
        return cls(id=file.id, items=[PersonPart.of(each) for each in file.parts])


class ReferralPage(View):
    """A page of referrals, and the cursor of the next one."""

    items: list[ReferralSummary]
    next: str | None

    @classmethod
    def of(cls, page: Page[ListedReferral]) -> Self:
        """The page as it is shown."""
        return cls(items=[ReferralSummary.model_validate(each) for each in page.items], next=page.next)


class CasePage(View):
    """A page of cases, and the cursor of the next one."""

    items: list[CaseSummary]
    next: str | None

    @classmethod
    def of(cls, page: Page[ListedCase]) -> Self:
        """The page as it is shown."""
        return cls(items=[CaseSummary.model_validate(each) for each in page.items], next=page.next)
