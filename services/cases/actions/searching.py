"""Looking for people and referrals: exactly what the caller may read, and nothing of what they may not.

The blind index is asked first, then everything that the caller may read of those whom it names is opened and
compared in plain words. So a name that is known from another case finds nobody, however well it fits; and the
statements are the same whether there is somebody or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.catalog import Catalog
from services.cases.model.dossiers import Reach
from services.cases.model.ids import CaseId, PersonId
from services.cases.model.matching import Spelling
from services.cases.model.records import Entry
from services.cases.model.searches import Asked, Evidence, Hit, How, Matched, Sought, Who
from services.cases.model.states import public_status
from services.cases.rules import searches as rules
from services.cases.store import records
from services.cases.store import searches as store
from services.cases.store.opening import Opener
from services.kit import personal_code
from services.kit.db import Work
from services.kit.paging import Page, Place, page_of
from services.kit.policy import Decision, Permit, Policy
from services.kit.problem import FieldError, Forbidden, Malformed, NotFound, TooMany
from services.kit.sealed import BlindIndex, KeyRing

IDENTITY: Final = "identity"
NAME: Final = "name"
CODE: Final = "personal-code"
BIRTH: Final = "birth-date"
ESTIMATED: Final = "estimated"
NOBODY: Final = Who(None, None, None)


@dataclass(frozen=True, slots=True)
class Searched:
    """A page of hits, each with the decision that shows it; what the audit log is told was asked."""

    page: Page[Hit]
    decisions: Sequence[Decision]
    objects: Sequence[str | UUID]


@dataclass(slots=True)
class _Known:
    """What the caller may read of one person: what speaks for them, and where they are."""

    evidence: list[Evidence] = field(default_factory=list)
    hits: list[tuple[Hit, Decision]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Searching:
    """Looks within the caller's transaction."""

    catalog: Catalog
    policy: Policy
    ring: KeyRing
    index: BlindIndex

    async def search(self, work: Work, asked: Asked, after: Place | None, most: int) -> Searched:
        """Who fits, where the caller may read of them, the latest first.

        Raises TooMany when the caller has looked as often as one may, and Malformed for a question that is
        none, or that too many people fit.
        """
        sought = rules.sought(asked, self.catalog.searches, self.catalog.matching.spelling)
        known = await self._known(work, sought)
        # last, as the next search of the same member waits from here to the commit
        if (seconds := rules.wait(await store.spend(work), self.catalog.searches)) is not None:
            raise TooMany(headers={"Retry-After": str(seconds)})
        hits = [hit for one in known.values() for hit in _fitting(sought, one)]
        hits.sort(key=lambda one: (one[0].day, one[0].id), reverse=True)
        rest = [one for one in hits if after is None or (one[0].day, one[0].id) < (after.day, after.id)]
        page = page_of(rest[: most + 1], most, lambda one: Place(one[0].day, one[0].id))
        shown = [hit for hit, _ in page.items]
        return Searched(
            Page(shown, page.next),
            [decision for _, decision in page.items],
            [*_asked(sought), *_ids(shown)],
        )

    async def _known(self, work: Work, sought: Sought) -> Mapping[PersonId, _Known]:
        """Whom the index names, with all that the caller may read of them."""
        limit = self.catalog.searches.most_people
        roots = await store.people(work, sought, self.index, limit + 1)
        if len(set(roots.values())) > limit:
            broad = FieldError("", "too-broad", "many people fit: tell the birth date as well")
            raise Malformed(errors=[broad])
        known: dict[PersonId, _Known] = {}
        names = await self._entries(work, roots, known)
        opener = Opener(self.ring)
        for part in await store.parts(work, list(roots), sought.reference):
            if (decision := _allowed(work.permit, part.kept.reach)) is not None:
                person = roots.get(part.kept.person, part.kept.person)
                self._take_part(known.setdefault(person, _Known()), opener, part, decision)
        for one in await store.added(work, list(roots)):
            if (decision := _allowed(work.permit, one.reach)) is not None:
                who = names.get((one.case, one.person), NOBODY)
                known.setdefault(roots[one.person], _Known()).hits.append((_added(one, who), decision))
        return known

    async def _entries(
        self, work: Work, roots: Mapping[PersonId, PersonId], known: dict[PersonId, _Known]
    ) -> Mapping[tuple[CaseId, PersonId], Who]:
        """What was recorded of people and may be read as an entry; by case and person, who they are there."""
        permit = self._reading_entries(work)
        categories = self.catalog.listed.categories
        names: dict[tuple[CaseId, PersonId], Who] = {}
        for entry, reach in await records.of_people(work, self.ring, list(roots), [NAME, CODE, BIRTH]):
            decision = None if permit is None else _allowed(permit, reach)
            if decision is None or categories[entry.category].field_class not in decision.fields:
                continue
            known.setdefault(roots[entry.person], _Known()).evidence.append(self._evidence(entry))
            place = entry.case, entry.person
            names[place] = _together(names.get(place, NOBODY), entry)
        return names

    def _reading_entries(self, work: Work) -> Permit | None:
        """The right to read entries is one of its own: broken glass does not give it."""
        try:
            return self.policy.permit(work.permit.caller, "list_entries", work.permit.purpose)
        except Forbidden:
            return None

    def _take_part(self, known: _Known, opener: Opener, found: store.FoundPart, decision: Decision) -> None:
        part = opener.part(found.kept)
        who = Who(part.identity.given_name, part.identity.family_name, part.identity.birth_date)
        if IDENTITY in decision.fields:
            told = rules.evidence(who.given_name, who.family_name, who.birth_date, self._spelling)
            known.evidence.append(
                Evidence(part.identity.personal_code, told.names, told.single, told.birth, is_entry=False)
            )
        hit = Hit(
            id=part.id,
            day=found.referred_on,
            person=part.person_id,
            role=part.role,
            region=found.kept.reach.region,
            referral=part.referral_id,
            reference=found.reference,
            status=public_status(found.state),
            case=part.case_id,
            who=who,
            matched=(),
        )
        known.hits.append((hit, decision))

    def _evidence(self, entry: Entry) -> Evidence:
        value = entry.told.value
        birth = value.get("birthDate")
        if (code := value.get("personalCode")) is not None:
            return Evidence(str(code), birth=personal_code.parse(str(code)).birth_date, is_entry=True)
        if isinstance(birth, date):
            certain = entry.told.confidence != ESTIMATED
            return Evidence(birth=birth if certain else None, is_entry=True)
        given, family = _text(value.get("givenName")), _text(value.get("familyName"))
        told = rules.evidence(given, family, None, self._spelling)
        return Evidence(names=told.names, single=told.single, is_entry=True)

    @property
    def _spelling(self) -> Spelling:
        return self.catalog.matching.spelling


