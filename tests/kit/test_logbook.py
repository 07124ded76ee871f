"""The logs of a service over HTTP: what is answered is proven, from the public key alone."""

import base64
import itertools
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit import audit, checkpoint, logbook, merkle, verifier
from services.kit.checkpoint import VerifierKey
from services.kit.logbook import LogBook
from services.kit.logtree import UnfitCheckpointError
from services.kit.policy import Appointment, Caller, Policy
from services.kit.problem import UpstreamUnavailable
from services.kit.refusals import RefusalAuditor
from services.kit.sequencer import Sequencer
from services.kit.tokens import Identity
from services.kit.web import ServiceSpec, create_service

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BOOK = LogBook("kit", PRIVATE)
POLICY = Policy.from_data(
    {
        "version": "2017-01-01",
        "status": "draft",
        "source": "tests",
        "reason": "who may ask a log",
        "relations": {"anywhere": {}},
        "rules": [
            {
                "id": operations[0].replace("_", "-"),
                "effect": "allow",
                "roles": roles,
                "operations": operations,
                "relation": "anywhere",
                "purposes": ["accountability"],
                "fields": ["basic", "technical"],
            }
            for operations, roles in (
                (
                    ["get_log_checkpoint", "get_inclusion_proof", "get_consistency_proof"],
                    ["auditor", "operator"],
                ),
                (["export_log"], ["auditor"]),
            )
        ],
    }
)
LETTER = """
insert into letter (id, salt, canonical, leaf)
select gen_random_uuid(), salt, record, sha256('\\x00'::bytea || salt || record)
from generate_series(1, $1) n,
    lateral (select n::text::bytea as record, sha256(n::text::bytea) as salt) made"""


class Asked:
    """A service with two logs, and somebody with an office who asks it."""

    def __init__(self, http: httpx.AsyncClient, database: Any, owner: Any) -> None:
        self.http, self.database, self.owner = http, database, owner
        self.role = "auditor"

    async def write(self, letters: int) -> None:
        """So many more entries, in the tree and signed."""
        await self.owner.execute(LETTER.replace("$1", str(letters)))
        book = LogBook("kit", PRIVATE, ("audit", "letter"))
        await Sequencer(self.database, book.logs, *book.trees()).drain()

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"/log/{path}", params=params)

    async def head(self) -> checkpoint.Checkpoint:
        said = (await self.get("letter/checkpoint")).json()
        key = VerifierKey.parse(said["key"])
        assert key.public == PRIVATE.public_key().public_bytes_raw()
        head = checkpoint.verify(said["note"].encode(), key)
        assert (head.size, head.root.hex(), head.origin) == (said["size"], said["root"], said["origin"])
        return head


@pytest.fixture
async def asked(database: Any, owner: Any) -> AsyncIterator[Asked]:
    async def verify(_: str) -> Identity:
        return Identity("member-1", "member", None, None)

    async def of(_: Identity) -> Any:
        return (Appointment(found.role, {}),)

    app = create_service(ServiceSpec(name="kit", title="Logs", description="", routers=[logbook.router]))
    app.state.database, app.state.policy = database, POLICY
    app.state.verifier, app.state.appointments = SimpleNamespace(verify=verify), SimpleNamespace(of=of)
    app.state.refusals = RefusalAuditor(database)
    app.state.logbook = LogBook("kit", PRIVATE, ("audit", "letter"))
    headers = {"Authorization": "Bearer token", "X-Purpose": "accountability"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://kit/api/kit/v1", headers=headers
    ) as http:
        found = Asked(http, database, owner)
        yield found


def hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in path]


async def test_a_receipt_is_proven_by_the_checkpoint(asked: Asked) -> None:
    await asked.write(5)
    await asked.write(8)
    head = await asked.head()
    assert head.size == 13
    leaves = [row["leaf"] for row in await asked.owner.fetch("select leaf from letter")]
    assert len(leaves) == 13
    for leaf in leaves:
        said = (await asked.get("letter/inclusion", leaf=leaf.hex())).json()
        assert checkpoint.verify(said["note"].encode(), BOOK.key("letter", head.origin[-12:])) == head
        merkle.verify_inclusion(said["index"], said["size"], leaf, hashes(said["path"]), head.root)
        by_index = (await asked.get("letter/inclusion", index=said["index"])).json()
        assert by_index == said


async def test_a_log_is_proven_to_have_only_grown(asked: Asked) -> None:
    await asked.write(5)
    older = await asked.head()
    await asked.write(8)
    newer = await asked.head()
    said = (await asked.get("letter/consistency", old=older.size)).json()
    assert (said["old"], said["new"]) == (5, 13)
    merkle.verify_consistency(5, 13, hashes(said["path"]), older.root, newer.root)
    between = (await asked.get("letter/consistency", old=3, new=5)).json()
    assert "BEGIN" not in between["note"]
    assert between["note"].split("\n")[1] == "5"
    assert (await asked.get("letter/consistency", old=3, new=7)).json()["note"] is None


async def exported(asked: Asked, **params: Any) -> list[bytes]:
    """The parts of a bundle, as a client follows them."""
    parts, answer = [], await asked.get("letter/entries", **params)
    while True:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/jsonl"
        parts.append(answer.content)
        link = answer.headers.get("link")
        if link is None:
            return parts
        assert link.startswith("</api/kit/v1/log/letter/entries?")
        answer = await asked.http.get("http://kit" + link[1 : link.index(">")])


