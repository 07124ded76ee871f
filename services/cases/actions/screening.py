"""A person decides about a referral."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.duties import Duties
from services.cases.actions.joining import give_receipts
from services.cases.catalog import Catalog
from services.cases.model.codes import Decision as Choice
from services.cases.model.codes import Role
from services.cases.model.duties import About, Thing, Waits
from services.cases.model.states import (
    Accept,
    Accepted,
    Action,
    Decline,
    Declined,
    Redirect,
    Redirected,
    Screening,
    state_name,
)
from services.cases.rules import casetypes
from services.cases.rules import events as told
from services.cases.rules import screening as rules
from services.cases.rules.duties import COORDINATOR, SCREENING
from services.cases.rules.transitions import allowed, step
from services.cases.store import cases, contents, events, keys, referrals
from services.cases.store.referrals import Stored
from services.kit.calendar import local_date
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, StaleVersion
from services.kit.sealed import KeyRing, Pseudonyms

_CLASSES = frozenset({"basic", "narrative"})


@dataclass(frozen=True, slots=True)
class Screener:
    """Screens referrals within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing
    pseudonyms: Pseudonyms

    async def screen(self, work: Work, referral: UUID, screening: Screening, expected: int) -> Stored:
        """Writes the decision, the case if there is one, and the event; the referral as it stands then.

        Raises Malformed when the screening does not say what it must, NotFound for a referral that the caller
        may not screen, StaleVersion when ``expected`` is not its version, TransitionRefused when its state
        does not allow the decision.
        """
        agencies = self.catalog.agencies_on(local_date(work.now))
        to = {"region": self.catalog.regions_on(local_date(work.now)), "service": self.catalog.services}
        types = self.catalog.case_types.by_code
        rules.check(screening, reasons=self.catalog.reasons, agencies=agencies, to=to, types=types)
        stored = await referrals.locked(work, referral)
        if stored is None:
            raise NotFound
        decision = work.permit.on(await resource(work, stored))
        if stored.version != expected:
            raise StaleVersion
        if screening.to == stored.head.region:
            raise Malformed(errors=[FieldError("/to", "same-region", "the referral is there already")])
        action = _action(work, stored, screening)
        transition = allowed(stored.state, action, self.catalog.transitions)
        state = step(stored.state, action, self.catalog.transitions)
        note = await self._note(work, stored, screening)
        await referrals.move(work, stored, state, stored.score_state, note, screening.to)
        await Duties(self.catalog.clocks).settle(work, stored.head.id, SCREENING)
        if isinstance(state, Accepted):
            await self._open(work, stored, screening)
        if transition.event is not None and isinstance(state, Accepted | Declined | Redirected):
            news = await self._news(work, stored, state)
            await events.append(work, stored.head.case, [(transition.event, news)])
        self._audit(work, stored, decision)
        after = await referrals.locked(work, referral)
        if after is None:
            raise NotFound
        return after

    async def _note(self, work: Work, stored: Stored, screening: Screening) -> bytes | None:
        if screening.note is None:
            return None
        key = await keys.load_one(work, self.ring, stored.key)
        return contents.sealed(key, contents.note(screening.note), contents.note_place(stored.head.id))

    async def _open(self, work: Work, stored: Stored, screening: Screening) -> None:
        head, today = stored.head, local_date(work.now)
        kind = self.catalog.case_types.by_code[screening.case_type or self.catalog.case_types.default]
        youngest = {band.band: band.start for band in self.catalog.ages.bands}
        parts = await cases.participants(work, head.id)
        casetypes.check(kind, parts, youngest)
        await cases.open_case(
            work,
            head.case,
            head.id,
            region=head.region,
            key=stored.key,
            opened_on=today,
            agencies=screening.agencies,
            case_type=kind.code,
        )
        about = About(Thing.CASE, head.case, head.region, case=head.case)
        for clock in kind.due:
            await Duties(self.catalog.clocks).open(work, clock, about, Waits(COORDINATOR), today)
        people = [each.person for each in parts if each.role is not Role.OTHER]
        await give_receipts(work, self.catalog, head.case, head.region, people, screening.agencies)

    async def _news(
        self, work: Work, stored: Stored, state: Accepted | Declined | Redirected
    ) -> Mapping[str, object]:
        if not isinstance(state, Accepted):
            return told.refused(stored.head, state_name(state), state.reason)
        return told.accepted(
            stored.head,
            decided_on=local_date(state.decided_at),
            band=stored.band,
            participants=await cases.participants(work, stored.head.id),
            pseudonym=self.pseudonyms.of,
        )

    def _audit(self, work: Work, stored: Stored, decision: Decision) -> None:
        work.audit("update", [stored.head.id, stored.head.case], _CLASSES, decision)


async def resource(work: Work, stored: Stored) -> Mapping[str, object]:
    """What the policy asks about a referral."""
    head = stored.head
    reach = await cases.reach(work, head.case, head.region, state_name(stored.state).value)
    return {**reach.resource(), "sender": head.sender}


def _action(work: Work, stored: Stored, screening: Screening) -> Action:
    who = work.permit.caller.subject
    match screening.decision, screening.reason:
        case Choice.DECLINE, str(reason):
            return Decline(reason, work.now, who)
        case Choice.REDIRECT, str(reason):
            return Redirect(reason, work.now, who)
        case _:
            return Accept(stored.head.case, work.now, who)
