"""The logs of a service as evidence: its checkpoints and proofs under ``/log``, and whether it may start.

Who holds a receipt (a leaf) asks for the proof that it is in the log; who holds an old checkpoint, that the
log has only grown since; the auditor takes the log out in parts, which put together are a bundle
(``kit.bundle``) for ``turvavork verify``. A service that includes the router has a :class:`LogBook` on
``app.state.logbook`` and rules for the operations, named like the functions here, in its policy table.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path as Folder
from typing import Annotated, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.kit import bundle, logtree
from services.kit.checkpoint import VerifierKey
from services.kit.db import Database, Work, unit_of_work
from services.kit.disclose import disclose, disclose_document
from services.kit.logtree import Head, LogTree
from services.kit.openapi import problems
from services.kit.problem import FieldError, Malformed, NotFound
from services.kit.strictroute import ServiceRouter
from services.kit.witness import FileWitness, OwnLog, Watch

MEDIA_TYPE: Final = "application/jsonl"
MOST_ENTRIES: Final = 5_000
_MOST: Final = 2**53
_SHOWN: Final = ("technical",)
_HASH: Final = r"^[0-9a-f]{64}$"

Hash = Annotated[str, Field(pattern=_HASH, examples=["5e" * 32])]
Size = Annotated[
    int | None,
    Query(ge=1, le=_MOST, description="Of the tree; without it, that of the newest checkpoint."),
]
LogName = Annotated[
    str,
    Path(
        pattern=r"^[a-z]+(-[a-z]+)*$",
        max_length=40,
        description="`audit`; in exchange also `message-log`.",
        examples=["audit"],
    ),
]
router = ServiceRouter(tags=["log"])


class Bundle(Response):
    """JSON Lines."""

    media_type = MEDIA_TYPE


class LogBook:
    """The logs of one service that have a tree; on ``app.state.logbook``.

    Args:
        service: the service's name.
        private: its key for logs.
        logs: the logs, named like their tables.
    """

    def __init__(self, service: str, private: Ed25519PrivateKey, logs: Sequence[str] = ("audit",)) -> None:
        self.logs = logs
        self._service, self._private = service, private

    def trees(self) -> Sequence[LogTree]:
        """What the sequencer grows."""
        return [LogTree(self._service, self._private, log) for log in self.logs]

    def key(self, log: str, epoch: str) -> VerifierKey:
        """The public key of a log, under the name with which it signs in an epoch."""
        return VerifierKey.of(logtree.origin(self._service, log, epoch), self._private)

    def watches(self, database: Database, folder: Folder | None) -> Sequence[Watch]:
        """What brings the checkpoints to the witness that is a folder, where there is one."""
        sources = [OwnLog(database, log) for log in self.logs]
        return [] if folder is None else [Watch(FileWitness(folder), sources)]

    async def open(self, database: Database, *steps: Callable[[], Awaitable[object]]) -> None:
        """Opens the database, and raises UnfitCheckpointError unless each log fits its last checkpoint.

        ``steps``: as of `Database.open`, after that.
        """
        await database.open(partial(self._check, database), *steps)

    async def _check(self, database: Database) -> None:
        for log in self.logs:
            await logtree.check(database.look, self._service, self._private, log)


class View(BaseModel):
    """Hashes are hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, alias_generator=to_camel)


class CheckpointView(View):
    """What the service signed of its log, last."""

    origin: str = Field(
        description="The log: service, name, epoch.", examples=["turvavork/x/audit/3f1c9a7be210"]
    )
    key: str = Field(description="Its public key. Who verifies has it from elsewhere, and compares.")
    size: int = Field(ge=0, examples=[1024])
    root: Hash
    note: str = Field(description="The signed note (C2SP tlog-checkpoint) over these.")


class InclusionView(View):
    """That an entry is in the log (RFC 9162 § 2.1.3)."""

    index: int = Field(ge=0, examples=[41])
    size: int = Field(ge=1, examples=[1024])
    leaf: Hash
    path: list[Hash]
    note: str | None = Field(description="The checkpoint of this size, where there is one.")


class ConsistencyView(View):
    """That the tree of the newer size begins with that of the older (RFC 9162 § 2.1.4)."""

    old: int = Field(ge=1, examples=[1000])
    new: int = Field(ge=1, examples=[1024])
    path: list[Hash]
    note: str | None = Field(description="The checkpoint of the newer size, where there is one.")


@router.get(
    "/log/{log}/checkpoint",
    summary="Read the newest checkpoint of a log",
    response_model=CheckpointView,
    responses=problems(NotFound),
)
async def get_log_checkpoint(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_log_checkpoint"), scope="function")],
    log: LogName,
) -> Response:
    """Signed within a second of every change; whoever keeps a copy is a witness."""
    book, table = _book(request, log)
    head = await _head(work, table)
    key = book.key(table, head.epoch)
    view = CheckpointView(origin=key.name, key=str(key), size=head.size, root=head.root.hex(), note=head.note)
    return disclose(work, view, decisions=work.permit.on({}), objects=[table])


