"""The tree of a log in its database: perfect nodes and signed checkpoints, in tables that are only added to.

The tree grows after the commit: ``kit.sequencer`` gives positions, then :meth:`LogTree.grow` adds the leaves
that got one. Its tables are made by ``schema.log_tree``. Proofs are read by who may read the log.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import checkpoint, merkle
from services.kit.checkpoint import Checkpoint
from services.kit.driver import Row
from services.kit.merkle import CompactRange, Node

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

Fetch = Callable[..., Awaitable[Sequence[Row]]]

BATCH: Final = 2_000
_SIZE: Final = "select coalesce(max(place) + 1, 0) from audit_node where level = 0"
_LEAVES: Final = """
select p.position, l.leaf from audit_position p join audit l on l.id = p.audit_id
where p.position >= $1 order by p.position limit $2"""
_NODES: Final = """
select n.level, n.place, n.hash from unnest($1::smallint[], $2::bigint[]) as asked (level, place)
join audit_node n on n.level = asked.level and n.place = asked.place"""
_ADD_NODES: Final = "insert into audit_node select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])"
_EPOCH: Final = "select epoch from log_epoch order by number desc limit 1"
_SIGNED: Final = "select max(size) from audit_checkpoint where epoch = $1"
_ADD_CHECKPOINT: Final = "insert into audit_checkpoint (epoch, size, root, note) values ($1, $2, $3, $4)"
_LAST: Final = """
select c.note from audit_checkpoint c join log_epoch e on e.epoch = c.epoch
order by e.number desc, c.size desc limit 1"""


class GapError(Exception):
    """The positions of a log are not dense, or a node of its tree is missing: somebody took it out."""


class LogTree:
    """Grows the tree of the audit log of one service, and signs what it has become.

    Args:
        service: the service's name; the origin is ``turvavork/<service>/audit/<epoch>``.
        private: the service's key for its log.
    """

    def __init__(self, service: str, private: Ed25519PrivateKey) -> None:
        self._service = service
        self._private = private
        self._tree = CompactRange()

    async def grow(self, connection: "Connection") -> int:
        """Adds the leaves that got a position since, and a checkpoint; how many there were, BATCH at most.

        One transaction, one at a time whoever calls. Raises GapError.
        """
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('tree_audit'), 0)")
            await self._catch_up(connection)
            rows = await connection.fetch(_LEAVES, self._tree.size, BATCH)
            # Made on a copy: when the transaction fails, what is kept here is still what the table has.
            tree = CompactRange(self._tree.size, self._tree.hashes)
            nodes = _append(tree, rows)
            if nodes:
                await connection.execute(_ADD_NODES, *zip(*nodes, strict=True))
            await self._sign(connection, tree)
        self._tree = tree
        return len(rows)

    async def _catch_up(self, connection: "Connection") -> None:
        """Another process may have grown it, or this one has just begun."""
        size = int(await connection.fetchval(_SIZE))
        if size != self._tree.size:
            wanted = merkle.range_nodes(size)
            nodes = await _nodes(connection.fetch, wanted)
            self._tree = CompactRange(size, [nodes[node] for node in wanted])

    async def _sign(self, connection: "Connection", tree: CompactRange) -> None:
        epoch = str(await connection.fetchval(_EPOCH))
        if await connection.fetchval(_SIGNED, epoch) == tree.size:
            return
        head = Checkpoint(f"turvavork/{self._service}/audit/{epoch}", tree.size, tree.root())
        note = checkpoint.sign(head, self._private).decode("utf-8")
        await connection.execute(_ADD_CHECKPOINT, epoch, head.size, head.root, note)


async def last_checkpoint(fetch: Fetch) -> bytes | None:
    """The note of the newest checkpoint; None before there is one. ``fetch`` is ``Work.fetch``."""
    rows = await fetch(_LAST)
    return str(rows[0]["note"]).encode("utf-8") if rows else None


async def inclusion_proof(fetch: Fetch, index: int, size: int) -> Sequence[bytes]:
    """The proof that an entry stands in the tree of a size (RFC 9162 §2.1.3.1).

    ValueError where no such tree can be; GapError where the log has not grown to it.
    """
    return await _proof(fetch, merkle.inclusion_nodes(index, size))


async def consistency_proof(fetch: Fetch, old: int, new: int) -> Sequence[bytes]:
    """The proof that one tree begins with another (RFC 9162 §2.1.4.1); raises as :func:`inclusion_proof`."""
    return await _proof(fetch, merkle.consistency_nodes(old, new))


async def _proof(fetch: Fetch, groups: Sequence[Sequence[Node]]) -> Sequence[bytes]:
    return merkle.proof(groups, await _nodes(fetch, [node for group in groups for node in group]))


async def _nodes(fetch: Fetch, wanted: Sequence[Node]) -> dict[Node, bytes]:
    levels, places = [level for level, _ in wanted], [place for _, place in wanted]
    rows = await fetch(_NODES, levels, places)
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
