"""What people may read of referrals, cases and persons: found, decided, opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from services.cases.actions import composing
from services.cases.schemas.views import (
    CasePage,
    CaseView,
    PersonPart,
    PersonView,
    ReferralPage,
    ReferralView,
)
from services.cases.store import listing
from services.cases.store.listing import Filters, Found, Place
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import NotFound
from services.kit.sealed import KeyRing

View = TypeVar("View", bound=BaseModel, covariant=True)  # noqa: PLC0105 - it reads as what it is


@dataclass(frozen=True, slots=True)
class Shown(Generic[View]):
    """An answer with the decisions that allow it, the ids of what it shows, and the version for its ETag."""

    view: View
    decisions: tuple[Decision, ...]
    objects: tuple[UUID, ...]
    version: int | None = None


async def list_referrals(work: Work, filters: Filters, after: Place | None, most: int) -> Shown[ReferralPage]:
    """A page of referrals; the same filter as a single read."""
    rows = await listing.referrals(work, filters, after, most + 1)
    shown = rows[:most]
    page = ReferralPage(
        items=[composing.referral_summary(row) for row in shown],
        next=_next(shown[-1].referred_on, shown[-1].id) if len(rows) > most else None,
    )
    return Shown(page, _decided(work, shown), tuple(row.id for row in shown))


async def list_cases(work: Work, filters: Filters, after: Place | None, most: int) -> Shown[CasePage]:
    """A page of cases; the same filter as a single read."""
    rows = await listing.cases(work, filters, after, most + 1)
    shown = rows[:most]
    page = CasePage(
        items=[composing.case_in_list(row) for row in shown],
        next=_next(shown[-1].opened_on, shown[-1].id) if len(rows) > most else None,
    )
    return Shown(page, _decided(work, shown), tuple(row.id for row in shown))


async def get_referral(work: Work, ring: KeyRing, referral_id: UUID) -> Shown[ReferralView]:
    """One referral whole; NotFound when it is not there, not the caller's to see, or erased."""
    row = await listing.referral(work, referral_id)
    people = await listing.participations(work, referral_ids=[referral_id])
    decision = _decide(work, row)
    keys = await composing.data_keys(work, ring, [row, *people] if row else people)
    if row is None or row.key_id not in keys:
        raise NotFound
    persons = [composing.participant(each, keys[each.key_id]) for each in people]
    view = composing.referral_view(row, keys[row.key_id], persons)
    return Shown(view, (decision,), (row.id, *(each.person_id for each in people)), row.version)


async def get_case(work: Work, ring: KeyRing, case_id: UUID) -> Shown[CaseView]:
    """One case with its referrals and people; NotFound as for a referral."""
    row = await listing.case(work, case_id)
    referrals = await listing.referrals_of(work, case_id)
    people = await listing.participations(work, referral_ids=[each.id for each in referrals])
    decision = _decide(work, row)
    keys = await composing.data_keys(work, ring, people)
    if row is None or any(each.key_id not in keys for each in people):
        raise NotFound
    view = CaseView.model_validate(
        {
            **composing.case_summary(row),
            "referrals": [composing.referral_summary(each) for each in referrals],
            "persons": [composing.participant(each, keys[each.key_id]) for each in people],
        }
    )
    return Shown(view, (decision,), (row.id, *(each.person_id for each in people)), row.version)


async def get_person(work: Work, ring: KeyRing, person_id: UUID) -> Shown[PersonView]:
    """A person by the parts that the caller may see; NotFound when there is none."""
    rows = await listing.participations(work, person_id=person_id)
    allowed = [(row, decision) for row in rows if (decision := _allowed(work, row)) is not None]
    keys = await composing.data_keys(work, ring, [row for row, _ in allowed])
    parts = [
        PersonPart.model_validate(
            {
                "referralId": row.referral_id,
                "caseId": row.case_id,
                "participant": composing.participant(row, keys[row.key_id]),
            }
        )
        for row, _ in allowed
        if row.key_id in keys
    ]
    if not parts:
        raise NotFound
    view = PersonView(id=person_id, parts=parts)
    return Shown(view, _narrowest([decision for _, decision in allowed]), (person_id,))


def _narrowest(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """One decision for an answer made of several parts: the classes that all of them show."""
    fields = frozenset.intersection(*(decision.fields for decision in decisions))
    rules = "+".join(dict.fromkeys(decision.rule_id for decision in decisions))
    return (Decision(rules, fields),)


def _resource(row: Found) -> dict[str, object]:
    return {"region": row.region, "agencies": frozenset(row.agencies), "state": row.state}


def _decide(work: Work, row: Found | None) -> Decision:
    """The decision on a row that was looked for; what is not there answers like what may not be seen."""
    if row is None:
        raise NotFound
    return work.permit.on(_resource(row))


def _allowed(work: Work, row: Found) -> Decision | None:
    try:
        return work.permit.on(_resource(row))
    except NotFound:
        return None


def _decided(work: Work, rows: Sequence[Found]) -> tuple[Decision, ...]:
    return tuple(work.permit.on(_resource(row)) for row in rows)


def _next(day: object, row_id: UUID) -> str:
    return f"{day}.{row_id}"
