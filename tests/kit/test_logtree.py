import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import checkpoint, logtree, merkle
from services.kit.checkpoint import VerifierKey
from services.kit.logtree import GapError, LogTree
from services.kit.sequencer import Sequencer

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
INSERT = """
insert into audit (id, recorded_at, actor, actor_kind, role, attributes, purpose, operation, action, objects,
    fields, decision, request_id, salt, canonical, leaf)
select gen_random_uuid(), now(), 'a', 'person', 'auditor', '{}', 'audit', 'read', 'read', '{}',
    '{}', 'allow', 'r', salt, record, sha256('\\x00'::bytea || salt || record)
from generate_series(1, $1) n,
    lateral (select n::text::bytea as record, sha256(n::text::bytea) as salt) made"""
LEAVES = "select leaf from audit_position p join audit a on a.id = p.audit_id order by position"
NOTES = "select note from audit_checkpoint order by size"


def a_tree() -> LogTree:
    return LogTree("kit", PRIVATE)


async def leaves_of(owner: Any) -> list[bytes]:
    return [bytes(row["leaf"]) for row in await owner.fetch(LEAVES)]


async def heads_of(owner: Any) -> Sequence[checkpoint.Checkpoint]:
    epoch = await owner.fetchval("select epoch from log_epoch order by number desc limit 1")
    key = VerifierKey.of(f"turvavork/kit/audit/{epoch}", PRIVATE)
    return [checkpoint.verify(row["note"].encode(), key) for row in await owner.fetch(NOTES)]


async def test_what_has_a_position_is_in_the_tree_and_signed(database: Any, owner: Any) -> None:
    sequencer = Sequencer(database, ("audit",), a_tree())
    for count in (1, 2, 4, 30):
        await owner.execute(INSERT.replace("$1", str(count)))
        await sequencer.drain()
    leaves, heads = await leaves_of(owner), await heads_of(owner)
    assert [head.size for head in heads] == [1, 3, 7, 37]
    assert [head.root for head in heads] == [merkle.root_of(leaves[: head.size]) for head in heads]


async def test_proofs_are_made_from_the_table(database: Any, owner: Any) -> None:
    await owner.execute(INSERT.replace("$1", "37"))
    await Sequencer(database, ("audit",), a_tree()).drain()
    leaves = await leaves_of(owner)
    for size in (1, 2, 23, 37):
        root = merkle.root_of(leaves[:size])
        for index in range(size):
            path = await logtree.inclusion_proof(owner.fetch, index, size)
            merkle.verify_inclusion(index, size, leaves[index], path, root)
            path = await logtree.consistency_proof(owner.fetch, index + 1, size)
            merkle.verify_consistency(index + 1, size, path, merkle.root_of(leaves[: index + 1]), root)
    note = await logtree.last_checkpoint(owner.fetch)
    assert note is not None
    assert note.split(b"\n")[1] == b"37"
    with pytest.raises(GapError):
        await logtree.inclusion_proof(owner.fetch, 0, 38)
    with pytest.raises(ValueError, match="has it"):
        await logtree.inclusion_proof(owner.fetch, 37, 37)


async def test_the_empty_log_has_a_checkpoint_and_no_more_than_one(database: Any, owner: Any) -> None:
    assert await logtree.last_checkpoint(owner.fetch) is None
    await Sequencer(database, ("audit",), a_tree()).drain()
    await Sequencer(database, ("audit",), a_tree()).drain()
    assert [(head.size, head.root) for head in await heads_of(owner)] == [(0, merkle.EMPTY_ROOT)]


async def test_another_process_goes_on_where_one_stopped(database: Any, owner: Any) -> None:
    one, other = a_tree(), a_tree()
    for tree, count in ((one, 5), (other, 6), (one, 2000), (other, 3)):
        await owner.execute(INSERT.replace("$1", str(count)))
        await Sequencer(database, ("audit",), tree).drain()
    leaves = await leaves_of(owner)
    assert (await heads_of(owner))[-1] == (await heads_of(owner))[-1]
    assert (await heads_of(owner))[-1].size == len(leaves) == 2014
    assert (await heads_of(owner))[-1].root == merkle.root_of(leaves)


