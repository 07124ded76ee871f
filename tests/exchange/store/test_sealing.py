from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.exchange.model.inbox import Due, Raw
from services.exchange.store.sealing import Sealed, Sealer
from services.kit.clock import FixedClock
from services.kit.ids import new_id
from services.kit.sealed import KeyRing, SealBroken

RAW = Raw("soap", b"<a>\nb</a>", b"d" * 32, {"contentType": "text/xml", "userId": "EE1\n2"})


@pytest.fixture
def sealer(keys_folder: Path) -> Sealer:
    return Sealer(
        KeyRing.from_file(keys_folder / "exchange.kek.json"), FixedClock(datetime(2017, 1, 1, tzinfo=UTC))
    )


def due(row_id: UUID, sealed: Sealed) -> Due:
    return Due(
        id=row_id,
        client="c",
        sender_reference="s",
        sender_version=1,
        reference="r",
        fence=1,
        attempts=1,
        key_id=sealed.key_id,
        key_wrapped=sealed.key_wrapped,
        referral_sealed=sealed.referral,
    )


def test_the_message_comes_back_byte_for_byte(sealer: Sealer) -> None:
    row_id = new_id()
    sealed = sealer.seal(row_id, RAW, b"{}")
    transport, body = sealer.message(row_id, sealed.key_id, sealed.key_wrapped, sealed.message)
    assert body == RAW.body
    assert transport == b'{"contentType":"text/xml","userId":"EE1\\n2"}'
    assert sealer.referral(due(row_id, sealed)) == b"{}"


def test_a_value_in_another_row_or_column_does_not_open(sealer: Sealer) -> None:
    row_id, sealed = new_id(), sealer.seal(new_id(), RAW, b"{}")
    with pytest.raises(SealBroken):
        sealer.referral(due(row_id, sealed))
    with pytest.raises(SealBroken):
        sealer.message(row_id, sealed.key_id, sealed.key_wrapped, sealed.referral)


def test_nothing_of_it_can_be_read(sealer: Sealer) -> None:
    sealed = sealer.seal(new_id(), RAW, b'{"name":"Mari"}')
    assert b"Mari" not in sealed.referral
    assert b"<a>" not in sealed.message
    assert "Mari" not in repr(sealed)
