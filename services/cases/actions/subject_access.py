"""A person asks what is kept of them: recorded, decided by who may, and told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.actions.disclosures import Discloser
from services.cases.catalog import Catalog
from services.cases.model.disclosures import Act
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId
from services.cases.model.subject_access import AccessDecision, AccessExport, AccessRequest
from services.cases.rules import lifecycle
from services.cases.rules import subject_access as rules
from services.cases.store import disclosures, keys, people, records
from services.cases.store import subject_access as store
from services.cases.store.opening import Opener
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.ids import new_id
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import BlindIndex, KeyRing

MACHINE: Final = "access-request"
_CLASSES: Final = ("basic", "identity", "narrative")


@dataclass(frozen=True, slots=True)
class SubjectAccess:
    """Keeps requests, and makes exports, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing
    index: BlindIndex
    discloser: Discloser

    async def record(self, work: Work, region: str, code: str, received_on: date) -> UUID:
        """Somebody has asked the network of a region; Malformed for a day that is to come."""
        decision = work.permit.on(_resource(region))
        today = local_date(work.now)
        if received_on > today:
            raise Malformed(errors=[FieldError("/receivedOn", "in-the-future", "it came today or before")])
        made = AccessRequest(
            id=new_id(),
            region=region,
            personal_code=code,
            received_on=received_on,
            recorded_by=work.permit.caller.subject,
            recorded_at=work.now,
            state=self.catalog.lifecycles[MACHINE].start,
            withheld=(),
            ground=None,
            reason=None,
            restricted_on=None,
            restricted_until=None,
            decided_by=None,
            decided_at=None,
            exported_at=None,
            version=1,
        )
        await store.record(work, made, today, await keys.make(work, self.ring))
        work.audit("create", [made.id], ["basic", "identity"], decision)
        return made.id

    async def page(
        self, work: Work, state: str | None, review_by: date | None, before: Place | None, most: int
    ) -> tuple[Page[AccessRequest], list[Decision]]:
        """The requests of the caller's regions, the newest first."""
        regions = sorted({grant.match["region"] for grant in work.permit.grants if "region" in grant.match})
        found = await store.page(work, self.ring, regions, state, review_by, before, most + 1)
        page = page_of(found, most, lambda one: Place(local_date(one.recorded_at), one.id))
        return page, [work.permit.on(_resource(one.region)) for one in page.items]

    async def one(self, work: Work, request_id: UUID) -> tuple[AccessRequest, Decision]:
        """One request; NotFound where it is not the caller's."""
        found = await store.one(work, self.ring, request_id)
        if found is None:
            raise NotFound
        return found, work.permit.on(_resource(found.region))

    async def decide(self, work: Work, request_id: UUID, told: AccessDecision, expected: int) -> None:
        """Granted or restricted; Malformed, StaleVersion, TransitionRefused."""
        kept = await store.locked(work, self.ring, request_id)
        if kept is None:
            raise NotFound
        request, key = kept
        decision = work.permit.on(_resource(request.region))
        if request.version != expected:
            raise StaleVersion
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], request.id, request.state, told.action)
        today = local_date(work.now)
        if errors := rules.check(told, request, today, self.catalog.subject_access):
            raise Malformed(errors=errors)
        await store.decide(work, request, key, step.target, told, today)
        work.audit("update", [request.id], _CLASSES, decision)

    async def export(self, work: Work, request_id: UUID, expected: int) -> tuple[AccessExport, Decision]:
        """What is kept of the person in what the caller may see, once; the Data Tracker is told of it."""
        kept = await store.locked(work, self.ring, request_id)
        if kept is None:
            raise NotFound
        request, _ = kept
        decision = work.permit.on(_resource(request.region))
        if request.version != expected:
            raise StaleVersion
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], request.id, request.state, "export")
        told = await self._told(work, request)
        await store.exported(work, request.id, step.target)
        await self._track(work, told)
        return told, decision

    async def _told(self, work: Work, request: AccessRequest) -> AccessExport:
        published = self.catalog.subject_access
        found = await store.parts_of(work, self.index.of(people.CODE, request.personal_code))
        own = [part for part in found if _may(work, part.reach)]
        opener = Opener(self.ring)
        others = await store.others_in(work, own, sorted(published.guarded))
        guarded = rules.guarded_values(opener.part(part) for part in others)
        whose = sorted({part.person for part in own})
        entries = [
            entry
            for entry, reach in await records.of_people(work, self.ring, whose, published.categories)
            if _may(work, reach)
        ]
        return AccessExport(
            request,
            [rules.told_part(opener.part(part), request.withheld, guarded) for part in own],
            rules.told_entries(entries, request.withheld, guarded, published),
        )

    async def _track(self, work: Work, told: AccessExport) -> None:
        subject = self.discloser.subject(told.request.personal_code)
        receiver = self.discloser.rules.subject_access
        cases = sorted({CaseId(part.case or part.referral) for part in told.parts})
        source = f"{Act.SUBJECT_ACCESS}/{told.request.id}"
        made = [
            self.discloser.made(work, Act.SUBJECT_ACCESS, subject, receiver, case, f"{source}/{case}")
            for case in cases
        ]
        await disclosures.record(work, made)


def objects_of(told: AccessExport) -> Sequence[UUID]:
    """Of what an export tells."""
    return list(dict.fromkeys([told.request.id, *(part.case or part.referral for part in told.parts)]))


def _resource(region: str) -> Mapping[str, object]:
    """A request stands in its region; nobody is excluded from it."""
    return Reach(region, frozenset(), "").resource()


def _may(work: Work, reach: Reach) -> bool:
    try:
        work.permit.on(reach.resource())
    except NotFound:
        return False
    return True
