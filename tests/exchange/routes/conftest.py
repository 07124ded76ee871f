"""Who stands before the service: an X-Road client, as a security server speaks for it, or an operator."""

import copy
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from lxml import etree

from services.exchange.model.offered import Operation, Right
from services.exchange.model.xroad import ClientId
from services.exchange.wire import schema
from services.kit import keys
from services.kit.policy import Appointment
from services.kit.tokens.signing import DEVELOPMENT_ISSUER, AccessTokenIssuer
from tests.exchange.routes import sockets
from tests.exchange.routes.traits import Sent

SPACE = {
    "e": "http://schemas.xmlsoap.org/soap/envelope/",
    "t": "http://turvavork.x-road.eu/producer",
    "x": "http://x-road.eu/xsd/xroad.xsd",
    "i": "http://x-road.eu/xsd/identifiers",
    "r": "http://x-road.eu/xsd/representation.xsd",
}
#: What no fault may repeat of the golden request.
SECRETS = ("48805042711", "Näidis", "Mari-Liis", "EE38501170364", "PV-2017", "Traceback", "services/")
POLIS = "ee-dev/GOV/70008747/polis"
AT = datetime(2017, 5, 4, 12, 0, tzinfo=UTC)
REFERENCE = "TV-0123-4567-89AB-CDEF-0"


def canonical(element: etree._Element) -> bytes:
    """An element as it means, whatever its prefixes' declarations stand on."""
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)


@dataclass
class Provider:
    """The service, and the golden request to change."""

    running: Any
    request: str

    def changed(self, old: str, new: str) -> str:
        """The request with one thing in another form, which must have been there."""
        assert old in self.request, old
        return self.request.replace(old, new)

    def with_header(self, *fields: str) -> str:
        """The request with more header fields, after the client."""
        return self.changed("</xrd:client>", "</xrd:client>" + "".join(fields))

    async def call(
        self, body: str | bytes, content_type: str | None = "text/xml; charset=utf-8", **headers: str
    ) -> httpx.Response:
        """Sends it; without a content type when that is None."""
        given = {"x-turvavork-gateway": "a-gateway-secret-of-tests", **headers}
        if content_type is not None:
            given["content-type"] = content_type
        content = body.encode() if isinstance(body, str) else body
        answer: httpx.Response = await self.running.http.post("/xroad/soap", content=content, headers=given)
        return answer

    async def get(self, path: str) -> httpx.Response:
        """What the security server fetches."""
        given = {"x-turvavork-gateway": "a-gateway-secret-of-tests"}
        answer: httpx.Response = await self.running.http.get(path, headers=given)
        return answer

    def taken(self) -> dict[str, Any]:
        """The one referral that the case register has, as it was handed over."""
        (taken,) = self.running.cases.taken.values()
        return dict(taken)

    async def kept(self) -> int:
        """How many messages are in the inbox."""
        return len(await self.running.rows("select 1 from inbox"))

    def offer(self, service: tuple[str, str | None], operation: Operation) -> None:
        """One more service of ours."""
        door = self.running.app.state.xroad
        services = {**door.offered.services, service: operation}
        self.running.app.state.xroad = replace(door, offered=replace(door.offered, services=services))

    def open_to(self, client: str, *operations: str) -> None:
        """One more client that may call."""
        door = self.running.app.state.xroad
        opened = dict.fromkeys(operations, Right("own-referrals", "own-message"))
        rights = {**door.offered.rights, ClientId.parse(client): opened}
        self.running.app.state.xroad = replace(door, offered=replace(door.offered, rights=rights))

    @staticmethod
    def echoed(answer: httpx.Response) -> list[bytes]:
        """The header fields of an answer, in their order."""
        header = etree.fromstring(answer.content).find("e:Header", SPACE)
        return [canonical(each) for each in header]

    @staticmethod
    def accepted(answer: httpx.Response, code: str = "submitReferral") -> etree._Element:
        """The wrapper of an answer that is none of an error: HTTP 200, UTF-8, the right name, the schema."""
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        (wrapper,) = etree.fromstring(answer.content).find("e:Body", SPACE)
        assert wrapper.tag == f"{{{SPACE['t']}}}{code}Response"
        schema.check(wrapper)
        assert wrapper.findtext("faultCode") is None, answer.text
        return wrapper

    @staticmethod
    def fault(answer: httpx.Response) -> str:
        """The code of a SOAP 1.1 Fault with HTTP 500, which repeats nothing and names its correlation id."""
        assert answer.status_code == 500, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        found = etree.fromstring(answer.content).find("e:Body/e:Fault", SPACE)
        assert found.findtext("detail/faultDetail") == answer.headers["x-request-id"]
        assert found.findtext("faultstring")
        for secret in SECRETS:
            assert secret not in answer.text
        prefix, _, code = str(found.findtext("faultcode")).partition(":")
        assert found.nsmap[prefix] == SPACE["e"]
        return code


@pytest.fixture
def provider(exchange: Any, golden: Callable[[str], bytes]) -> Iterator[Provider]:
    """What is offered, and to whom, is put back after the test."""
    door = exchange.app.state.xroad
    yield Provider(exchange, golden("submitReferral.request.xml").decode())
    exchange.app.state.xroad = door


