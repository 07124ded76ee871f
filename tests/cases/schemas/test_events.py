from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.cases.model.codes import AgeBand, Band, EventType, Ground, Relation, Role, Sex, State
from services.cases.model.contacts import Contact
from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import CaseId, ParticipationId, PersonId, ReferralId
from services.cases.model.lifecycle import Step
from services.cases.model.published import CallOutRule
from services.cases.model.referral import Head
from services.cases.model.retention import Because, Erasure
from services.cases.model.states import Participant, Score
from services.cases.model.transfers import Move, Outline, Transfer, TransferState
from services.cases.model.usage import UsageDecision, UsageState
from services.cases.rules import events as told
from services.cases.schemas.events import BY_TYPE, SOURCE
from services.kit.fieldclass import shape_of
from services.kit.ids import new_reference

AT = datetime(2017, 3, 2, 9, tzinfo=UTC)
HEAD = Head(ReferralId(uuid4()), new_reference(), None, "polva", date(2017, 3, 2), CaseId(uuid4()))
SCORE = Score("dash", "2026-11", "sha256:0", "1", 15, Band.HIGH, (Ground.VISIBLE_HIGH_RISK,), AT)
RULE = CallOutRule("2026-11", Ground.POTENTIAL_ESCALATION, 3)
CHILD = Participant(
    ParticipationId(uuid4()), PersonId(uuid4()), Role.CHILD, Relation.CHILD, Sex.FEMALE, AgeBand.FROM_7
)
ON = date(2017, 3, 2)
CASE = ListedCase(CaseId(uuid4()), "polva", "open", ON, frozenset({"police@polva"}), 1)
ERASURE = Erasure(
    id=uuid4(),
    kind="case",
    case=CASE.id,
    region="polva",
    rules="2026-11",
    counted_from=ON,
    because=Because.LAST_ENTRY,
    due_on=date(2027, 3, 2),
    state="erased",
    proposed_at=AT,
    agreed_by="m-1",
    agreed_at=AT,
    approved_by="m-2",
    approved_at=AT,
    refused_by=None,
    refused_at=None,
    reason=None,
    erased_at=AT,
    counts={"keys": 2},
    certificate=None,
    version=3,
)
DECIDED = UsageDecision(
    id=uuid4(),
    case=CASE.id,
    person=PersonId(uuid4()),
    state=UsageState.RELEASED,
    reason="no-danger",
    decided_at=AT,
    decided_by="m-1",
    subject=b"\x5e" * 32,
    handle="9f" * 16,
)
TRANSFER = Transfer(
    id=uuid4(),
    case=CASE.id,
    region="polva",
    move=Move("rakvere", "permanent", "moved", None, "Kolis.", "Salajane 1"),
    state=TransferState.PROPOSED,
    proposed_on=ON,
    proposed_at=AT,
    proposed_by="m-1",
    outline=Outline(ON, "open", None, (), 0, 0, 0, ()),
    decided=None,
    version=1,
)
CONTACT = Contact(
    id=uuid4(),
    version=2,
    case=CASE.id,
    assignment=uuid4(),
    happened_on=ON,
    channel="phone",
    kind="safety",
    outcome="reached",
    minutes=40,
    retracted=None,
    note="Kardab.",
    recorded_by="mari",
    recorded_at=datetime(2017, 3, 2, tzinfo=UTC),
)
DATA = {
    EventType.RECEIVED: told.received(HEAD, State.RECEIVED),
    EventType.SCORED: told.scored(HEAD, State.AWAITING_SCREENING, SCORE),
    EventType.ACCEPTED: told.accepted(
        HEAD, decided_on=date(2017, 3, 9), band=None, participants=[CHILD], pseudonym=lambda _: "abc"
    ),
    EventType.DECLINED: told.refused(HEAD, State.DECLINED, "other"),
    EventType.REDIRECTED: told.refused(HEAD, State.REDIRECTED, "other-region"),
    EventType.WITHDRAWN: told.withdrawn(HEAD, State.WITHDRAWN, "sent-in-error"),
    EventType.CORRECTED: told.corrected(
        HEAD, State.ACCEPTED, 2, band=Band.HIGH, participants=[CHILD], pseudonym=lambda _: "abc"
    ),
    EventType.CHILD_NOTICE: told.child_notice(HEAD, State.RECEIVED, [ParticipationId(uuid4())]),
    EventType.GROUND_FOUND: told.ground_found(HEAD, State.RECEIVED, RULE),
    EventType.SUPPORT_CONTACT: told.support_contact(CASE, CONTACT),
    EventType.CASE_STEP: told.case_step(CASE, Step("case", uuid4(), "close", "open", "monitoring"), ON),
    EventType.USAGE_DECIDED: told.usage_decided(CASE, DECIDED, ON),
    EventType.CASE_ERASED: told.case_erased(ERASURE, [new_reference()], ON),
    EventType.TRANSFERRED: told.transferred(TRANSFER, ON),
}


def _event(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": uuid4(),
        "source": SOURCE,
        "type": kind.value,
        "subject": uuid4(),
        "time": AT,
        "sequence": "0123456789ab.4",
        "streamversion": 1,
        "datacontenttype": "application/json",
        "data": data,
    }


@pytest.mark.parametrize("kind", EventType)
def test_what_rules_tell_is_what_we_promise(kind: EventType) -> None:
    view = BY_TYPE[kind].model_validate(_event(kind, DATA[kind]))
    assert view.model_dump(mode="json", by_alias=True)["data"] == DATA[kind]


@pytest.mark.parametrize("kind", EventType)
@pytest.mark.parametrize("name", ["givenName", "personalCode", "address", "description", "birthDate"])
def test_nothing_else_can_get_in(kind: EventType, name: str) -> None:
    with pytest.raises(ValidationError):
        BY_TYPE[kind].model_validate(_event(kind, {**DATA[kind], name: "x"}))


@pytest.mark.parametrize("kind", EventType)
def test_no_field_is_of_a_personal_class(kind: EventType) -> None:
    shape = shape_of(BY_TYPE[kind])
    assert shape.shown(frozenset({"basic", "risk", "statistics"})) == shape.shown(
        frozenset({"basic", "risk", "statistics", "identity", "contact", "narrative"})
    )