@router.get(
    "/log/{log}/inclusion",
    summary="Prove that an entry is in a log",
    response_model=InclusionView,
    responses=problems(NotFound),
)
async def get_inclusion_proof(  # noqa: PLR0913, PLR0917 - what a proof can be asked by
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_inclusion_proof"), scope="function")],
    log: LogName,
    leaf: Annotated[
        str | None, Query(pattern=_HASH, description="A receipt; by this, or by the index.")
    ] = None,
    index: Annotated[int | None, Query(ge=0, le=_MOST, description="Where the entry stands.")] = None,
    size: Size = None,
) -> Response:
    """The entry is told by its leaf, which its sender got as a receipt, or by its index."""
    if (leaf is None) == (index is None):
        raise Malformed(errors=[FieldError("query", "one-of", "ask by leaf or by index")])
    _, table = _book(request, log)
    view = await inclusion(work, table, leaf=leaf, index=index, size=size)
    return disclose(work, view, decisions=work.permit.on({}), objects=[view.leaf])


@router.get(
    "/log/{log}/consistency",
    summary="Prove that a log has only grown",
    response_model=ConsistencyView,
    responses=problems(NotFound),
)
async def get_consistency_proof(
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("get_consistency_proof"), scope="function")],
    log: LogName,
    old: Annotated[int, Query(ge=1, le=_MOST, description="Size of the older tree.")],
    new: Size = None,
) -> Response:
    """From a size that the caller knows a checkpoint of to a newer one."""
    _, table = _book(request, log)
    view = await _consistency(work, table, old, new)
    return disclose(work, view, decisions=work.permit.on({}), objects=[table])


@router.get(
    "/log/{log}/entries",
    summary="Take out a log",
    response_class=Bundle,
    response_description="A part of a bundle: put together in their order, the parts are the whole",
    responses=problems(NotFound),
)
async def export_log(  # noqa: PLR0913, PLR0917 - what an export can be asked
    request: Request,
    work: Annotated[Work, Depends(unit_of_work("export_log"), scope="function")],
    log: LogName,
    first: Annotated[int, Query(ge=0, le=_MOST, description="Where this part begins.")] = 0,
    size: Size = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES, description="Entries at the most.")] = 1_000,
) -> Response:
    """Entries with their records, as JSON Lines; the `Link` header names the next part."""
    book, table = _book(request, log)
    head = await _head(work, table)
    whole = head.size if size is None else _within(head, size)  # of a log without entries the header alone
    end = min(first + limit, whole)
    lines = await _lines(work, book.key(table, head.epoch), table, first, end)
    following = request.url.include_query_params(first=end, size=whole, limit=limit)
    return disclose_document(
        work,
        b"".join(lines),
        MEDIA_TYPE,
        fields=_SHOWN,
        decisions=work.permit.on({}),
        objects=[table],
        headers={"Link": f'<{following.path}?{following.query}>; rel="next"'} if end < whole else {},
    )


async def inclusion(
    work: Work, log: str, *, leaf: str | None = None, index: int | None = None, size: int | None = None
) -> InclusionView:
    """The proof for an entry, by its leaf or its index; NotFound when the tree of that size has none."""
    head = await _head(work, log)
    whole = _within(head, size)
    if leaf is not None:
        index = await logtree.index_of(work.fetch, bytes.fromhex(leaf), log)
    if index is None or index >= whole:
        raise NotFound
    path = await logtree.inclusion_proof(work.fetch, index, whole, log)
    hash_ = leaf or (await logtree.leaf_at(work.fetch, index, log)).hex()
    note = await logtree.note_of(work.fetch, whole, log)
    return InclusionView(index=index, size=whole, leaf=hash_, path=_hex(path), note=note)


async def _consistency(work: Work, log: str, old: int, new: int | None) -> ConsistencyView:
    whole = _within(await _head(work, log), new)
    if old > whole:
        raise NotFound
    path = await logtree.consistency_proof(work.fetch, old, whole, log)
    note = await logtree.note_of(work.fetch, whole, log)
    return ConsistencyView(old=old, new=whole, path=_hex(path), note=note)


async def _lines(work: Work, key: VerifierKey, log: str, first: int, end: int) -> list[bytes]:
    """Of a bundle: the header where it begins, entries, the newest checkpoint behind one of them."""
    signed = await logtree.newest_head(work.fetch, log, after=first, most=end)
    lines = [] if first else [bundle.header_line(key.name)]
    for entry in await logtree.entries(work.fetch, first, end, log):
        lines.append(bundle.entry_line(entry))
        if signed is not None and entry.position + 1 == signed.size:
            lines.append(bundle.checkpoint_line(signed.note.encode()))
    return lines


async def _head(work: Work, log: str) -> Head:
    head = await logtree.newest_head(work.fetch, log)
    if head is None:
        raise NotFound
    return head


def _within(head: Head, size: int | None) -> int:
    """A tree that a checkpoint covers: what is not signed yet is not proven."""
    whole = head.size if size is None else size
    if not 0 < whole <= head.size:
        raise NotFound
    return whole


def _hex(path: Sequence[bytes]) -> list[str]:
    return [each.hex() for each in path]


def _book(request: Request, log: str) -> tuple[LogBook, str]:
    """The service's logs, and the table of the one that is asked for; NotFound when there is none."""
    book: LogBook = request.app.state.logbook
    table = log.replace("-", "_")
    if table not in book.logs:
        raise NotFound
    return book, table
