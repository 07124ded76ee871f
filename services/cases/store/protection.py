"""Protected values of the cases of which something leaves, whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.cases.model.protection import Protection, Secret
from services.cases.store import contents
from services.cases.store.records import entry_place
from services.kit.db import Work
from services.kit.sealed import DataKey, KeyRing

_KEPT = """
    select key_id, wrapped, region, agencies, marked, id, version, sealed from kept_from_others($1, $2, $3)
    order by key_id, id, version
"""


@dataclass(frozen=True, slots=True, repr=False)
class Guarded:
    """A case or referral whose key was opened: who may see it, and what of it is kept from others."""

    region: str
    agencies: frozenset[str]
    secrets: Sequence[Secret]


async def of_what_leaves(
    work: Work, ring: KeyRing, shown: Sequence[UUID], rules: Protection
) -> Sequence[Guarded]:
    """Those of the keys that were opened, and of the cases and referrals that are shown; by one statement.

    Earlier versions count, since a mended address is still near the right one.
    """
    roles = [role.value for role in rules.roles]
    keys: dict[UUID, DataKey] = dict(work.opened)
    found: dict[UUID, Guarded] = {}
    secrets: dict[UUID, list[Secret]] = {}
    for row in await work.fetch(_KEPT, list(work.opened), list(shown), roles):
        key, mine = row["key_id"], secrets.setdefault(row["key_id"], [])
        if key not in keys:
            keys[key] = ring.unwrap(key, row["wrapped"])
        found.setdefault(key, Guarded(row["region"], frozenset(row["agencies"]), mine))
        place = entry_place if row["marked"] else contents.participation_place
        told = contents.opened(keys[key], row["sealed"], place(row["id"], row["version"]))
        mine += (
            Secret(kind, value, row["marked"])
            for name, kind in rules.fields.items()
            if isinstance(value := told.get(name), str) and value
        )
    return list(found.values())
