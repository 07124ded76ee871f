"""The feed: CloudEvents whose data are ids, codes, dates and pseudonyms, by type."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.cases.model.codes import AgeBand, Band, EventType, Ground, Relation, Role, Sex, Status
from services.cases.schemas.referral import Reference, View
from services.kit.fieldclass import FieldClass
from services.kit.fields import Day, Instant

SOURCE: Final = "/api/cases/v1"
MEDIA_TYPE: Final = "application/cloudevents-batch+json"
Cursor = Annotated[str, Field(pattern=r"^[0-9a-f]{12}\.[0-9]+$", examples=["3f1c9a7be210.41"])]


class AboutReferral(View):
    """What every event says; ``sender`` is null when a person entered the referral.

    ``region`` is where it was referred, also after the case has gone to another.
    """

    referral_id: UUID
    reference: Reference
    sender: str | None
    region: str
    referred_on: Day
    status: Status


class ScoredData(AboutReferral):
    """The score by the instrument's version that made it."""

    instrument: Annotated[str, FieldClass("risk")]
    version: Annotated[str, FieldClass("risk")]
    score: Annotated[int, FieldClass("risk")]
    band: Annotated[Band, FieldClass("risk")]


class CountedPerson(View):
    """A person who may be counted and not known."""

    pseudonym: str
    role: Role
    relation_to_victim: Relation | None
    sex: Sex
    age_band: AgeBand


class AcceptedData(AboutReferral):
    """The referral became a case."""

    case_id: UUID
    decided_on: Day
    band: Annotated[Band | None, FieldClass("risk")]
    persons: Annotated[list[CountedPerson], FieldClass("statistics")]


class RefusedData(AboutReferral):
    """The referral was declined or redirected; the reason's code."""

    reason: str


class WithdrawnData(AboutReferral):
    """The sender's reason; after a decision the status is still the decision's."""

    reason: str


class CorrectedData(AboutReferral):
    """The sender's version that replaced the earlier; the people, if the referral is a case."""

    version: int = Field(ge=2)
    case_id: UUID | None
    band: Annotated[Band | None, FieldClass("risk")]
    persons: Annotated[list[CountedPerson] | None, FieldClass("statistics")]


class ChildNumber(View):
    """A notice about a child: its number is the child's part in the referral."""

    number: UUID
    version: int = Field(ge=1)


class ChildNoticeData(AboutReferral):
    """Notices about children are due; whom they are about is asked for one by one."""

    notices: list[ChildNumber] = Field(min_length=1)


class GroundFoundData(AboutReferral):
    """A ground that the sender did not tell; ``rule`` is the version (and definition) that was published."""

    ground: Annotated[Ground, FieldClass("risk")]
    source: Literal["police-call-outs", "earlier-referral"]
    rule: str


class CaseStepData(View):
    """Something of a case went from one state to another; ``machine`` is one of the published lifecycles."""

    case_id: UUID
    region: str
    machine: str
    object_id: UUID
    action: str
    from_state: str | None
    to_state: str
    reason: str | None
    on: Day


class CaseErasedData(View):
    """A case, or the one that a referral would have become, was erased; messages about it go, too."""

    case_id: UUID
    region: str
    kind: Literal["case", "referral"]
    erasure_id: UUID
    references: list[Reference] = Field(min_length=1)
    on: Day


class TransferredData(View):
    """A case went to another network; what was told of it before stays where it was told."""

    case_id: UUID
    transfer_id: UUID
    from_region: str
    to_region: str
    kind: str
    reason: str
    on: Day


class UsageDecidedData(View):
    """Whether a person may see, in the Data Tracker, what left a case about them until a moment."""

    case_id: UUID
    region: str
    subject: str = Field(pattern="^[0-9a-f]{64}$", description="As in the feed of disclosures.")
    case_handle: str = Field(pattern="^[0-9a-f]{32}$", description="As in the feed of disclosures.")
    state: Literal["withheld", "released"]
    decided_at: Instant
    on: Day


