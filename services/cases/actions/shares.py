"""Sharing data of a case: by a gate that asks for the legal basis, and with a receipt that stays.

An agency takes part in a case by such a share, and is let go by its end.
"""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from services.cases.actions.casework import Casework, OnCase
from services.cases.actions.disclosures import Discloser
from services.cases.catalog import Catalog
from services.cases.model.codes import Role
from services.cases.model.disclosures import Act, Receiver
from services.cases.model.shares import KeptShare, Share, ShareKind, ShareState, ToldShare
from services.cases.rules import consent as standing_rules
from services.cases.rules import lifecycle
from services.cases.rules import shares as rules
from services.cases.store import consent, disclosures, dossiers
from services.cases.store import shares as store
from services.cases.store.opening import Opener
from services.kit.calendar import local_date
from services.kit.db import Database, Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Caller, Decision, Policy
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion

MACHINE = "share"
WORKER = "worker:shares"
_CLASSES = frozenset({"basic", "narrative"})
_AGENCIES, _REGION = "agencies", "region"
#: Of whom an agency that takes part learns; nobody's basis speaks of others.
_SHARED = frozenset({Role.VICTIM, Role.THREATENING_PERSON, Role.CHILD})


@dataclass(frozen=True, slots=True)
class Sharing:
    """Shares, within the caller's transaction."""

    catalog: Catalog
    casework: Casework
    discloser: Discloser

    async def hand_over(self, work: Work, case_id: UUID, told: ToldShare) -> UUID:
        """Notes that something was handed over once; the receipt's id.

        Raises NotFound, Malformed, BasisMissing and OffersStopped; what is refused was not shared.
        """
        on = await self.casework.held(work, case_id)
        facts = await self._facts(work, on)
        share = await self._write(work, on, told, facts)
        if share.outside is not None:
            await self._disclose(work, on, share)
        return share.id

    async def bring_in(self, work: Work, case_id: UUID, told: ToldShare) -> UUID:
        """An agency takes part in the case from now on; raises as for a handover."""
        on = await self.casework.held(work, case_id)
        facts = await self._facts(work, on)
        everybody = tuple(person for person, roles in facts.roles.items() if roles & _SHARED)
        share = await self._write(work, on, replace(told, persons=everybody), facts)
        await store.join(work, on.id, told.agencies[0], on.case.region)
        return share.id

    async def release(self, work: Work, case_id: UUID, agency: str, reason: str, expected: int) -> None:
        """An agency takes part no more, and the shares by which it did end.

        Raises NotFound where it takes no part, Malformed for a reason that is none, StaleVersion.
        """
        on = await self.casework.held(work, case_id)
        party = f"{agency}@{on.case.region}"
        if party not in on.case.taking_part:
            raise NotFound
        self._reason(reason)
        if on.case.version != expected:
            raise StaleVersion
        await self._let_go(work, on, agency, ShareState.ENDED, reason)

    async def end(self, work: Work, share_id: UUID, reason: str, expected: int) -> None:
        """A share ends before its time; if an agency takes part by it, it takes part no more.

        Raises NotFound, Malformed, StaleVersion, TransitionRefused for one that has ended.
        """
        on, kept = await self._held(work, share_id)
        self._reason(reason)
        if kept.version != expected:
            raise StaleVersion
        await self._end(work, on, kept, ShareState.ENDED, reason)

    async def expire(self, work: Work, share_id: UUID) -> None:
        """A share's last day is over."""
        on, kept = await self._held(work, share_id)
        if kept.state is ShareState.IN_FORCE:
            await self._end(work, on, kept, ShareState.EXPIRED, None)

    async def listed(
        self, work: Work, case_id: UUID, state: ShareState | None, place: Place | None, most: int
    ) -> tuple[OnCase, Page[KeptShare], list[Decision]]:
        """The receipts of a case that the caller may read, the last first."""
        on = await self.casework.seen(work, case_id)
        grants = [grant.match for grant in work.permit.grants if grant.effect == "allow"]
        agencies = sorted({match[_AGENCIES] for match in grants if _AGENCIES in match})
        regions = sorted({match[_REGION] for match in grants if _REGION in match})
        last = None if place is None else place.id
        rows = await store.listed(work, on.id, on.key, (agencies, regions), state, last, most + 1)
        page = page_of(rows, most, lambda row: Place(local_date(row.share.shared_at), row.share.id))
        return on, page, [_read(work, on, each) for each in page.items]

    async def one(self, work: Work, share_id: UUID) -> tuple[KeptShare, Decision]:
        """One receipt; NotFound unless the caller is a party, or answers for the region."""
        on = await self.casework.seen(work, await store.case_of(work, share_id))
        kept = await store.one(work, share_id, on.key)
        if kept is None:
            raise NotFound
        return kept, _read(work, on, kept)

    async def _held(self, work: Work, share_id: UUID) -> tuple[OnCase, KeptShare]:
        on = await self.casework.held(work, await store.case_of(work, share_id))
        kept = await store.one(work, share_id, on.key)
        if kept is None:
            raise NotFound
        _read(work, on, kept)
        return on, kept

    async def _facts(self, work: Work, on: OnCase) -> rules.Facts:
        return rules.Facts(
            roles=await store.roles(work, on.id),
            standings=standing_rules.standings(await consent.of_case(work, on.id)),
            taking_part=on.case.agencies,
        )

    async def _write(self, work: Work, on: OnCase, told: ToldShare, facts: rules.Facts) -> Share:
        today = local_date(work.now)
        rules.check(told, facts, on=today, bases=self.catalog.bases, agencies=self.catalog.agencies_on(today))
        share = _made(work, on, told)
        await store.add(work, on.key, share, told.why)
        begun = lifecycle.begun(self.catalog.lifecycles[MACHINE], share.id, "share")
        await self.casework.step(work, on, begun, _CLASSES)
        return share

    async def _disclose(self, work: Work, on: OnCase, share: Share) -> None:
        """To the Data Tracker: each person of whom data leave the network."""
        if share.outside is None:
            return
        opener = Opener(self.casework.ring)
        parts = [opener.part(each) for each in await dossiers.in_case(work, on.id)]
        subjects = {part.person_id: self.discloser.whom(part) for part in parts}
        receiver = Receiver(share.outside.code, share.outside.system)
        made = [
            self.discloser.made(
                work, Act.SHARE, subjects[person], receiver, on.id, f"{MACHINE}/{share.id}/{person}"
            )
            for person in share.persons
        ]
        await disclosures.record(work, made)
        work.audit("disclose", [share.id, on.id, *share.persons], _CLASSES, on.decision, client=receiver.code)

    def _reason(self, reason: str) -> None:
        if reason not in self.catalog.bases.endings:
            raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])

    async def _end(
        self, work: Work, on: OnCase, kept: KeptShare, state: ShareState, reason: str | None
    ) -> None:
        if kept.share.kind is ShareKind.TAKING_PART and kept.state is ShareState.IN_FORCE:
            [party] = kept.share.recipients
            await self._let_go(work, on, party.partition("@")[0], state, reason)
        else:
            await self._step(work, on, kept, state, reason)

    async def _let_go(
        self, work: Work, on: OnCase, agency: str, state: ShareState, reason: str | None
    ) -> None:
        for kept in await store.of_agency(work, on.id, on.key, f"{agency}@{on.case.region}"):
            await self._step(work, on, kept, state, reason)
        await store.leave(work, on.id, agency)
        work.audit("update", [on.id], {"basic"}, on.decision)

    async def _step(
        self, work: Work, on: OnCase, kept: KeptShare, state: ShareState, reason: str | None
    ) -> None:
        action = "end" if state is ShareState.ENDED else "expire"
        step = lifecycle.step(self.catalog.lifecycles[MACHINE], kept.share.id, kept.state, action, reason)
        await store.end(work, kept.share.id, state, reason)
        await self.casework.step(work, on, step)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Ends the shares whose last day is over; our own worker does, and any number may run."""

    database: Database
    policy: Policy
    sharing: Sharing

    async def round(self, most: int = 50) -> int:
        """Ends up to ``most``, each in a transaction of its own; how many were due."""
        permit = self.policy.permit(Caller.system(WORKER, "cases"), "expire_shares", "case-work")
        async with self.database.work(permit, str(uuid4())) as work:
            due = await store.expired(work, local_date(work.now), most)
        for share in due:
            async with self.database.work(permit, str(uuid4())) as work:
                await self.sharing.expire(work, share)
        return len(due)


def _made(work: Work, on: OnCase, told: ToldShare) -> Share:
    region = on.case.region
    own = [grant.match[_AGENCIES] for grant in work.permit.grants if _AGENCIES in grant.match]
    return Share(
        id=store.fresh_id(),
        case=on.id,
        kind=told.kind,
        basis=told.basis,
        purpose=told.purpose,
        sharer=next((party for party in own if party in on.case.taking_part), None),
        recipients=tuple(f"{agency}@{region}" for agency in told.agencies),
        outside=told.outside,
        persons=told.persons,
        classes=told.classes,
        content_digest=told.content_digest,
        shared_at=work.now,
        shared_by=work.permit.caller.subject,
        expires_on=told.expires_on,
    )


def _read(work: Work, on: OnCase, kept: KeptShare) -> Decision:
    """Who reads a receipt: the parties of the share, and who answers for the region."""
    return work.permit.on(replace(on.case.reach, agencies=kept.share.parties).resource())
