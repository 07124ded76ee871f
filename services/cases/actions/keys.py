"""Rotation: every data key is wrapped anew under the active key-encryption key."""

from typing import Final
from uuid import uuid4

from services.cases.store import keys
from services.kit.db import Database
from services.kit.policy import Caller, Policy
from services.kit.sealed import KeyRing

_BATCH: Final = 500


async def rewrap_all(database: Database, policy: Policy, ring: KeyRing) -> int:
    """Re-wraps what is not under the active key, batch by batch, while everything runs; how many keys.

    What is sealed is not touched. Afterwards no data key needs an older key-encryption key.
    """
    permit = policy.permit(Caller.system("service:cases", "cases"), "rotate_keys", "operations")
    total = 0
    while True:
        async with database.work(permit, str(uuid4())) as work:
            done = await keys.rewrap(work, ring, _BATCH)
            if done:
                work.audit("update", done, {"technical"})
        total += len(done)
        if len(done) < _BATCH:
            return total