def _fitting(sought: Sought, known: _Known) -> list[tuple[Hit, Decision]]:
    """All parts of somebody who fits; by a reference, the parts in its referral alone."""
    if sought.reference is not None:
        matched: Sequence[Matched] | None = [Matched("reference", How.SAME)]
    else:
        matched = rules.fit(sought, known.evidence)
    return [] if matched is None else [(_with(hit, matched), decision) for hit, decision in known.hits]


def _with(hit: Hit, matched: Sequence[Matched]) -> Hit:
    return Hit(
        hit.id, hit.day, hit.person, hit.role, hit.region, hit.referral, hit.reference, hit.status, hit.case,
        hit.who, matched,
    )  # fmt: skip


def _added(one: store.FoundAdded, who: Who) -> Hit:
    return Hit(
        one.id, one.opened_on, one.person, one.role, one.reach.region, None, None, None, one.case, who, ()
    )


def _together(who: Who, entry: Entry) -> Who:
    """The latest entries tell who somebody is."""
    value = entry.told.value
    birth = value.get("birthDate")
    if (code := value.get("personalCode")) is not None:
        birth = personal_code.parse(str(code)).birth_date
    return Who(
        _text(value.get("givenName")) or who.given_name,
        _text(value.get("familyName")) or who.family_name,
        birth if isinstance(birth, date) else who.birth_date,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _allowed(permit: Permit, reach: Reach) -> Decision | None:
    try:
        return permit.on(reach.resource())
    except NotFound:
        return None


def _asked(sought: Sought) -> Sequence[str]:
    """What was asked, of which the audit log keeps a keyed handle: the same question has the same handle."""
    told = [
        ("personal-code", sought.code),
        ("reference", sought.reference),
        ("names", " ".join(sorted(sought.names | sought.single)) or None),
        ("birth-date", None if sought.birth is None else sought.birth.isoformat()),
    ]
    return [f"asked/{kind}/{value}" for kind, value in told if value is not None]


def _ids(shown: Sequence[Hit]) -> Sequence[UUID]:
    """Everything that the page shows, each once."""
    found = (id_ for hit in shown for id_ in (hit.person, hit.referral, hit.case) if id_ is not None)
    return list(dict.fromkeys(found))
