from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.cases.actions.keys import rewrap_all
from services.cases.store import contents
from services.kit import keys
from services.kit.sealed import KeyRing, SealBroken, unseal

Build = Callable[..., Any]


async def test_rotation_leaves_no_key_under_the_old_one(
    world: Any, a_referral: Build, key_folder: Path
) -> None:
    for _ in range(3):
        await world.take(a_referral())
    both = KeyRing("kek-2", {"kek-1": _plain(key_folder), "kek-2": b"2" * 32})
    assert await rewrap_all(world.database, world.policy, both) == 3
    assert await rewrap_all(world.database, world.policy, both) == 0
    new_alone = KeyRing("kek-2", {"kek-2": b"2" * 32})
    for row in await world.rows(
        "select p.id, p.sealed, p.key_id, k.wrapped from participation p join data_key k on k.id = p.key_id"
    ):
        key = new_alone.unwrap(row["key_id"], row["wrapped"])
        assert unseal(key, row["sealed"], contents.participation_place(row["id"], 1))
        with pytest.raises(SealBroken):
            world.ring.unwrap(row["key_id"], row["wrapped"])


async def test_rotation_leaves_a_row_in_the_audit_log(
    world: Any, a_referral: Build, key_folder: Path
) -> None:
    await world.take(a_referral())
    both = KeyRing("kek-2", {"kek-1": _plain(key_folder), "kek-2": b"2" * 32})
    await rewrap_all(world.database, world.policy, both)
    (row,) = await world.rows("select actor, rule_id from audit where operation = 'rotate_keys'")
    assert tuple(row) == ("service:cases", "keys-rotate")


async def test_referrals_come_in_while_keys_rotate(world: Any, a_referral: Build, key_folder: Path) -> None:
    await world.take(a_referral())
    both = KeyRing("kek-2", {"kek-1": _plain(key_folder), "kek-2": b"2" * 32})
    await rewrap_all(world.database, world.policy, both)
    rotated = replace(world, ring=both)
    await rotated.take(a_referral())
    keks = await world.rows("select distinct kek from data_key")
    assert [row["kek"] for row in keks] == ["kek-2"]


def _plain(key_folder: Path) -> bytes:
    return keys.load_kek(key_folder, "cases")[1]["kek-1"]