@pytest.mark.parametrize("limit", [1, 3, 4, 13, 100])
async def test_the_parts_of_an_export_are_a_bundle_that_verifies(asked: Asked, limit: int) -> None:
    await asked.write(5)
    await asked.write(8)
    head = await asked.head()
    parts = await exported(asked, limit=limit)
    assert len(parts) == -(-13 // limit)
    lines = b"".join(parts).splitlines(keepends=True)
    report = verifier.verify(lines, BOOK.key("letter", head.origin[-12:]))
    assert not report.findings
    assert (report.entries, report.covered) == (13, 13)
    assert report.checkpoints == (1 if limit in {13, 100} else 2)


async def test_what_is_written_during_an_export_is_not_in_it(asked: Asked) -> None:
    await asked.write(5)
    first = await asked.get("letter/entries", limit=3)
    await asked.write(5)
    link = first.headers["link"]
    second = await asked.http.get("http://kit" + link[1 : link.index(">")])
    assert "link" not in second.headers
    assert b'"position":4' in second.content
    assert b'"position":5' not in second.content


async def test_an_erased_record_is_exported_as_its_leaf(asked: Asked) -> None:
    await asked.write(4)
    head = await asked.head()
    await asked.owner.execute("update letter set salt = null, canonical = null where canonical = '2'")
    lines = b"".join(await exported(asked)).splitlines(keepends=True)
    report = verifier.verify(lines, BOOK.key("letter", head.origin[-12:]))
    assert (report.erased, report.findings) == (1, [])


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("letter/inclusion", {}, 422),
        ("letter/inclusion", {"index": 1, "leaf": "5e" * 32}, 422),
        ("letter/inclusion", {"leaf": "5e"}, 422),
        ("letter/inclusion", {"leaf": "5e" * 32}, 404),
        ("letter/inclusion", {"index": 4}, 404),
        ("letter/inclusion", {"index": 3, "size": 3}, 404),
        ("letter/inclusion", {"index": 3, "size": 5}, 404),
        ("letter/consistency", {"old": 0}, 422),
        ("letter/consistency", {"old": 5}, 404),
        ("letter/consistency", {"old": 3, "new": 2}, 404),
        ("letter/entries", {"size": 5}, 404),
        ("letter/entries", {"limit": 5_001}, 422),
        ("note/checkpoint", {}, 404),
        ("event/entries", {}, 404),
        ("Letter/checkpoint", {}, 422),
    ],
)
async def test_what_is_not_in_a_log_is_refused(
    asked: Asked, path: str, params: dict[str, Any], status: int
) -> None:
    await asked.write(4)
    answer = await asked.get(path, **params)
    assert answer.status_code == status, answer.text


async def test_a_log_without_a_checkpoint_has_nothing_to_show(asked: Asked) -> None:
    for path in ("letter/checkpoint", "letter/entries", "letter/inclusion?index=0"):
        assert (await asked.http.get(f"/log/{path}")).status_code == 404


async def test_a_log_without_entries_is_taken_out_as_its_header(asked: Asked) -> None:
    await asked.write(0)
    head = await asked.head()
    (line,) = b"".join(await exported(asked)).splitlines(keepends=True)
    report = verifier.verify([line], BOOK.key("letter", head.origin[-12:]))
    assert (head.size, report.entries, report.findings) == (0, 0, [])


async def test_records_are_for_the_auditor_alone_and_each_look_leaves_a_row(asked: Asked) -> None:
    await asked.write(4)
    asked.role = "operator"
    assert (await asked.get("letter/checkpoint")).status_code == 200
    assert (await asked.get("letter/entries")).status_code == 403
    asked.role = "coordinator"
    assert (await asked.get("letter/checkpoint")).status_code == 403
    asked.role = "auditor"
    assert (await asked.get("letter/entries")).status_code == 200
    rows = await asked.owner.fetch("select operation, decision from audit order by recorded_at, id")
    assert sorted(f"{row['operation']} {row['decision']}" for row in rows) == [
        "export_log allow",
        "export_log deny",
        "get_log_checkpoint allow",
        "get_log_checkpoint deny",
    ]


async def test_a_service_does_not_start_on_a_log_that_its_checkpoint_does_not_fit(
    asked: Asked, owner: Any
) -> None:
    await asked.write(4)
    book = LogBook("kit", PRIVATE, ("audit", "letter"))
    await book.open(asked.database)
    changed = base64.b64encode(audit.leaf(bytes(32), b"x"))
    await owner.execute(
        "update letter_node set hash = decode($1, 'base64') where level = 2 and place = 0", changed.decode()
    )
    with pytest.raises(UnfitCheckpointError, match=r"letter/[0-9a-f]{12} has another root"):
        await book.open(asked.database)
    await LogBook("kit", PRIVATE).open(asked.database)


async def test_a_server_that_goes_away_at_a_later_step_is_waited_for(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, asks, seeded = asked.database.look, itertools.count(), []

    async def away(statement: str, *values: object) -> Any:
        if next(asks) == 0:
            raise UpstreamUnavailable
        return await look(statement, *values)

    async def seed() -> None:
        seeded.append(len(seeded))
        if len(seeded) == 1:
            raise UpstreamUnavailable

    monkeypatch.setattr(asked.database, "look", away)
    await LogBook("kit", PRIVATE).open(asked.database, seed)
    assert seeded == [0, 1]
    assert next(asks) > 2, "the log is looked at before each time"


def test_whose_log_it_is_says_the_name_of_its_key() -> None:
    key = BOOK.key("message_log", "0123456789ab")
    assert key.name == "turvavork/kit/message-log/0123456789ab"
    assert Caller.system("worker:feed", "kit").kind != "member"
