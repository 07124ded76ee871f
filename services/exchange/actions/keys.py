"""Rotation: the key of every stored message is wrapped anew under the active key-encryption key."""

from typing import Final

from services.exchange.store import keys
from services.kit.db import Database
from services.kit.ids import new_id
from services.kit.policy import Caller, Policy
from services.kit.sealed import KeyRing

_BATCH: Final = 500


async def rewrap_all(database: Database, policy: Policy, ring: KeyRing) -> int:
    """Re-wraps what is not under the active key, batch by batch, while everything runs; how many keys.

    What is sealed is not touched. Afterwards no message needs an older key-encryption key.
    """
    permit = policy.permit(Caller.system("service:exchange", "exchange"), "rotate_keys", "operations")
    total = 0
    for table in keys.TABLES:
        after = keys.FIRST
        while after is not None:
            async with database.work(permit, str(new_id())) as work:
                after, changed = await keys.rewrap(work, ring, table, after, _BATCH)
                if changed:
                    work.audit("update", changed, {"technical"})
            total += len(changed)
    return total
