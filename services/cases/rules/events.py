"""What the feed says: ids, codes, dates, age band, sex, region and pseudonyms; nothing else can get in."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from services.cases.model.codes import Band, EventType, Ground, State
from services.cases.model.contacts import Contact
from services.cases.model.dossiers import ListedCase
from services.cases.model.ids import ParticipationId, PersonId
from services.cases.model.lifecycle import Step
from services.cases.model.published import CallOutRule
from services.cases.model.referral import Head
from services.cases.model.repeats import Finding
from services.cases.model.retention import Erasure
from services.cases.model.states import (
    AwaitingScreening,
    Participant,
    Redirected,
    ReferralState,
    Score,
    public_status,
    state_name,
)
from services.cases.model.transfers import Transfer
from services.cases.model.usage import UsageDecision
from services.kit.calendar import format_instant

#: Where a ground comes from.
CALL_OUTS = "police-call-outs"
EARLIER_REFERRAL = "earlier-referral"

Data = dict[str, object]


def of_receipt(
    head: Head, state: ReferralState, children: Sequence[ParticipationId] = ()
) -> list[tuple[EventType, Data]]:
    """What the feed tells of a referral that has just come in; ``children``: of whom a notice is due."""
    told = _of_receipt(head, state)
    if children:
        told.append((EventType.CHILD_NOTICE, child_notice(head, state_name(state), children)))
    return told


def _of_receipt(head: Head, state: ReferralState) -> list[tuple[EventType, Data]]:
    match state:
        case AwaitingScreening(score=Score() as score):
            first = (EventType.RECEIVED, received(head, State.RECEIVED))
            return [first, (EventType.SCORED, scored(head, State.AWAITING_SCREENING, score))]
        case Redirected():
            first = (EventType.RECEIVED, received(head, State.RECEIVED))
            return [first, (EventType.REDIRECTED, refused(head, State.REDIRECTED, state.reason))]
        case _:
            return [(EventType.RECEIVED, received(head, state_name(state)))]


def received(head: Head, state: State) -> Data:
    """The referral is stored."""
    return _head(head, state)


def scored(head: Head, state: State, score: Score) -> Data:
    """The referral has its score."""
    facts = {
        "instrument": score.instrument,
        "version": score.version,
        "score": score.value,
        "band": score.band.value,
    }
    return _head(head, state) | facts


def accepted(
    head: Head,
    *,
    decided_on: date,
    band: Band | None,
    participants: Iterable[Participant],
    pseudonym: Callable[[PersonId], str],
) -> Data:
    """The referral became a case; its people are pseudonyms."""
    return _head(head, State.ACCEPTED) | {
        "caseId": str(head.case),
        "decidedOn": decided_on.isoformat(),
        "band": band.value if band else None,
        "persons": _persons(participants, pseudonym),
    }


def refused(head: Head, state: State, reason: str) -> Data:
    """The referral was declined or redirected, with the reason's code."""
    return _head(head, state) | {"reason": reason}


def withdrawn(head: Head, state: State, reason: str) -> Data:
    """The sender has withdrawn; the status says what that changed, which is nothing after a decision."""
    return _head(head, state) | {"reason": reason}


def corrected(  # noqa: PLR0913 - the facts of one event
    head: Head,
    state: State,
    version: int,
    *,
    band: Band | None = None,
    participants: Iterable[Participant] = (),
    pseudonym: Callable[[PersonId], str] | None = None,
) -> Data:
    """The sender has replaced what it told; of an accepted referral the people are told anew."""
    data = _head(head, state) | {"version": version}
    if pseudonym is None:
        return data | {"caseId": None, "band": None, "persons": None}
    return data | {
        "caseId": str(head.case),
        "band": band.value if band else None,
        "persons": _persons(participants, pseudonym),
    }


def child_notice(head: Head, state: State, children: Sequence[ParticipationId], version: int = 1) -> Data:
    """Notices about children are due, whatever became of the referral: their numbers and version alone."""
    return _head(head, state) | {
        "notices": [{"number": str(number), "version": version} for number in children]
    }


def _persons(
    participants: Iterable[Participant], pseudonym: Callable[[PersonId], str]
) -> list[dict[str, object]]:
    return [
        {
            "pseudonym": pseudonym(each.person),
            "role": each.role.value,
            "relationToVictim": each.relation.value if each.relation else None,
            "sex": each.sex.value,
            "ageBand": each.age_band.value,
        }
        for each in participants
    ]


def ground_found(head: Head, state: State, rule: CallOutRule) -> Data:
    """We have found a ground that the sender did not tell: which, from whom, by which rule."""
    return _head(head, state) | {"ground": rule.ground.value, "source": CALL_OUTS, "rule": rule.version}


def repeat_found(head: Head, state: State, ground: Ground, finding: Finding) -> Data:
    """It is a repeat by this definition."""
    rule = f"{finding.definition}/{finding.version}"
    return _head(head, state) | {"ground": ground.value, "source": EARLIER_REFERRAL, "rule": rule}


def case_step(case: ListedCase, step: Step, on: date) -> Data:
    """Something of a case went from one state to another: ids, codes and the day."""
    return {
        "caseId": str(case.id),
        "region": case.region,
        "machine": step.machine,
        "objectId": str(step.object_id),
        "action": step.action,
        "fromState": step.source,
        "toState": step.target,
        "reason": step.reason,
        "on": on.isoformat(),
    }


def usage_decided(case: ListedCase, decision: UsageDecision, on: date) -> Data:
    """Whether a person may see what left a case about them: in the names of the log of disclosures alone."""
    return {
        "caseId": str(case.id),
        "region": case.region,
        "subject": decision.subject.hex(),
        "caseHandle": decision.handle,
        "state": decision.state.value,
        "decidedAt": format_instant(decision.decided_at),
        "on": on.isoformat(),
    }


def case_erased(erasure: Erasure, references: Sequence[str], on: date) -> Data:
    """A case, or a referral that became none, was erased: whoever keeps anything about it follows."""
    return {
        "caseId": str(erasure.case),
        "region": erasure.region,
        "kind": erasure.kind,
        "erasureId": str(erasure.id),
        "references": list(references),
        "on": on.isoformat(),
    }


def transferred(transfer: Transfer, on: date) -> Data:
    """A case went to another network: from which to which, on which day, why."""
    return {
        "caseId": str(transfer.case),
        "transferId": str(transfer.id),
        "fromRegion": transfer.region,
        "toRegion": transfer.move.to,
        "kind": transfer.move.kind,
        "reason": transfer.move.reason,
        "on": on.isoformat(),
    }


def support_contact(case: ListedCase, contact: Contact) -> Data:
    """A support person spent time with a victim: how, about what and how long, with nobody's identity."""
    return {
        "caseId": str(case.id),
        "region": case.region,
        "assignmentId": str(contact.assignment),
        "contactId": str(contact.id),
        "version": contact.version,
        "on": contact.happened_on.isoformat(),
        "channel": contact.channel,
        "kind": contact.kind,
        "outcome": contact.outcome,
        "minutes": contact.minutes,
        "retracted": contact.retracted is not None,
    }


def _head(head: Head, state: State) -> Data:
    return {
        "referralId": str(head.id),
        "reference": head.reference,
        "sender": head.sender,
        "region": head.first_region,
        "referredOn": head.referred_on.isoformat(),
        "status": public_status(state).value,
    }
