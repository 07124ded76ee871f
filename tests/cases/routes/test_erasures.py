"""A term ends, two persons decide, and nothing of the case is left but the proof of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.cases.actions.erasing import CERTIFICATE, Eraser
from services.cases.app import LOGS
from services.cases.store import contents
from services.kit import keys, signed
from services.kit.checkpoint import verify
from services.kit.clock import FixedClock
from services.kit.logbook import LogBook
from services.kit.merkle import leaf_hash
from services.kit.sealed import Aad, SealBroken, sealed_under
from services.kit.sequencer import Sequencer
from tests.cases.routes.network import CHAIR, COORDINATOR, ELSEWHERE, POLICE, Network, slug
from tests.cases.statements import heard

LATER = datetime(2037, 5, 5, 9, 0, tzinfo=UTC)
WORDS = (b"Perenimi", b"Salajane", b"Eesnimi")


@dataclass
class Archive:
    """A network years later, and our own worker."""

    network: Network
    world: Any
    logbook: LogBook

    @property
    def eraser(self) -> Eraser:
        folder = self.network.served.folder
        sign = partial(signed.sign, key=keys.load_signing(folder, "cases"), typ=CERTIFICATE)
        world = self.world
        return Eraser(world.database, world.policy, world.catalog, world.ring, sign)

    def years_later(self) -> None:
        self.world.clock = FixedClock(LATER)
        self.world.database.clock = self.world.clock
        self.network.served.app.state.database.clock = self.world.clock

    async def ended(self, *agencies: str, **changes: Any) -> str:
        case = await self.network.case(*agencies, **changes)
        await self.world.rows("update marac_case set state = 'ended' where id = $1", UUID(case))
        return case

    async def decide(self, erasure: Any, verb: str, by: str, **told: Any) -> Any:
        body = told or None
        return await self.network.do(f"/erasures/{erasure['id']}/{verb}", body, erasure["version"], by=by)

    async def approved(self) -> Any:
        """The one erasure that is proposed, decided by two."""
        [one] = (await self.network.get("/erasures?state=proposed")).json()["items"]
        agreed = await self.decide(one, "agree", COORDINATOR)
        assert agreed.status_code == 200, agreed.text
        done = await self.decide(agreed.json(), "approve", CHAIR)
        assert done.status_code == 200, done.text
        return done.json()

    async def certified(self) -> None:
        await Sequencer(self.world.database, LOGS, *self.logbook.trees()).drain()
        assert await self.eraser.round() == 1


@pytest_asyncio.fixture
async def archive(network: Network, world: Any) -> AsyncIterator[Archive]:
    private = keys.load_log_signing(network.served.folder, "cases")
    yield Archive(network, world, LogBook("cases", private))


async def _everything(world: Any) -> list[bytes]:
    """Every value of every table, as a dump shows it."""
    tables = await world.rows("select tablename from pg_tables where schemaname = 'public'")
    values: list[bytes] = []
    for table in tables:
        for row in await world.rows(f'select * from "{table["tablename"]}"'):  # noqa: S608 - the catalogue's
            values += [v if isinstance(v, bytes) else str(v).encode() for v in row.values()]
    return values


async def _readable(world: Any, values: list[bytes]) -> list[bytes]:
    """What the ring opens of a dump: the data keys that are there, and whatever they sealed."""
    rows = await world.rows("select id, wrapped from data_key where wrapped is not null")
    ring = {row["id"]: world.ring.unwrap(row["id"], bytes(row["wrapped"])) for row in rows}
    found = []
    for value in values:
        try:
            key = ring.get(sealed_under(value))
        except (SealBroken, ValueError):
            continue
        if key is not None:
            found.append(value)
    return found


async def test_nothing_of_a_case_is_left_but_the_proof(archive: Archive) -> None:
    network, world = archive.network, archive.world
    case = await archive.ended("police")
    [head] = await world.rows("select id, key_id from referral")
    await _glass_broken(world, case)
    assert len(await _readable(world, await _everything(world))) > 6
    index = {bytes(row["value"]) for row in await world.rows("select value from person_index")}
    unknown = await network.get(f"/cases/{uuid4()}")
    archive.years_later()
    assert await archive.eraser.round() == 1
    erasure = await archive.approved()
    assert await archive.eraser.round() == 1
    await archive.certified()

    for path in (f"/cases/{case}", f"/referrals/{head['id']}", f"/cases/{case}/retention"):
        gone = await network.get(path)
        assert (gone.status_code, _plain(gone)) == (404, _plain(unknown))
    for path in ("/cases", "/referrals", "/duties"):
        assert (await network.get(path)).json()["items"] == []
    assert await world.rows("select from person") == []
    after = await _everything(world)
    assert not index & set(after)
    assert not [value for value in after for word in WORDS if word in value]
    assert await _readable(world, after) == []
    [key] = await world.rows("select wrapped, destroyed_at from data_key where id = $1", head["key_id"])
    assert (key["wrapped"], key["destroyed_at"]) == (None, LATER)

    done = (await network.get(f"/erasures/{erasure['id']}")).json()
    assert (done["state"], done["counts"]["people"], done["counts"]["referrals"]) == ("certified", 3, 1)
    answer = await network.served.ask(
        f"/erasures/{erasure['id']}/certificate", "dev:auditor::", purpose="accountability"
    )
    await _proves(archive, answer.json()["certificate"], case)


async def _glass_broken(world: Any, case: str) -> None:
    key = world.ring.new_data_key(world.clock.now())
    sealed = contents.sealed(key, {"reason": "Perenimi"}, Aad("broken_glass", "reason_sealed", key.id, 1))
    insert = "insert into data_key (id, kek, wrapped, made_at) values ($1, 'kek-1', $2, now())"
    await world.rows(insert, key.id, key.wrapped)
    await world.rows(
        """insert into broken_glass (id, case_id, subject, key_id, reason_sealed, opened_at, until)
           values ($1, $2, 'dev:chair:rakvere:', $1, $3, now(), now() + interval '1 hour')""",
        key.id,
        UUID(case),
        sealed,
    )


def _plain(answer: Any) -> Any:
    return {name: value for name, value in answer.json().items() if name not in {"instance", "requestId"}}


async def _proves(archive: Archive, certificate: str, case: str) -> None:
    """Who has the public keys, the certificate and the audit log can verify it; no person is in it."""
    public = keys.load_jwks(archive.network.served.folder, keys.SERVICES_JWKS)
    facts = signed.verify(certificate, public, CERTIFICATE)
    assert (facts["case"], facts["agreedBy"], facts["approvedBy"]) == (case, COORDINATOR, CHAIR)
    assert (facts["dueOn"], facts["term"]["years"]) == ("2037-03-01", 10)
    evidence = facts["audit"]
    [row] = await archive.world.rows(
        """select a.salt, a.canonical, p.epoch from audit a join audit_position p on p.audit_id = a.id
           where p.position = $1""",
        evidence["position"],
    )
    assert leaf_hash(bytes(row["salt"]) + bytes(row["canonical"])).hex() == evidence["leaf"]
    head = verify(evidence["checkpoint"].encode(), archive.logbook.key("audit", row["epoch"]))
    assert head.size > evidence["position"]
    tampered = certificate[:-4] + ("AAAA" if certificate[-4:] != "AAAA" else "BBBB")
    with pytest.raises(signed.NotSignedError):
        signed.verify(tampered, public, CERTIFICATE)
    with pytest.raises(signed.NotSignedError):
        signed.verify(certificate, public, "at+jwt")


async def test_what_is_held_stays_and_two_decide(archive: Archive) -> None:
    network, world = archive.network, archive.world
    case = await archive.ended("police")
    told = (await network.get(f"/cases/{case}/retention")).json()
    assert (told["because"], told["countedFrom"], told["endsOn"], told["heldBy"]) == (
        "majority", "2027-03-01", "2037-03-01", [],
    )  # fmt: skip
    held = await network.do(f"/cases/{case}/holds", {"ground": "court-case", "reason": "Maakohus küsis."})
    assert (held.status_code, held.json()["reviewOn"]) == (201, "2018-05-04")
    [row] = await world.rows("select reason_sealed from retention_hold")
    assert b"Maakohus" not in bytes(row[0])
    again = await network.do(f"/cases/{case}/holds", {"ground": "court-case", "reason": "Veel kord."})
    assert slug(again) == "hold-exists"
    with heard(network.served.app.state.database) as statements:
        shown = (await network.get(f"/cases/{case}/retention", POLICE)).json()
    assert (shown["heldBy"], shown["endsOn"]) == (["court-case"], "2037-03-01")
    assert len([each for each, _ in statements if "retention_hold" in each or "participation p" in each]) == 2
    assert (await network.get(f"/cases/{case}/holds", POLICE)).status_code == 403
    assert (await network.get(f"/cases/{case}/holds", ELSEWHERE)).status_code == 404

    archive.years_later()
    assert await archive.eraser.round() == 0  # it is held
    lifted = await network.do(f"/holds/{held.json()['id']}/lift", {"reason": "proceedings-ended"}, 1)
    assert (lifted.status_code, lifted.json()["state"]) == (200, "lifted")
    assert await archive.eraser.round() == 1
    assert await archive.eraser.round() == 0  # once
    [one] = (await network.get("/erasures", CHAIR)).json()["items"]
    assert (await network.get("/erasures", ELSEWHERE)).json()["items"] == []
    assert slug(await archive.decide(one, "approve", CHAIR)) == "transition-refused"
    agreed = (await archive.decide(one, "agree", COORDINATOR)).json()
    assert slug(await archive.decide(agreed, "approve", COORDINATOR)) == "two-persons"
    held = (await network.do(f"/cases/{case}/holds", {"ground": "complaint", "reason": "AKI küsib."})).json()
    assert slug(await archive.decide(agreed, "approve", CHAIR)) == "case-held"
    await network.do(f"/holds/{held['id']}/lift", {"reason": "set-in-error"}, 1)
    approved = (await archive.decide(agreed, "approve", CHAIR)).json()
    await network.do(f"/cases/{case}/holds", {"ground": "complaint", "reason": "Uuesti."})
    assert await archive.eraser.round() == 0  # also what was approved waits
    assert (await network.get(f"/cases/{case}")).status_code == 200
    refused = await archive.decide(approved, "refuse", CHAIR, reason="still-needed")
    assert (refused.json()["state"], refused.json()["reason"]) == ("refused", "still-needed")
    assert await archive.eraser.round() == 0  # not before a year is over


async def test_killed_in_the_midst_nothing_was_erased_and_others_lose_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, world = archive.network, archive.world
    declined = await network.served.taken(network.a_message(persons=network.a_message()["persons"][:1]))
    body = {"decision": "decline", "reason": "criteria-not-met", "note": None, "agencies": []}
    tag = {"If-Match": '"1"'}
    answer = await network.served.ask(
        f"/referrals/{declined}/screening", COORDINATOR, "POST", json=body, headers=tag
    )
    assert answer.status_code == 200, answer.text
    stays = await archive.ended("police")  # of the same victim and threatening person, and a child
    await world.rows("update marac_case set state = 'open' where id = $1", UUID(stays))
    archive.years_later()
    assert await archive.eraser.round() == 1
    await archive.approved()
    before = await _everything(world)

    async def killed(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr("services.cases.store.events.append", killed)
        with pytest.raises(ConnectionError):
            await archive.eraser.round()
    assert await _everything(world) == before
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_app(world, f"select erase('{uuid4()}')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_app(world, "delete from referral")

    assert await archive.eraser.round() == 1
    assert (await network.get(f"/referrals/{declined}")).status_code == 404
    whole = (await network.get(f"/cases/{stays}")).json()
    assert len(whole["persons"]) == 3
    [left] = await world.rows("select count(*) from person")
    assert left[0] == 3
    [event] = await world.rows("select data from event where type = 'case.erased'")
    assert "Perenimi" not in str(event["data"])


async def _as_app(world: Any, statement: str) -> None:
    connection = await asyncpg.connect(
        world.database._url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
