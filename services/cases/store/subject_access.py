"""Requests for access, and the rows that are about who asks."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from services.cases.model.codes import Role
from services.cases.model.subject_access import AccessDecision, AccessRequest
from services.cases.store import contents, dossiers
from services.cases.store.dossiers import KEPT_PART, PART, KeptPart
from services.kit.db import Work
from services.kit.driver import Row
from services.kit.paging import Place
from services.kit.sealed import Aad, DataKey, KeyRing

_REQUEST: Final = """
    select q.id, q.region, q.key_id, q.person_sealed, q.received_on, q.recorded_by, q.recorded_at, q.state,
        q.withheld, q.ground, q.reason_sealed, q.restricted_on, q.restricted_until, q.decided_by,
        q.decided_at, q.exported_at, q.version, k.wrapped
    from access_request q join data_key k on k.id = q.key_id and k.wrapped is not null
"""
_ONE: Final = f"{_REQUEST} where q.id = $1"
_LOCKED: Final = f"{_ONE} for update of q"
_PAGE: Final = f"""
    {_REQUEST} where q.region = any ($1) and ($2::text is null or q.state = $2)
    and ($3::date is null or q.restricted_until <= $3)
    and ($4::date is null or (q.recorded_on, q.id) < ($4, $5::uuid))
    order by q.recorded_on desc, q.id desc limit $6
"""
_RECORD: Final = """
    insert into access_request
        (id, region, key_id, person_sealed, received_on, recorded_on, recorded_by, recorded_at, state)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_DECIDE: Final = """
    update access_request set state = $2, withheld = $3, ground = $4, reason_sealed = $5,
        restricted_on = case when $4::text is null then restricted_on else coalesce(restricted_on, $6) end,
        restricted_until = $7, decided_by = $8, decided_at = $9, version = version + 1 where id = $1
"""
_EXPORTED: Final = """
    update access_request set state = $2, exported_by = $3, exported_at = $4, version = version + 1
    where id = $1
"""
_REACHED: Final = f"""
    select {PART}, r.region, r.state, {dossiers.AGENCIES.format(case="r.case_id")}
    from {KEPT_PART} join referral r on r.id = p.referral_id
"""  # noqa: S608 - constants
_WHO: Final = """
    select s.id from person_index i, lateral (select same_people(i.person_id) as id) as s
    where i.kind in ('personal-code', 'code-told') and i.value = $1
"""
_PARTS: Final = f"""
    {_REACHED} where p.person_id in ({_WHO}) and p.replaced_in is null
    order by r.referred_on, p.id
"""
_OTHERS: Final = f"""
    {_REACHED} where p.referral_id = any ($1) and p.role = any ($2) and p.person_id <> all ($3)
    and p.replaced_in is null
"""


def person_place(row: UUID) -> Aad:
    """Who asks."""
    return Aad("access_request", "person_sealed", row, contents.ONCE)


def reason_place(row: UUID, version: int) -> Aad:
    """Why it is withheld; the version is that of the decision."""
    return Aad("access_request", "reason_sealed", row, version)


async def one(work: Work, ring: KeyRing, request: UUID) -> AccessRequest | None:
    """One request; row-level security has its say."""
    rows = await work.fetch(_ONE, request)
    return _request(rows[0], ring) if rows else None


async def locked(work: Work, ring: KeyRing, request: UUID) -> tuple[AccessRequest, DataKey] | None:
    """The same with its key, and nobody else decides about it until this transaction ends."""
    rows = await work.fetch(_LOCKED, request)
    return (_request(rows[0], ring), ring.unwrap(rows[0]["key_id"], rows[0]["wrapped"])) if rows else None


async def page(  # noqa: PLR0913, PLR0917 - what a list can be asked
    work: Work,
    ring: KeyRing,
    regions: Sequence[str],
    state: str | None,
    review_by: date | None,
    before: Place | None,
    most: int,
) -> Sequence[AccessRequest]:
    """Requests from a place on, the newest first."""
    day, last = (None, None) if before is None else (before.day, before.id)
    rows = await work.fetch(_PAGE, list(regions), state, review_by, day, last, most)
    return [_request(row, ring) for row in rows]


async def record(work: Work, made: AccessRequest, recorded_on: date, key: DataKey) -> None:
    """Somebody has asked."""
    sealed = contents.sealed(key, {"personalCode": made.personal_code}, person_place(made.id))
    await work.fetch(
        _RECORD,
        made.id,
        made.region,
        key.id,
        sealed,
        made.received_on,
        recorded_on,
        made.recorded_by,
        made.recorded_at,
        made.state,
    )


async def decide(  # noqa: PLR0913, PLR0917 - the facts of one decision
    work: Work, request: AccessRequest, key: DataKey, state: str, told: AccessDecision, today: date
) -> None:
    """Granted, or restricted, by whom."""
    place = reason_place(request.id, request.version + 1)
    reason = None if told.reason is None else contents.sealed(key, {"reason": told.reason}, place)
    await work.fetch(
        _DECIDE,
        request.id,
        state,
        list(told.withheld),
        told.ground,
        reason,
        today,
        told.until,
        work.permit.caller.subject,
        work.now,
    )


async def exported(work: Work, request: UUID, state: str) -> None:
    """It has left, once."""
    await work.fetch(_EXPORTED, request, state, work.permit.caller.subject, work.now)


async def parts_of(work: Work, code: bytes) -> Sequence[KeptPart]:
    """The parts of whoever has a personal code, by its blind index, in what the caller may see."""
    return [dossiers.part_of(row, dossiers.reach_of(row)) for row in await work.fetch(_PARTS, code)]


async def others_in(work: Work, parts: Sequence[KeptPart], roles: Sequence[Role]) -> Sequence[KeptPart]:
    """The parts of others in the same referrals, in these roles."""
    referrals = list({part.referral for part in parts})
    own = list({part.person for part in parts})
    rows = await work.fetch(_OTHERS, referrals, [role.value for role in roles], own)
    return [dossiers.part_of(row, dossiers.reach_of(row)) for row in rows]


def _request(row: Row, ring: KeyRing) -> AccessRequest:
    key = ring.unwrap(row["key_id"], row["wrapped"])
    reason = None
    if row["reason_sealed"] is not None:
        # an export does not decide: the reason is bound to the version that the decision made
        version = row["version"] - (1 if row["state"] == "exported" else 0)
        reason = contents.opened(key, row["reason_sealed"], reason_place(row["id"], version))["reason"]
    return AccessRequest(
        id=row["id"],
        region=row["region"],
        personal_code=contents.opened(key, row["person_sealed"], person_place(row["id"]))["personalCode"],
        received_on=row["received_on"],
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        state=row["state"],
        withheld=tuple(row["withheld"]),
        ground=row["ground"],
        reason=reason,
        restricted_on=row["restricted_on"],
        restricted_until=row["restricted_until"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        exported_at=row["exported_at"],
        version=row["version"],
    )
