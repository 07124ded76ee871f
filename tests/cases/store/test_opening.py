"""Sealed values come back as they were told, each from its own place alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.cases.model.codes import Consent, Role
from services.cases.model.dossiers import Contact, Identity
from services.cases.model.referral import Referrer
from services.cases.store import dossiers
from services.cases.store.opening import Opener
from services.kit.sealed import KeyRing, SealBroken

Build = Callable[..., Any]


class CountingRing(KeyRing):
    """Counts how often a key is unwrapped."""

    def __init__(self, inner: KeyRing) -> None:
        self.inner, self.unwrapped = inner, 0

    def unwrap(self, key_id: Any, wrapped: bytes) -> Any:
        self.unwrapped += 1
        return self.inner.unwrap(key_id, wrapped)


@pytest.fixture
async def kept(world: Any, a_referral: Build) -> Any:
    """A referral, as it is kept."""
    taken = await world.take(a_referral())
    async with world.work(world.permit_of("coordinator", "get_referral", region="polva")) as work:
        return await dossiers.referral(work, taken.id)


async def test_what_was_told_comes_back(world: Any, kept: Any, a_person: Build) -> None:
    dossier = Opener(world.ring).dossier(kept)
    told = a_person()
    victim = dossier.persons[0]
    assert victim.identity == Identity(told.personal_code, told.birth_date, told.given_name, told.family_name)
    assert victim.contact == Contact(told.address, told.phone, told.safe_contact, told.language)
    assert (victim.role, victim.relation_to_victim, victim.municipality) == (Role.VICTIM, None, "0698")
    narrative = dossier.narrative
    assert (narrative.description, narrative.consent) == ("Lõi ja ähvardas.", Consent.GIVEN)
    assert narrative.referrer == Referrer("Kalle Kask", "Lõuna prefektuur")
    assert narrative.screening_note is None
    assert dossier.assessment is not None
    assert (dossier.assessment.result.value, dossier.assessment.range.highest) == (15, 24)


async def test_an_answer_unwraps_its_key_once(world: Any, kept: Any) -> None:
    ring = CountingRing(world.ring)
    Opener(ring).dossier(kept)
    assert len(kept.parts) == 3
    assert ring.unwrapped == 1


@pytest.mark.parametrize("swap", ["sealed", "version", "id"])
async def test_a_part_that_was_moved_does_not_open(world: Any, kept: Any, swap: str) -> None:
    victim, child, _ = kept.parts
    moved = {"sealed": child.sealed, "version": victim.version + 1, "id": child.id}[swap]
    with pytest.raises(SealBroken):
        Opener(world.ring).part(replace(victim, **{swap: moved}))


@pytest.mark.parametrize("field", ["sealed", "result", "content_version", "note"])
async def test_a_referral_that_was_changed_does_not_open(world: Any, kept: Any, field: str) -> None:
    changed = {
        "sealed": kept.result,
        "result": kept.sealed,
        "content_version": 2,
        "note": kept.sealed,
    }[field]
    with pytest.raises(SealBroken):
        Opener(world.ring).dossier(replace(kept, **{field: changed}))


async def test_another_referrals_key_does_not_open_it(world: Any, kept: Any, a_referral: Build) -> None:
    other = await world.take(a_referral())
    async with world.work(world.permit_of("coordinator", "get_referral", region="polva")) as work:
        foreign = await dossiers.referral(work, other.id)
    with pytest.raises(SealBroken):
        Opener(world.ring).dossier(replace(kept, lock=foreign.lock))
