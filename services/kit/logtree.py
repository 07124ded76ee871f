"""The tree of a log in its database: perfect nodes and signed checkpoints, in tables that are only added to.

The tree grows after the commit: ``kit.sequencer`` gives positions, then :meth:`LogTree.grow` adds the leaves
that got one. Its tables are made by ``schema.log_tree``. Proofs are read by who may read the log.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import bundle, checkpoint, merkle
from services.kit.checkpoint import Checkpoint, InvalidCheckpointError, VerifierKey
from services.kit.driver import Row
from services.kit.merkle import CompactRange, Node

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

Fetch = Callable[..., Awaitable[Sequence[Row]]]

BATCH: Final = 2_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_EPOCH: Final = "select epoch from log_epoch order by number desc limit 1"


class _Sql:
    """The statements of one log, whose tables bear its name."""

    def __init__(self, log: str) -> None:
        if not _NAME.fullmatch(log):
            raise ValueError("a log is named like its table")
        for name, statement in _STATEMENTS.items():
            setattr(self, name, statement.replace("%LOG%", log))

    size: str
    leaves: str
    nodes: str
    add_nodes: str
    signed: str
    add_checkpoint: str
    last: str
    positions: str
    place: str
    leaf: str
    note: str
    heads: str
    entries: str


_STATEMENTS: Final[Mapping[str, str]] = {
    "size": "select coalesce(max(place) + 1, 0) from %LOG%_node where level = 0",
    "leaves": """
        select p.position, l.leaf from %LOG%_position p join %LOG% l on l.id = p.%LOG%_id
        where p.position >= $1 order by p.position limit $2""",
    "nodes": """
        select n.level, n.place, n.hash from unnest($1::smallint[], $2::bigint[]) as asked (level, place)
        join %LOG%_node n on n.level = asked.level and n.place = asked.place""",
    "add_nodes": "insert into %LOG%_node select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])",
    "signed": "select max(size) from %LOG%_checkpoint where epoch = $1",
    "add_checkpoint": "insert into %LOG%_checkpoint (epoch, size, root, note) values ($1, $2, $3, $4)",
    "last": """
        select c.note, c.epoch, c.size from %LOG%_checkpoint c join log_epoch e on e.epoch = c.epoch
        order by e.number desc, c.size desc limit 1""",
    "positions": "select coalesce(max(position) + 1, 0) as size from %LOG%_position",
    "leaf": "select hash from %LOG%_node where level = 0 and place = $1",
    "note": """
        select note from %LOG%_checkpoint
        where epoch = (select epoch from log_epoch order by number desc limit 1) and size = $1""",
    "heads": """
        select epoch, size, root, note from %LOG%_checkpoint
        where epoch = (select epoch from log_epoch order by number desc limit 1) and size > $1
            and size <= $2
        order by size desc limit 1""",
    "place": "select place from %LOG%_node where level = 0 and hash = $1 order by place limit 1",
    "entries": """
        select p.position, l.leaf, l.salt, l.canonical from %LOG%_position p
        join %LOG% l on l.id = p.%LOG%_id
        where p.position >= $1 and p.position < $2 order by p.position""",
}


class Head(NamedTuple):
    """A signed checkpoint of a log, as it is kept."""

    epoch: str
    size: int
    root: bytes
    note: str


class GapError(Exception):
    """The positions of a log are not dense, or a node of its tree is missing: somebody took it out."""


class UnfitCheckpointError(Exception):
    """The last checkpoint of a log does not fit the log: it was changed, or an older state was restored."""


def origin(service: str, log: str, epoch: str) -> str:
    """The name of a log and of its key: a restore begins another epoch, which is another log."""
    return f"turvavork/{service}/{log.replace('_', '-')}/{epoch}"


class LogTree:
    """Grows the tree of a log of one service, and signs what it has become.

    Args:
        service: the service's name; the origin is ``turvavork/<service>/<log>/<epoch>``.
        private: the service's key for its logs.
        log: the log, named like its table.
    """

    def __init__(self, service: str, private: Ed25519PrivateKey, log: str = "audit") -> None:
        self.log = log
        self._sql = _Sql(log)
        self._service = service
        self._private = private
        self._tree = CompactRange()

    async def grow(self, connection: "Connection") -> int:
        """Adds the leaves that got a position since, and a checkpoint; how many there were, BATCH at most.

        One transaction, one at a time whoever calls. Raises GapError.
        """
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1), 0)", f"tree_{self.log}")
            await self._catch_up(connection)
            rows = await connection.fetch(self._sql.leaves, self._tree.size, BATCH)
            # Made on a copy: when the transaction fails, what is kept here is still what the table has.
            tree = CompactRange(self._tree.size, self._tree.hashes)
            nodes = _append(tree, rows)
            if nodes:
                await connection.execute(self._sql.add_nodes, *zip(*nodes, strict=True))
            await self._sign(connection, tree)
        self._tree = tree
        return len(rows)

    async def _catch_up(self, connection: "Connection") -> None:
        """Another process may have grown it, or this one has just begun."""
        size = int(await connection.fetchval(self._sql.size))
        if size != self._tree.size:
            wanted = merkle.range_nodes(size)
            nodes = await _nodes(connection.fetch, self._sql, wanted)
            self._tree = CompactRange(size, [nodes[node] for node in wanted])

    async def _sign(self, connection: "Connection", tree: CompactRange) -> None:
        epoch = str(await connection.fetchval(_EPOCH))
        if await connection.fetchval(self._sql.signed, epoch) == tree.size:
            return
        head = Checkpoint(origin(self._service, self.log, epoch), tree.size, tree.root())
        note = checkpoint.sign(head, self._private).decode("utf-8")
        await connection.execute(self._sql.add_checkpoint, epoch, head.size, head.root, note)


async def newest_head(fetch: Fetch, log: str = "audit", *, after: int = -1, most: int = 2**62) -> Head | None:
    """The newest checkpoint of this epoch of more than ``after`` entries and ``most`` at the most."""
    rows = await fetch(_Sql(log).heads, after, most)
    return next((Head(each["epoch"], each["size"], bytes(each["root"]), each["note"]) for each in rows), None)


async def note_of(fetch: Fetch, size: int, log: str = "audit") -> str | None:
    """The note of the checkpoint of a size, in this epoch; None where there is none."""
    rows = await fetch(_Sql(log).note, size)
    return str(rows[0]["note"]) if rows else None


async def last_checkpoint(fetch: Fetch, log: str = "audit") -> bytes | None:
    """The note of the newest checkpoint; None before there is one. ``fetch`` is ``Work.fetch``."""
    rows = await fetch(_Sql(log).last)
    return str(rows[0]["note"]).encode("utf-8") if rows else None


async def check(fetch: Fetch, service: str, private: Ed25519PrivateKey, log: str = "audit") -> None:
    """Raises UnfitCheckpointError unless the last checkpoint of this epoch is ours and fits the log.

    Signature, the root over the kept nodes, as many positions. What was rewritten before it, entries
    included, is found by ``kit.verifier``, which reads all of them.
    """
    sql = _Sql(log)
    last = await newest_head(fetch, log)
    if last is None:
        return
    name = origin(service, log, last.epoch)
    try:
        head = checkpoint.verify(last.note.encode("utf-8"), VerifierKey.of(name, private))
        wanted = merkle.range_nodes(head.size)
        nodes = await _nodes(fetch, sql, wanted)
    except (InvalidCheckpointError, GapError) as error:
        raise UnfitCheckpointError(
            f"The last checkpoint of {name} cannot be used: {error}. {_UNFIT}"
        ) from None
    if CompactRange(head.size, [nodes[node] for node in wanted]).root() != head.root:
        raise UnfitCheckpointError(f"The tree of {name} has another root than its last checkpoint. {_UNFIT}")
    positions = await fetch(sql.positions)
    if positions[0]["size"] < head.size:
        raise UnfitCheckpointError(f"{name} has fewer entries than its last checkpoint says. {_UNFIT}")


async def inclusion_proof(fetch: Fetch, index: int, size: int, log: str = "audit") -> Sequence[bytes]:
    """The proof that an entry stands in the tree of a size (RFC 9162 §2.1.3.1).

    ValueError where no such tree can be; GapError where the log has not grown to it.
    """
    return await _proof(fetch, _Sql(log), merkle.inclusion_nodes(index, size))


async def consistency_proof(fetch: Fetch, old: int, new: int, log: str = "audit") -> Sequence[bytes]:
    """The proof that the tree of the newer size begins with that of the older; errors as above."""
    return await _proof(fetch, _Sql(log), merkle.consistency_nodes(old, new))


async def index_of(fetch: Fetch, leaf: bytes, log: str = "audit") -> int | None:
    """Where a leaf stands in the tree; None when it does not, or not yet."""
    rows = await fetch(_Sql(log).place, leaf)
    return int(rows[0]["place"]) if rows else None


async def leaf_at(fetch: Fetch, index: int, log: str = "audit") -> bytes:
    """The leaf at an index; GapError when the tree has not grown to it."""
    rows = await fetch(_Sql(log).leaf, index)
    if not rows:
        raise GapError("the tree does not have the leaf that was asked for")
    return bytes(rows[0]["hash"])


async def entries(fetch: Fetch, first: int, end: int, log: str = "audit") -> Sequence[bundle.Entry]:
    """The entries of a log from a position to before another one; without a record where it was erased."""
    return [_entry(row) for row in await fetch(_Sql(log).entries, first, end)]


_UNFIT: Final = (
    "If a backup was restored, begin a new epoch (`turvavork log begin-epoch`); else keep the database as it "
    "is, and have the log verified against its witness."
)


def _entry(row: Row) -> bundle.Entry:
    record = None
    if row["canonical"] is not None:
        record = bundle.Record(bytes(row["salt"]), bytes(row["canonical"]))
    return bundle.Entry(row["position"], bytes(row["leaf"]), record)


async def _proof(fetch: Fetch, sql: _Sql, groups: Sequence[Sequence[Node]]) -> Sequence[bytes]:
    return merkle.proof(groups, await _nodes(fetch, sql, [node for group in groups for node in group]))


async def _nodes(fetch: Fetch, sql: _Sql, wanted: Sequence[Node]) -> dict[Node, bytes]:
    levels, places = [level for level, _ in wanted], [place for _, place in wanted]
    rows = await fetch(sql.nodes, levels, places)
    found = {(row["level"], row["place"]): bytes(row["hash"]) for row in rows}
    if len(found) != len(wanted):
        raise GapError("the tree does not have all nodes that were asked for")
    return found


def _append(tree: CompactRange, rows: Iterable[Row]) -> list[tuple[int, int, bytes]]:
    nodes = []
    for row in rows:
        index = tree.size
        if row["position"] != index:
            raise GapError(f"the log has no entry {index}")
        made = tree.append(bytes(row["leaf"]))
        nodes += [(level, index >> level, hash_) for level, hash_ in enumerate(made)]
    return nodes
