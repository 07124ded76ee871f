"""Notices about children: what the municipality of residence is told, and what a person may still change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.actions.disclosures import Discloser
from services.cases.actions.screening import resource
from services.cases.catalog import Catalog
from services.cases.model.children import ChildNotice, Noted
from services.cases.model.codes import ChildNoticeState, EventType
from services.cases.model.dossiers import Dossier, Part
from services.cases.model.ids import ParticipationId
from services.cases.model.problems import ChildNoticeSettled, ChildNoticeStopped, MunicipalityUnknown
from services.cases.model.states import state_name
from services.cases.rules import events as told
from services.cases.store import children, contents, disclosures, dossiers, events, keys, referrals
from services.cases.store.opening import Opener
from services.kit.calendar import format_instant
from services.kit.db import Work
from services.kit.policy import Decision
from services.kit.problem import FieldError, Malformed, NotFound
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
        event = await events.by_id(work, event_id)
        if event is None or event.type is not EventType.CHILD_NOTICE:
            raise NotFound
        kept = await dossiers.referral(work, UUID(str(event.data["referralId"])))
        if kept is None:
            raise NotFound
        decision = work.permit.on(kept.referral.reach.resource())
        announced = await children.of_referral(work, kept.referral.id, kept.referral.case)
        notice = next((one for one in announced if one.number == number), None)
        if notice is None:
            raise NotFound
        if notice.municipality is None and notice.state is not ChildNoticeState.STOPPED:
            raise MunicipalityUnknown
        if notice.municipality is None or not await children.leave(work, number, notice.version):
            raise ChildNoticeStopped
        opener = Opener(self.ring)
        dossier = opener.dossier(kept)
        told_of = await dossiers.part(work, number)
        if told_of is None:
            raise NotFound
        part = opener.part(told_of)
        source = f"{KIND}/{notice.number}/{notice.version}"
        disclosed = self.discloser.of_part(work, part, kept.referral.case, source)
        await disclosures.record(work, [disclosed])
        every = _facts(dossier, part, notice)
        shown = {name: value for name, value in every.items() if name in self.catalog.child_notice.fields}
        return Telling(shown, notice.municipality, decision, [kept.referral.id, part.person_id])

    async def of_referral(self, work: Work, referral: UUID) -> Listed:
        """The notices of a referral; NotFound when it is not the caller's to see."""
        kept = await dossiers.referral(work, referral)
        if kept is None:
            raise NotFound
        decision = work.permit.on(kept.referral.reach.resource())
        found = await children.of_referral(work, kept.referral.id, kept.referral.case)
        key = self.ring.unwrap(kept.lock.key, kept.lock.wrapped)
        items = [
            Noted(one, None if one.note is None else contents.opened(key, one.note, _place(one))["note"])
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
        work.audit("update", [stored.head.id, number], {"basic", "narrative"}, decision)

    async def locate(self, work: Work, referral: UUID, number: UUID, municipality: str) -> None:
        """A person says where a child lives of whom that was not known: its notice is due again.

        Raises NotFound; ChildNoticeSettled when it was known, or when the notice was stopped.
        """
        stored, notice, decision = await self._found(work, referral, number)
        due = notice.state is ChildNoticeState.DUE
        if not due or not await children.locate(work, number, municipality):
            raise ChildNoticeSettled
        head = stored.head
        state = state_name(stored.state)
        news = told.child_notice(head, state, [ParticipationId(number)], notice.version)
        await events.append(work, head.case, [(EventType.CHILD_NOTICE, news)])
        work.audit("update", [head.id, number], {"contact"}, decision)

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


def _facts(dossier: Dossier, part: Part, notice: ChildNotice) -> Mapping[str, object]:
    return {
        "kind": KIND,
        "number": notice.number,
        "version": notice.version,
        "reference": dossier.referral.reference,
        "municipality": notice.municipality,
        "role": part.role,
        "referredOn": dossier.referral.referred_on,
        "occurredAt": format_instant(dossier.occurred_at),
        "personalCode": part.identity.personal_code,
        "birthDate": part.identity.birth_date,
        "givenName": part.identity.given_name,
        "familyName": part.identity.family_name,
        "sex": part.sex,
        "address": part.contact.address,
    }