@dataclass
class Post:
    """The service behind its socket; each message has an id and a reference of its own."""

    provider: Provider
    port: int
    connection: Any

    def golden(self) -> tuple[str, str]:
        """The golden request under another id and reference, and the reference."""
        reference = f"PV-{uuid4().hex[:12]}"
        message = self.provider.changed("4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80", str(uuid4()))
        return message.replace("PV-2017-001203", reference), reference

    async def send(self, sent: Sent) -> sockets.Answer:
        """The answer to one request."""
        return await self.write(sockets.request(sent.body, sent.content_type, *sent.fields))

    async def write(self, request: bytes) -> sockets.Answer:
        """The same for the bytes of a whole request."""
        (answer,) = await sockets.sent(self.port, request)
        return answer

    def taken(self, reference: str) -> Any:
        """What the case register was given under this reference, but for the words about its sender."""
        (found,) = [
            one for one in self.provider.running.cases.taken.values() if reference in str(one["sender"])
        ]
        return dashed({name: value for name, value in found.items() if name != "sender"})

    async def kept(self, reference: str) -> bytes | None:
        """The bytes that are in the inbox under this reference; None when there is nothing."""
        row = await self.connection.fetchrow(
            "select id, key_id, key_wrapped, message_sealed from inbox where sender_reference = $1", reference
        )
        sealer = self.provider.running.app.state.xroad.intake._sealer
        return None if row is None else sealer.message(*row.values())[1]


@pytest.fixture(scope="module")
async def post(_shared: Any, golden: Any) -> AsyncIterator[Post]:
    provider = Provider(_shared, golden("submitReferral.request.xml").decode())
    await _shared.forget()
    connection = await asyncpg.connect(_shared.admin_url)
    async with sockets.listening(_shared.app) as port:
        yield Post(provider, port, connection)
    await connection.close()


@pytest.fixture(scope="module")
async def meant(post: Post) -> Any:
    """What the golden request means."""
    golden, reference = post.golden()
    post.provider.accepted(await post.send(Sent(golden.encode())))
    return post.taken(reference)


def dashed(told: Any) -> Any:
    """What was told, without the one letter that some character sets lack."""
    match told:
        case dict():
            return {name: dashed(value) for name, value in told.items()}
        case list():
            return [dashed(value) for value in told]
        case str():
            return told.replace("–", "-")
    return told


@pytest.fixture(scope="session")
def referral(zeep_referral: Any) -> dict[str, Any]:
    """The referral that zeep sends, as JSON."""
    told = copy.deepcopy(zeep_referral)
    inner = told.pop("referral")
    inner["persons"] = inner["persons"]["person"]
    inner["grounds"] = inner["grounds"]["ground"]
    inner["assessment"]["answers"] = {"injury": "yes"}
    return {**told, **inner}


class Offices:
    """Appointments by subject: the subject of a token is the role."""

    async def of(self, identity: Any) -> tuple[Appointment, ...]:
        roles = {"coordinator": Appointment("coordinator", {"region": "polva"})}
        return (roles.get(identity.subject) or Appointment(identity.subject),)


class Desk:
    """An operator, or somebody else, in front of the service."""

    def __init__(self, running: Any, issuer: AccessTokenIssuer) -> None:
        self.running, self._issuer = running, issuer

    async def ask(
        self,
        path: str,
        role: str = "operator",
        method: str = "GET",
        purpose: str = "operations",
        **kwargs: Any,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._issuer.issue(role)}", "X-Purpose": purpose}
        headers |= kwargs.pop("headers", {})
        answer: httpx.Response = await self.running.http.request(
            method, f"/api/exchange/v1{path}", headers=headers, **kwargs
        )
        return answer

    async def put(self, *, number: int = 1, state: str = "waiting", **words: Any) -> UUID:
        """A message in the queue, as the worker would leave it."""
        row = {
            "partner": POLIS,
            "stream": uuid4(),
            "reference": REFERENCE,
            "at": AT,
            "reason": None,
        } | words
        message = uuid4()
        queue = {"waiting": "due", "quarantined": "blocked"}[state]
        await self.running.rows(
            """insert into outbox_queue (partner, stream, next_number, head, state, due_at)
               values ($1, $2, $3 + 1, $3, $4, case when $4 = 'due' then now() end)
               on conflict (partner, stream) do update set next_number = excluded.next_number""",
            row["partner"], row["stream"], number, queue,
        )  # fmt: skip
        await self.running.rows(
            """insert into outbox (id, event_id, partner, stream, number, kind, reference, state, reason,
                   code, tries, created_at, protocol, method, target, content_type, digest, key_id)
               values ($1, $2, $3, $4, $5, 'caseNotice', $6, $7, $8, 'NO', 1, $9,
                   'soap', 'POST', '/', 'text/xml', sha256(''), $2)""",
            message, uuid4(), row["partner"], row["stream"], number, row["reference"], state,
            row["reason"] or ("partner-refused" if state == "quarantined" else None), row["at"],
        )  # fmt: skip
        return message


@pytest.fixture
async def desk(start: Any, keys_folder: Path) -> AsyncIterator[Desk]:
    async with start(development=True) as running:
        running.app.state.appointments = Offices()
        issuer = AccessTokenIssuer(
            DEVELOPMENT_ISSUER, keys.load_issuer(keys_folder, "development"), running.clock
        )
        yield Desk(running, issuer)
