"""The composition of networks: coordinators keep who sits in theirs; regions and agencies are published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.networks import Agency, Contact, NetworkMember, Seat, Sitting
from services.cases.model.problems import NetworkMemberExists
from services.cases.model.published import Region
from services.cases.rules import networks as rules
from services.cases.store import networks
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision
from services.kit.problem import NotFound, StaleVersion
from services.kit.sealed import KeyRing

_CLASSES = frozenset({"basic", "contact"})


@dataclass(frozen=True, slots=True)
class NetworkKeeper:
    """Reads and keeps networks, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing

    def regions(self, on: date | None) -> Sequence[Region]:
        """The networks at work on a day; None: all that there were and will be."""
        return [one for one in self.catalog.regions.values() if on is None or one.at_work(on)]

    def agencies(self, on: date | None) -> Sequence[Agency]:
        """The kinds of agencies of a day; None: all."""
        return list((self.catalog.agencies if on is None else self.catalog.agencies_on(on)).values())

    def region(self, code: str) -> Region:
        """The network of that code, at work or not; NotFound."""
        found = self.catalog.regions.get(code)
        if found is None:
            raise NotFound
        return found

    async def members(
        self, work: Work, region: str, on: date | None, after: Place | None, most: int
    ) -> tuple[Decision, Page[NetworkMember]]:
        """Who sits in a network on a day (None: ever); NotFound for one that the caller may not see."""
        decision = work.permit.on({"region": self.region(region).code})
        rows = await networks.page(work, self.ring, region, on, after, most + 1)
        return decision, page_of(rows, most, lambda row: Place(row.sitting.valid_from, row.id))

    async def member(self, work: Work, member_id: UUID) -> tuple[Decision, NetworkMember]:
        """One of them; NotFound as for :meth:`members`."""
        return _allowed(work, await networks.one(work, self.ring, member_id))

    async def add(self, work: Work, region: str, sitting: Sitting) -> UUID:
        """Seats an agency; Malformed, NotFound, NetworkMemberExists."""
        decision = work.permit.on({"region": self.region(region).code})
        rules.check_sitting(sitting, self.region(region), self.catalog.agencies)
        made = await networks.add(work, self.ring, region, sitting)
        if made is None:
            raise NetworkMemberExists
        work.audit("create", [made], _CLASSES, decision)
        return made

    async def change(self, work: Work, member_id: UUID, seat: Seat, contact: Contact, version: int) -> None:
        """Another seat or contact; NotFound, StaleVersion."""
        decision, member = await self._held(work, member_id, version)
        await networks.change(work, self.ring, member, seat, contact)
        work.audit("update", [member.id], _CLASSES, decision)

    async def end(self, work: Work, member_id: UUID, last: date, reason: str, version: int) -> None:
        """The agency leaves, with a reason; Malformed, NotFound, StaleVersion."""
        decision, member = await self._held(work, member_id, version)
        rules.check_end(member, last, reason, self.catalog.networks.leave_reasons)
        await networks.end(work, member.id, last, reason)
        work.audit("update", [member.id], ["basic"], decision)

    async def _held(self, work: Work, member_id: UUID, version: int) -> tuple[Decision, NetworkMember]:
        decision, member = _allowed(work, await networks.locked(work, self.ring, member_id))
        if member.version != version:
            raise StaleVersion
        return decision, member


def _allowed(work: Work, member: NetworkMember | None) -> tuple[Decision, NetworkMember]:
    if member is None:
        raise NotFound
    return work.permit.on({"region": member.region}), member