async def test_two_that_grow_at_once_do_not_disturb_each_other(database: Any, owner: Any) -> None:
    await owner.execute(INSERT.replace("$1", "300"))
    await Sequencer(database).drain()
    one, other = await database.dedicated(), await database.dedicated()
    try:
        added = await asyncio.gather(a_tree().grow(one), a_tree().grow(other))
    finally:
        await one.close()
        await other.close()
    assert sorted(added) == [0, 300]
    assert [head.size for head in await heads_of(owner)] == [300]


async def test_what_failed_is_grown_again(database: Any, owner: Any) -> None:
    tree = a_tree()
    await owner.execute(INSERT.replace("$1", "3"))
    await owner.execute("alter table audit_checkpoint add constraint nothing check (size = 0)")
    with pytest.raises(asyncpg.CheckViolationError):
        await Sequencer(database, ("audit",), tree).drain()
    await owner.execute("alter table audit_checkpoint drop constraint nothing")
    await Sequencer(database, ("audit",), tree).drain()
    assert [head.root for head in await heads_of(owner)] == [merkle.root_of(await leaves_of(owner))]


async def test_an_entry_that_is_gone_stops_the_tree(database: Any, owner: Any) -> None:
    await owner.execute(INSERT.replace("$1", "5"))
    await Sequencer(database).drain()
    await owner.execute("delete from audit_position where position = 3")
    with pytest.raises(GapError, match="no entry 3"):
        await a_tree().grow(owner)


async def test_positions_are_given_where_no_tree_can_grow(database: Any, owner: Any) -> None:
    sequencer = Sequencer(database, ("audit",), a_tree())
    await owner.execute(INSERT.replace("$1", "5"))
    await Sequencer(database).drain()
    await owner.execute("delete from audit_position where position = 3")
    await sequencer.drain()
    await owner.execute(INSERT.replace("$1", "2"))
    await sequencer.drain()
    assert await owner.fetchval("select max(position) from audit_position") == 6
    assert await heads_of(owner) == []


async def test_a_new_epoch_has_its_own_checkpoint(database: Any, owner: Any) -> None:
    await owner.execute(INSERT.replace("$1", "5"))
    await Sequencer(database, ("audit",), a_tree()).drain()
    await owner.execute("insert into log_epoch (epoch, reason) values ('00000000000e', 'restore')")
    await Sequencer(database, ("audit",), a_tree()).drain()
    note = await logtree.last_checkpoint(owner.fetch)
    key = VerifierKey.of("turvavork/kit/audit/00000000000e", PRIVATE)
    assert checkpoint.verify(note or b"", key).size == 5


