"""Notices about children: what the municipality of residence is told, and what a person may still change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.disclosures import Discloser
from services.cases.actions.duties import Duties
from services.cases.actions.screening import resource
from services.cases.catalog import Catalog
from services.cases.model.children import ChildNotice, Noted, NoticeDecision
from services.cases.model.codes import ChildNoticeState, EventType
from services.cases.model.disclosures import Disclosure
from services.cases.model.dossiers import Part
from services.cases.model.duties import About, Outcome, Thing, Waits
from services.cases.model.ids import ParticipationId
from services.cases.model.problems import ChildNoticeSettled, ChildNoticeStopped, MunicipalityUnknown
from services.cases.model.states import state_name
from services.cases.rules import events as told
from services.cases.rules.children import CHILD_DECISION, decision_errors, decision_term
from services.cases.rules.duties import CHILD_RESIDENCE, COORDINATOR, follows
from services.cases.store import children, contents, disclosures, dossiers, events, keys, referrals
from services.cases.store.opening import Opener
from services.kit.calendar import format_instant, local_date
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound, Problem
from services.kit.sealed import Aad, KeyRing

KIND = "submitChildNotice"


@dataclass(frozen=True, slots=True, repr=False)
class Telling:
    """The listed fields of a notice, the decision that lets it out, and the ids of what it shows."""

    fields: Mapping[str, object]
    municipality: str
    decision: Decision
    objects: Sequence[UUID]


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """The notices of a referral."""

    items: Sequence[Noted]
    decision: Decision
    objects: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class ChildProtection:
    """Tells of children, within the caller's transaction."""

    catalog: Catalog
    ring: KeyRing
    discloser: Discloser

    async def tell(self, work: Work, event_id: UUID, number: UUID) -> Telling:
        """What is told of a child upon an event that announced it; from now on it has left.

        Raises NotFound for what no event announced or what is erased, ChildNoticeStopped when a person has
        stopped it, MunicipalityUnknown while nobody knows to whom it should go.
        """
        (told,) = await self.tell_all(work, [(event_id, number)])
        if isinstance(told, Problem):
            raise told
        return told

    async def tell_all(self, work: Work, asked: Sequence[tuple[UUID, UUID]]) -> Sequence[Telling | Problem]:
        """The same of several, by event and number, each for itself: what is refused has not left."""
        found = [_due(work, one) for one in await children.announced_by(work, asked)]
        due = [one for one in found if isinstance(one, _Due)]
        left = await children.leave(work, [one.notice for one in due])
        opener = Opener(self.ring)
        told = [self._telling(opener, one, left) for one in found]
        gone = [one for one in told if isinstance(one, _Gone)]
        await self._wait(work, gone)
        await disclosures.record(work, [self._disclosed(work, one) for one in gone])
        return [one.telling if isinstance(one, _Gone) else one for one in told]

    def _telling(
        self, opener: Opener, due: "_Due | Problem", left: Collection[tuple[UUID, int]]
    ) -> "_Gone | Problem":
        if isinstance(due, Problem):
            return due
        told = due.announced
        if (told.notice.number, told.notice.version) not in left:
            return ChildNoticeStopped()
        part = opener.part(told.part)
        every = _facts(told, part, due.municipality)
        shown = {name: value for name, value in every.items() if name in self.catalog.child_notice.fields}
        telling = Telling(shown, due.municipality, due.decision, [part.referral_id, part.person_id])
        return _Gone(told, part, telling)

    def _disclosed(self, work: Work, gone: "_Gone") -> Disclosure:
        notice = gone.announced.notice
        source = f"{KIND}/{notice.number}/{notice.version}"
        return self.discloser.of_part(work, gone.part, gone.announced.case, source)

    async def of_referral(self, work: Work, referral: UUID) -> Listed:
        """The notices of a referral; NotFound when it is not the caller's to see."""
        kept = await dossiers.referral(work, referral)
        if kept is None:
            raise NotFound
        decision = work.permit.on(kept.referral.reach.resource())
        found = await children.of_referral(work, kept.referral.id, kept.referral.case)
        key = self.ring.unwrap(kept.lock.key, kept.lock.wrapped)
        items = [
            Noted(
                one,
                None if one.note is None else contents.opened(key, one.note, _place(one))["note"],
                decision_term(self.catalog.clocks, one),
            )
            for one in found
        ]
        return Listed(items, decision, [kept.referral.id, *(one.number for one in found)])

    async def stop(self, work: Work, referral: UUID, number: UUID, reason: str, note: str | None) -> None:
        """A person stops a notice, and says why.

        Raises NotFound, Malformed for a reason that is not published or that lacks its note,
        ChildNoticeSettled when it has left or was stopped.
        """
        stored, notice, decision = await self._found(work, referral, number)
        if reason not in self.catalog.child_notice.stop_reasons:
            raise Malformed(errors=[FieldError("/reason", "unknown", "there is no such reason")])
        sealed = None
        if note is not None:
            key = await keys.load_one(work, self.ring, stored.key)
            sealed = contents.sealed(key, contents.note(note), _place(notice))
        if not await children.stop(work, number, notice.version, reason, sealed):
            raise ChildNoticeSettled
        await self._settle(work, number, Outcome.DROPPED)
        work.audit("update", [stored.head.id, number], {"basic", "narrative"}, decision)

    async def locate(self, work: Work, referral: UUID, number: UUID, municipality: str) -> None:
        """A person says where a child lives of whom that was not known: its notice is due again.

        Raises NotFound; ChildNoticeSettled when it was known, or when the notice was stopped.
        """
        stored, notice, decision = await self._found(work, referral, number)
        due = notice.state is ChildNoticeState.DUE
        if not due or not await children.locate(work, number, municipality):
            raise ChildNoticeSettled
        await self._settle(work, number, Outcome.DONE)
        head = stored.head
        state = state_name(stored.state)
        news = told.child_notice(head, state, [ParticipationId(number)], notice.version)
        await events.append(work, head.case, [(EventType.CHILD_NOTICE, news)])
        work.audit("update", [head.id, number], {"contact"}, decision)

    async def decide(self, work: Work, referral: UUID, number: UUID, decision: NoticeDecision) -> None:
        """What the municipality decided about a notice that has left, as the network hears of it.

        Told again it is one; told otherwise the later holds. Raises NotFound, Malformed, ChildNoticeSettled
        for a notice that has not left.
        """
        stored, notice, allowed = await self._found(work, referral, number)
        if errors := list(decision_errors(decision, notice, self.catalog.child_notice, local_date(work.now))):
            raise Malformed(errors=errors)
        if notice.state is not ChildNoticeState.LEFT:
            raise ChildNoticeSettled
        if notice.decision == decision:
            return
        await children.decide(work, number, decision)
        duties = Duties(self.catalog.clocks)
        await duties.settle(work, number, CHILD_DECISION, outcome=Outcome.DONE)
        work.audit("update", [stored.head.id, number], {"basic"}, allowed)

    async def _wait(self, work: Work, gone: "Sequence[_Gone]") -> None:
        """From now on the municipality has its days; who coordinates the network asks it for its decision."""
        numbers = [one.announced.notice.number for one in gone]
        decided, today = await children.decided(work, numbers), local_date(work.now)
        new = [
            follows(
                self.catalog.clocks,
                CHILD_DECISION,
                About(
                    Thing.CHILD_NOTICE, number, one.announced.part.reach.region, referral=one.part.referral_id
                ),
                Waits(COORDINATOR),
                happened_on=today,
                recorded_on=today,
            )
            for number, one in zip(numbers, gone, strict=True)
            if number not in decided
        ]
        await Duties(self.catalog.clocks).open_all(work, new)

    async def _settle(self, work: Work, number: UUID, outcome: Outcome) -> None:
        await Duties(self.catalog.clocks).settle(work, number, CHILD_RESIDENCE, outcome=outcome)

    async def _found(
        self, work: Work, referral: UUID, number: UUID
    ) -> tuple[referrals.Stored, ChildNotice, Decision]:
        stored = await referrals.locked(work, referral)
        if stored is None:
            raise NotFound
        decision = work.permit.on(await resource(work, stored))
        found = await children.of_referral(work, stored.head.id, stored.head.case)
        notice = next((one for one in found if one.number == number), None)
        if notice is None:
            raise NotFound
        return stored, notice, decision


