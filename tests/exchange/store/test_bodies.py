from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.exchange.model.outbox import Rendered
from services.exchange.store.bodies import Bodies
from services.kit.clock import FixedClock
from services.kit.sealed import KeyRing, SealBroken

MESSAGE = Rendered("soap", "POST", "/", "text/xml", "Põlva".encode())
BODIES = Bodies(KeyRing("k", {"k": bytes(32)}), FixedClock(datetime(2017, 5, 4, tzinfo=UTC)))


def test_what_is_sealed_opens_as_it_was() -> None:
    row = uuid4()
    kept = BODIES.seal(row, MESSAGE)
    assert "Põlva".encode() not in kept.sealed.body
    assert BODIES.open(row, kept) == MESSAGE


def test_each_message_has_a_key_of_its_own() -> None:
    assert BODIES.seal(uuid4(), MESSAGE).sealed.key_id != BODIES.seal(uuid4(), MESSAGE).sealed.key_id


def test_a_body_belongs_to_its_row() -> None:
    kept = BODIES.seal(uuid4(), MESSAGE)
    with pytest.raises(SealBroken):
        BODIES.open(uuid4(), kept)


def test_a_changed_digest_is_noticed() -> None:
    row = uuid4()
    kept = BODIES.seal(row, MESSAGE)
    with pytest.raises(SealBroken):
        BODIES.open(row, replace(kept, sealed=replace(kept.sealed, digest=bytes(32))))
