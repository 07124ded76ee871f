"""What people may read of referrals, cases and persons: found, decided, opened.

What a caller may not see is not found, by the same statements as what never was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from services.cases.model.dossiers import (
    CaseFile,
    Dossier,
    EarlierVersion,
    ListedCase,
    ListedReferral,
    PersonFile,
    Reach,
)
from services.cases.model.ids import PersonId
from services.cases.model.repeats import ShownFinding
from services.cases.rules import consent as rules
from services.cases.store import consent, dossiers, listing, repeats
from services.cases.store.listing import Filters
from services.cases.store.opening import Opener
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound
from services.kit.sealed import KeyRing

What = TypeVar("What", covariant=True)  # noqa: PLC0105 - what is shown is only read


@dataclass(frozen=True, slots=True)
class Shown(Generic[What]):
    """What is shown, the decisions that allow it (one for each item of a list), and the ids of all of it."""

    what: What
    decisions: tuple[Decision, ...]
    objects: tuple[UUID, ...]


async def list_referrals(
    work: Work, filters: Filters, after: Place | None, most: int
) -> Shown[Page[ListedReferral]]:
    """A page of referrals; the same filter as a single read."""
    rows = await listing.referrals(work, filters, after, most + 1)
    page = page_of(rows, most, lambda row: Place(row.referred_on, row.id))
    decisions = tuple(work.permit.on(row.reach.resource()) for row in page.items)
    return Shown(page, decisions, _ids((row.id, row.case) for row in page.items))


async def list_cases(work: Work, filters: Filters, after: Place | None, most: int) -> Shown[Page[ListedCase]]:
    """A page of cases; the same filter as a single read."""
    rows = await listing.cases(work, filters, after, most + 1)
    page = page_of(rows, most, lambda row: Place(row.opened_on, row.id))
    decisions = tuple(work.permit.on(row.reach.resource()) for row in page.items)
    return Shown(page, decisions, _ids([row.id] for row in page.items))


async def get_referral(work: Work, ring: KeyRing, referral_id: UUID) -> Shown[Dossier]:
    """One referral whole; NotFound when it is not there, not the caller's to see, or erased."""
    kept = await dossiers.referral(work, referral_id)
    found = await repeats.of(work, referral_id)
    if kept is None:
        raise NotFound
    decision = work.permit.on(kept.referral.reach.resource())
    findings = [ShownFinding(each.finding, each.reference if _seen(work, each) else None) for each in found]
    dossier = Opener(ring).dossier(kept, findings)
    shown = [kept.referral.id, kept.referral.case, *(part.person for part in kept.parts)]
    return Shown(dossier, (decision,), _ids([shown]))


async def get_referral_version(
    work: Work, ring: KeyRing, referral_id: UUID, version: int
) -> Shown[EarlierVersion]:
    """What a referral said until its sender corrected it; NotFound as for the referral, and for no such one.

    Who may see it is decided by how the referral stands now.
    """
    kept = await dossiers.earlier(work, referral_id, version)
    if kept is None:
        raise NotFound
    decision = work.permit.on(kept.reach.resource())
    shown = [kept.referral.id, kept.referral.case, *(part.person for part in kept.parts)]
    return Shown(Opener(ring).earlier(kept, version), (decision,), _ids([shown]))


async def get_case(work: Work, ring: KeyRing, case_id: UUID) -> Shown[CaseFile]:
    """One case with its referrals and people; NotFound as for a referral."""
    case = await dossiers.case(work, case_id)
    referrals = await dossiers.referrals_of(work, case_id)
    parts = await dossiers.in_case(work, case_id)
    standings = rules.standings(await consent.of_case(work, case_id))
    if case is None:
        raise NotFound
    decision = work.permit.on(case.reach.resource())
    opener = Opener(ring)
    people = [opener.part(each) for each in parts]
    file = CaseFile(case, referrals, people, [standings[person] for person in sorted(standings)])
    shown = [case.id, *(each.id for each in referrals), *(part.person for part in parts)]
    return Shown(file, (decision,), _ids([shown]))


async def get_person(work: Work, ring: KeyRing, person_id: UUID) -> Shown[PersonFile]:
    """A person by the parts that the caller may see, each by its own decision; NotFound without any."""
    kept = await dossiers.of_person(work, person_id)
    allowed = [(part, decision) for part in kept if (decision := _allowed(work, part.reach)) is not None]
    if not allowed:
        raise NotFound
    opener = Opener(ring)
    file = PersonFile(PersonId(person_id), [opener.part(part) for part, _ in allowed])
    shown = [id_ for part, _ in allowed for id_ in (part.referral, part.case) if id_ is not None]
    return Shown(file, tuple(decision for _, decision in allowed), _ids([[person_id], shown]))


def _seen(work: Work, found: repeats.KeptFinding) -> bool:
    """Whether the earlier referral may be read as well."""
    return found.reach is not None and _allowed(work, found.reach) is not None


def _allowed(work: Work, reach: Reach) -> Decision | None:
    try:
        return work.permit.on(reach.resource())
    except NotFound:
        return None


def _ids(shown: Iterable[Iterable[UUID]]) -> tuple[UUID, ...]:
    """Each id once."""
    return tuple(dict.fromkeys(one for several in shown for one in several))