def _place(notice: ChildNotice) -> Aad:
    return contents.stop_note_place(notice.number, notice.version)


@dataclass(frozen=True, slots=True, repr=False)
class _Due:
    """A notice that may leave, to a municipality that is known."""

    announced: children.Announced
    municipality: str
    decision: Decision

    @property
    def notice(self) -> ChildNotice:
        return self.announced.notice


@dataclass(frozen=True, slots=True, repr=False)
class _Gone:
    """A notice that has left, with the child's part, opened."""

    announced: children.Announced
    part: Part
    telling: Telling


def _due(work: Work, announced: children.Announced | None) -> _Due | Problem:
    if announced is None:
        return NotFound()
    try:
        decision = work.permit.on(announced.part.reach.resource())
    except NotFound as problem:
        return problem
    notice = announced.notice
    if notice.state is ChildNoticeState.STOPPED:
        return ChildNoticeStopped()
    if notice.municipality is None:
        return MunicipalityUnknown()
    return _Due(announced, notice.municipality, decision)


def _facts(told: children.Announced, part: Part, municipality: str) -> Mapping[str, object]:
    return {
        "kind": KIND,
        "number": told.notice.number,
        "version": told.notice.version,
        "reference": told.reference,
        "municipality": municipality,
        "role": part.role,
        "referredOn": told.referred_on,
        "occurredAt": format_instant(told.occurred_at),
        "personalCode": part.identity.personal_code,
        "birthDate": part.identity.birth_date,
        "givenName": part.identity.given_name,
        "familyName": part.identity.family_name,
        "sex": part.sex,
        "address": part.contact.address,
    }
