"""``Idempotency-Key``: a write that is sent again is not done again (per caller and operation, 7 days).

What is kept is not the answer but how to read it again: its status and the id of what was made or changed, in
the transaction of the change. So no personal value is stored a second time, an erasure has one place less to
look, and a replay is decided by today's policy and leaves its own row in the audit log. It shows the thing as
it is now, with the status of the first time::

    @router.post("/notes", status_code=201)
    async def write_note(note: NoteIn, work: Writing, once: Annotated[Once, Depends(idempotency_key)]):
        earlier = await once.earlier(work)
        note_id = UUID(earlier.reference) if earlier else await actions.write_note(work, note)
        if earlier is None:
            await once.remember(work, 201, note_id)
        return disclose(work, await actions.read_note(work, note_id), ..., status=201)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, ClassVar, Final
from uuid import UUID

from fastapi import Header, Request
from sqlalchemy import text

from services.kit.db import Work
from services.kit.problem import FieldError, Kind, Malformed, Problem

KEPT: Final = timedelta(days=7)
HEADER: Final = "Idempotency-Key"


class IdempotencyKeyReused(Problem):
    """The same key with another request: the caller has mixed something up, so nothing is done."""

    slug = "idempotency-key-reused"
    kind = Kind.MALFORMED
    titles: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "et": "Sama idempotentsusvõti on saadetud teise päringuga",
            "ru": "Этот ключ идемпотентности уже использован в другом запросе",
            "en": "The idempotency key was used with another request",
        }
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the first request: its status, and the id under which the answer can be read."""

    status: int
    reference: str


@dataclass(frozen=True, slots=True)
class Once:
    """One request's key (None: the caller sent none, nothing is remembered) and digest."""

    key: str | None
    digest: bytes

    async def earlier(self, work: Work) -> Outcome | None:
        """What this key did before, or None: then do it and :meth:`remember`.

        Waits while another request with the key is under way (503 after the lock timeout); of two at the same
        time the second thus sees what the first did. Raises IdempotencyKeyReused (422).
        """
        if self.key is None:
            return None
        names = self._names(work)
        await work.conn.execute(_LOCK, names)
        found = (await work.conn.execute(_FIND, names | {"since": work.now - KEPT})).one_or_none()
        if found is None:
            return None
        if bytes(found.digest) != self.digest:
            raise IdempotencyKeyReused
        return Outcome(found.status, found.reference)

    async def remember(self, work: Work, status: int, reference: str | UUID) -> None:
        """Keeps the outcome, in the transaction of the change; after :meth:`earlier` said None.

        A few rows that are older than 7 days go with each call, so that nobody else has to clean up.
        """
        if self.key is not None:
            outcome = {"status": status, "reference": str(reference), "digest": self.digest}
            times = {"now": work.now, "since": work.now - KEPT}
            await work.conn.execute(_REMEMBER, self._names(work) | outcome | times)

    def _names(self, work: Work) -> dict[str, object]:
        permit = work.permit
        return {"caller": permit.caller.subject, "operation": permit.operation, "key": self.key}


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            min_length=1,
            max_length=128,
            pattern=r"^[\x21-\x7e]+$",
            description="A key of the caller's making, 1 to 128 visible ASCII characters; the same request "
            "with the same key is done once within 7 days.",
        ),
    ] = None,
) -> Once:
    """Dependency: the key of a write. Its digest covers method, path, query, If-Match and body."""
    if len(request.headers.getlist(HEADER)) > 1:
        raise Malformed(errors=[FieldError(f"header:{HEADER}", "too-many", "the header is there twice")])
    parts = (
        request.method.encode(),
        request.scope["path"].encode(),
        request.scope["query_string"],
        request.headers.get("if-match", "").encode(),
        await request.body(),
    )
    framed = b"".join(len(part).to_bytes(8) + part for part in parts)
    return Once(key, hashlib.sha256(framed).digest())


_LOCK: Final = text("""
    select pg_advisory_xact_lock(hashtextextended(
        cast(:caller as text) || chr(10) || cast(:operation as text) || chr(10) || cast(:key as text), 0))
""")
_FIND: Final = text("""
    select status, reference, digest from idempotency
    where caller = :caller and operation = :operation and key = :key and recorded_at > :since
""")
_REMEMBER: Final = text("""
    with forgotten as (
        delete from idempotency where ctid in (
            select ctid from idempotency
            where recorded_at <= :since and (caller, operation, key) <> (:caller, :operation, :key)
            limit 20 for update skip locked
        )
    )
    insert into idempotency (caller, operation, key, digest, status, reference, recorded_at)
    values (:caller, :operation, :key, :digest, :status, :reference, :now)
    on conflict (caller, operation, key) do update
    set digest = excluded.digest, status = excluded.status, reference = excluded.reference,
        recorded_at = excluded.recorded_at
""")