CHANGES = [
    "update audit_node set hash = sha256('')",
    "delete from audit_node",
    "truncate audit_node",
    "update audit_checkpoint set size = 1",
    "delete from audit_checkpoint",
    "truncate audit_checkpoint",
]


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_service_cannot_change_what_was_added(kit_database: Any, statement: str) -> None:
    connection = await asyncpg.connect(kit_database.url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_running_sequencer_grows_the_tree_soon_after_the_commit(database: Any, owner: Any) -> None:
    stop, waited = asyncio.Event(), None
    running = asyncio.create_task(Sequencer(database, ("audit",), a_tree()).run(stop))
    try:
        await owner.execute(INSERT.replace("$1", "700"))
        committed = await owner.fetchval("select clock_timestamp()")
        for _ in range(500):
            waited = await owner.fetchval(
                "select signed_at - $1 from audit_checkpoint where size = 700", committed
            )
            if waited is not None:
                break
            await asyncio.sleep(0.02)
    finally:
        stop.set()
        await running
    assert waited is not None
    assert waited.total_seconds() < 5, "a second is what is promised; this machine is shared"


SPOILED = [
    pytest.param("update audit_checkpoint set note = replace(note, '5', '6')", "cannot be used", id="note"),
    pytest.param("delete from audit_node where level = 2", "cannot be used", id="node-gone"),
    pytest.param("update audit_node set hash = sha256('x') where level = 2", "another root", id="node"),
    pytest.param("delete from audit_position where position = 4", "fewer entries", id="cut"),
    pytest.param("update log_epoch set epoch = 'ffffffffffff'", "cannot be used", id="other-log"),
]


@pytest.mark.parametrize(("spoil", "told"), SPOILED)
async def test_a_checkpoint_that_does_not_fit_its_log_is_told(
    database: Any, owner: Any, spoil: str, told: str
) -> None:
    await logtree.check(owner.fetch, "kit", PRIVATE)
    await owner.execute(INSERT.replace("$1", "5"))
    await Sequencer(database, ("audit",), a_tree()).drain()
    await logtree.check(owner.fetch, "kit", PRIVATE)
    await owner.execute("set session_replication_role = replica")  # past the foreign keys
    await owner.execute(spoil)
    if "log_epoch" in spoil:
        await owner.execute("update audit_checkpoint set epoch = 'ffffffffffff'")
    with pytest.raises(logtree.UnfitCheckpointError, match=told):
        await logtree.check(owner.fetch, "kit", PRIVATE)


async def test_each_log_has_a_tree_and_checkpoints_of_its_own(database: Any, owner: Any) -> None:
    await owner.execute(INSERT.replace("$1", "3"))
    await owner.execute(
        "insert into letter (id, salt, canonical, leaf)"
        " select gen_random_uuid(), sha256('s'), n::text::bytea, sha256(n::text::bytea)"
        " from generate_series(1, 5) n"
    )
    trees = [LogTree("kit", PRIVATE, log) for log in ("audit", "letter")]
    await Sequencer(database, ("audit", "letter"), *trees).drain()
    await owner.execute("update letter set salt = null, canonical = null where canonical = '2'::bytea")
    found = await logtree.entries(owner.fetch, 1, 4, "letter")
    assert [one.position for one in found] == [1, 2, 3]
    assert sum(one.record is None for one in found) == 1
    for log, size in (("audit", 3), ("letter", 5)):
        note = await logtree.last_checkpoint(owner.fetch, log)
        epoch = await owner.fetchval("select epoch from log_epoch")
        assert note is not None
        head = checkpoint.verify(note, VerifierKey.of(logtree.origin("kit", log, epoch), PRIVATE))
        assert head.size == size
        await logtree.check(owner.fetch, "kit", PRIVATE, log)
    index = await logtree.index_of(owner.fetch, found[0].leaf, "letter")
    assert index == 1
    path = await logtree.inclusion_proof(owner.fetch, 1, 5, "letter")
    merkle.verify_inclusion(1, 5, found[0].leaf, path, head.root)
    assert await logtree.index_of(owner.fetch, bytes(32), "letter") is None


@pytest.mark.parametrize("name", ["", "Audit", "audit; drop table audit", "a-b"])
def test_a_log_is_named_like_its_table(name: str) -> None:
    with pytest.raises(ValueError, match="named"):
        LogTree("kit", PRIVATE, name)


async def test_a_new_epoch_goes_on_under_another_name(database: Any, owner: Any) -> None:
    """Whoever has restored a backup begins one: what a witness has of the old name stays contradicted."""
    await owner.execute(INSERT.replace("$1", "5"))
    await Sequencer(database, ("audit",), a_tree()).drain()
    old = await owner.fetchval("select epoch from log_epoch")
    await owner.execute("update audit_checkpoint set note = replace(note, '5', '6')")
    with pytest.raises(logtree.UnfitCheckpointError):
        await logtree.check(owner.fetch, "kit", PRIVATE)
    await owner.execute("insert into log_epoch (epoch, reason) values ('0123456789ab', 'restored')")
    await logtree.check(owner.fetch, "kit", PRIVATE)
    await owner.execute(INSERT.replace("$1", "2"))
    await Sequencer(database, ("audit",), a_tree()).drain()
    head = await logtree.newest_head(owner.fetch)
    assert head is not None
    assert (head.epoch, head.size) == ("0123456789ab", 7)
    assert old != head.epoch
    await logtree.check(owner.fetch, "kit", PRIVATE)
