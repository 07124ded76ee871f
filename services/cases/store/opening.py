"""Sealed values of referrals and people's parts, opened: the other direction of ``contents``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.cases.model.codes import Answer, Band, Consent
from services.cases.model.dossiers import (
    Contact,
    Dossier,
    EarlierVersion,
    Explained,
    Identity,
    Item,
    Narrative,
    Part,
    Range,
)
from services.cases.model.ids import KeyId
from services.cases.model.referral import Referrer
from services.cases.model.repeats import ShownFinding
from services.cases.model.states import Score
from services.cases.store import callouts, contents, repeats
from services.cases.store.dossiers import KeptContent, KeptPart, KeptReferral, KeptVersion, Lock
from services.kit.calendar import parse_date
from services.kit.sealed import DataKey, KeyRing


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what one answer needs; each key is unwrapped once. Raises kit.sealed.SealBroken."""

    ring: KeyRing
    _keys: dict[KeyId, DataKey] = field(default_factory=dict, init=False, repr=False)

    def dossier(self, kept: KeptReferral, findings: Sequence[ShownFinding] = ()) -> Dossier:
        """A referral whole, with what was found of repeats."""
        return Dossier(
            referral=kept.referral,
            sender=kept.sender,
            sender_reference=kept.sender_reference,
            sender_version=kept.sender_version,
            corrected_at=kept.corrected_at,
            occurred_at=kept.occurred_at,
            changed_at=kept.changed_at,
            persons=[self.part(each) for each in kept.parts],
            assessment=self._explained(kept),
            narrative=self._narrative(kept),
            call_outs=callouts.opened(kept.call_outs, self._key(kept.lock)),
            repeats=repeats.shown_of(kept.repeats, findings),
        )

    def earlier(self, kept: KeptVersion, version: int) -> EarlierVersion:
        """What a referral said until it was corrected."""
        return EarlierVersion(
            referral=kept.referral,
            version=version,
            replaced_at=kept.replaced_at,
            occurred_at=kept.occurred_at,
            persons=[self.part(each) for each in kept.parts],
            assessment=self._explained(kept),
            narrative=self._narrative(kept),
        )

    def part(self, kept: KeptPart) -> Part:
        """Somebody's part, with identity and contact."""
        place = contents.participation_place(kept.id, kept.version)
        told = contents.opened(self._key(kept.lock), kept.sealed, place)
        return Part(
            id=kept.id,
            person_id=kept.person,
            referral_id=kept.referral,
            case_id=kept.case,
            role=kept.role,
            relation_to_victim=kept.relation,
            sex=kept.sex,
            age_band=kept.age_band,
            municipality=kept.municipality,
            identity=Identity(
                told["personalCode"], parse_date(told["birthDate"]), told["givenName"], told["familyName"]
            ),
            contact=Contact(told["address"], told["phone"], told["safeContact"], told["language"]),
        )

    def _narrative(self, kept: KeptContent) -> Narrative:
        key, row = self._key(kept.lock), kept.referral.id
        told = contents.opened(key, kept.sealed, contents.referral_place(row, kept.content_version))
        note = None if kept.note is None else contents.opened(key, kept.note, contents.note_place(row))
        return Narrative(
            description=told["description"],
            judgement_reason=told["judgementReason"],
            consent=Consent(told["consent"]),
            victim_informed=told["victimInformed"],
            victim_wishes=told["victimWishes"],
            referrer=Referrer(told["referrer"]["name"], told["referrer"]["unit"]),
            screening_note=None if note is None else note["note"],
        )

    def _explained(self, kept: KeptContent) -> Explained | None:
        score = kept.referral.result
        if score is None or kept.assessment is None or kept.result is None:
            return None
        place = contents.result_place(kept.assessment)
        told = contents.opened(self._key(kept.lock), kept.result, place)
        return explained_of(score, told)

    def _key(self, lock: Lock) -> DataKey:
        if lock.key not in self._keys:
            self._keys[lock.key] = self.ring.unwrap(lock.key, lock.wrapped)
        return self._keys[lock.key]


def explained_of(score: Score, told: dict[str, Any]) -> Explained:
    """A score with what the scorer said of it."""
    return Explained(score, _range(told["range"]), tuple(told["unanswered"]), _items(told["items"]))


def _range(told: dict[str, Any]) -> Range:
    return Range(told["lowest"], told["highest"], Band(told["lowestBand"]), Band(told["highestBand"]))


def _items(told: list[dict[str, Any]]) -> tuple[Item, ...]:
    return tuple(
        Item(each["key"], each["number"], Answer(each["answer"]), each["contribution"]) for each in told
    )