class Envelope(View):
    """The attributes of a CloudEvent; ``subject`` is the case, or the one that would come of the referral."""

    specversion: Literal["1.0"]
    id: UUID
    source: Literal["/api/cases/v1"]
    subject: UUID
    time: Instant
    sequence: Cursor
    streamversion: int = Field(ge=1, description="Dense within the stream.")
    datacontenttype: Literal["application/json"]


class Received(Envelope):
    """A referral was received."""

    type: Literal["referral.received"]
    data: AboutReferral


class Scored(Envelope):
    """A referral has its score."""

    type: Literal["referral.scored"]
    data: ScoredData


class Accepted(Envelope):
    """A referral was accepted."""

    type: Literal["referral.accepted"]
    data: AcceptedData


class Declined(Envelope):
    """A referral was declined."""

    type: Literal["referral.declined"]
    data: RefusedData


class Redirected(Envelope):
    """A referral was redirected."""

    type: Literal["referral.redirected"]
    data: RefusedData


class Withdrawn(Envelope):
    """The sender has withdrawn the referral."""

    type: Literal["referral.withdrawn"]
    data: WithdrawnData


class Corrected(Envelope):
    """The sender has replaced what it told."""

    type: Literal["referral.corrected"]
    data: CorrectedData


class ChildNotice(Envelope):
    """Child protection is to be told of children in the referral, whatever becomes of it."""

    type: Literal["referral.child-notice"]
    data: ChildNoticeData


class GroundFound(Envelope):
    """We have found a further ground for the referral."""

    type: Literal["referral.ground-found"]
    data: GroundFoundData


class CaseStep(Envelope):
    """A step in the work on a case."""

    type: Literal["case.step"]
    data: CaseStepData


class CaseErased(Envelope):
    """A case or referral was erased."""

    type: Literal["case.erased"]
    data: CaseErasedData


class Transferred(Envelope):
    """A case went to another network."""

    type: Literal["case.transferred"]
    data: TransferredData


class UsageDecided(Envelope):
    """It was decided whether a person may see the usage of their data."""

    type: Literal["case.usage-decided"]
    data: UsageDecidedData


class SupportContactData(View):
    """How, about what and how long; a later version of the same contact takes the place of the earlier."""

    case_id: UUID
    region: str
    assignment_id: UUID
    contact_id: UUID
    version: int
    on: Day
    channel: str = Field(examples=["phone"])
    kind: str = Field(examples=["conversation"])
    outcome: str = Field(examples=["reached"])
    minutes: int
    retracted: bool


class SupportContact(Envelope):
    """A support person spent time with a victim."""

    type: Literal["support.contact"]
    data: SupportContactData


AnyEvent: TypeAlias = Annotated[
    Received
    | Scored
    | Accepted
    | Declined
    | Redirected
    | Withdrawn
    | Corrected
    | ChildNotice
    | GroundFound
    | CaseStep
    | CaseErased
    | Transferred
    | UsageDecided
    | SupportContact,
    Field(discriminator="type"),
]

BY_TYPE: Final[Mapping[EventType, type[Envelope]]] = {
    EventType.RECEIVED: Received,
    EventType.SCORED: Scored,
    EventType.ACCEPTED: Accepted,
    EventType.DECLINED: Declined,
    EventType.REDIRECTED: Redirected,
    EventType.WITHDRAWN: Withdrawn,
    EventType.CORRECTED: Corrected,
    EventType.CHILD_NOTICE: ChildNotice,
    EventType.GROUND_FOUND: GroundFound,
    EventType.SUPPORT_CONTACT: SupportContact,
    EventType.CASE_STEP: CaseStep,
    EventType.CASE_ERASED: CaseErased,
    EventType.TRANSFERRED: Transferred,
    EventType.USAGE_DECIDED: UsageDecided,
}
