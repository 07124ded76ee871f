"""Rotation: afterwards a message opens with the new key-encryption key alone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.exchange.actions.keys import rewrap_all
from services.exchange.store.sealing import Sealer
from services.kit import keys
from services.kit.clock import SystemClock
from services.kit.sealed import KeyRing, SealBroken


@pytest.fixture
def rotated(keys_folder: Path, tmp_path: Path) -> KeyRing:
    """The ring after a new key-encryption key was made active."""
    for path in keys_folder.iterdir():
        shutil.copy(path, tmp_path)
    keys.rotate_kek(tmp_path, "exchange")
    return KeyRing.from_file(tmp_path / "exchange.kek.json")


async def test_every_message_is_wrapped_under_the_new_key_and_still_opens(
    exchange: Any, golden: Callable[[str], bytes], rotated: KeyRing
) -> None:
    await exchange.soap(golden("submitReferral.request.xml"))
    database, policy = exchange.app.state.database, exchange.app.state.policy
    assert await rewrap_all(database, policy, rotated) == 1
    [row] = await exchange.rows("select id, key_id, key_wrapped, message_sealed from inbox")
    sealer = Sealer(rotated, SystemClock())
    _, body = sealer.message(
        UUID(str(row["id"])), UUID(str(row["key_id"])), row["key_wrapped"], row["message_sealed"]
    )
    assert b"submitReferral" in body
    assert rotated.is_active(row["key_wrapped"])
    assert await rewrap_all(database, policy, rotated) == 0
    audited = await exchange.rows("select count(*) as n from audit where operation = 'rotate_keys'")
    assert audited[0]["n"] == 1


async def test_the_old_ring_cannot_open_what_was_wrapped_anew(
    exchange: Any, golden: Callable[[str], bytes], rotated: KeyRing, keys_folder: Path
) -> None:
    await exchange.soap(golden("submitReferral.request.xml"))
    await rewrap_all(exchange.app.state.database, exchange.app.state.policy, rotated)
    [row] = await exchange.rows("select key_id, key_wrapped from inbox")
    with pytest.raises((SealBroken, KeyError)):
        KeyRing.from_file(keys_folder / "exchange.kek.json").unwrap(row["key_id"], row["key_wrapped"])
