"""Requests over REST as security servers forward them and other libraries write them, over real HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.exchange.routes import sockets

START = "POST /xroad/rest/marac/v1/referrals HTTP/1.1"
CLIENT = "X-Road-Client: ee-dev/GOV/70009770/star"
JSON = "Content-Type: application/json"
ID = "X-Road-Id: {}"
UTF_8 = "Päring nr 7".encode().decode("latin-1")


@dataclass(frozen=True)
class Trait:
    """Header fields beside the length, how the body is written, and the slug of the refusal, if it is one."""

    fields: tuple[str, ...] = (CLIENT, ID, JSON)
    slug: str | None = None
    mark: bytes = b""
    ascii_only: bool = False
    indent: int | None = None
    encoding: str = "utf-8"


def more(*fields: str) -> tuple[str, ...]:
    return (CLIENT, ID, JSON, *fields)


def typed(content_type: str) -> tuple[str, ...]:
    return (CLIENT, ID, f"Content-Type: {content_type}")


TRAITS: dict[str, Trait] = {
    "plain": Trait(),
    "names in capitals": Trait((CLIENT.replace("X-Road-Client", "X-ROAD-CLIENT"), ID, JSON)),
    "names in small letters": Trait(("x-road-client:ee-dev/GOV/70009770/star", "x-road-id: {}\t", JSON)),
    "a client with encoded letters": Trait(("X-Road-Client: ee%2Ddev/GOV/7000%39770/st%61r", ID, JSON)),
    "a client of two parts": Trait(("X-Road-Client: ee-dev/GOV", ID, JSON), "invalid-header-field"),
    "a client with a broken encoding": Trait(
        ("X-Road-Client: ee-dev/GOV/70009770/st%ar", ID, JSON), "invalid-header-field"
    ),
    "a client after a slash": Trait(
        ("X-Road-Client: /ee-dev/GOV/70009770/star", ID, JSON), "invalid-header-field"
    ),
    "no client": Trait((ID, JSON), "missing-header-field"),
    "no id": Trait((CLIENT, JSON), "missing-header-field"),
    "an id as security servers make it": Trait((CLIENT, "X-Road-Id: ee-dev-{}", JSON)),
    "a user, an issue, a party, a server": Trait(
        more(
            "X-Road-UserId: EE38501170364",
            f"X-Road-Issue: {UTF_8}",
            "X-Road-Represented-Party: COM/1",
            "X-Road-Security-Server: ee-dev/GOV/70001975/ss1",
            "X-Road-Request-Id: 5f1c3c1e",
            "X-Road-Service: a",
        )
    ),
    "a party of one part": Trait(more("X-Road-Represented-Party: 1")),
    "a party of three parts": Trait(more("X-Road-Represented-Party: a/b/c"), "invalid-header-field"),
    "an empty issue": Trait(more("X-Road-Issue:")),
    "a hash that means nothing": Trait(more("X-Road-Request-Hash: eA==", "X-Road-Content-Type: a")),
    "what an older server adds": Trait(more("X-Road-Message-Type: REST", "Via: 1.1 a", "Cookie: a=b")),
    "two clients": Trait(more(CLIENT), "duplicate-header-field"),
    "a charset": Trait(typed("application/json;charset=UTF-8")),
    "a quoted charset": Trait(typed('application/json; charset="utf-8"')),
    "another parameter": Trait(typed("application/json; odata.metadata=minimal")),
    "a semicolon at the end": Trait(typed("application/json;")),
    "in capitals": Trait(typed("APPLICATION/JSON")),
    "another charset": Trait(typed("application/json; charset=latin-1"), "unsupported-media-type"),
    "another type": Trait(typed("text/plain"), "unsupported-media-type"),
    "no type": Trait((CLIENT, ID), "unsupported-media-type"),
    "escaped letters": Trait(ascii_only=True),
    "in lines": Trait(indent=2),
    "with a mark": Trait(slug="malformed", mark=b"\xef\xbb\xbf"),
    "in utf-16": Trait(slug="malformed", encoding="utf-16"),
    "an answer in XML": Trait(more("Accept: text/xml")),
    "an answer of any kind": Trait(more("Accept: */*", "Accept-Language: et-EE,et;q=0.8")),
}


@pytest.fixture(scope="module")
async def port(_shared: Any) -> AsyncIterator[int]:
    await _shared.forget()
    async with sockets.listening(_shared.app) as found:
        yield found


@pytest.mark.parametrize("name", TRAITS)
async def test_a_foreign_request_over_rest_is_read_or_refused(
    port: int, referral: dict[str, Any], name: str
) -> None:
    trait, message_id = TRAITS[name], str(uuid4())
    told = {**referral, "senderReference": f"R-{message_id[:8]}"}
    text = json.dumps(told, ensure_ascii=trait.ascii_only, indent=trait.indent)
    body = trait.mark + text.encode(trait.encoding)
    fields = [field.replace("{}", message_id) for field in trait.fields]
    head = sockets.head(*fields, f"Content-Length: {len(body)}", start=START)
    (answer,) = await sockets.sent(port, head + body)
    said = json.loads(answer.content)
    if trait.slug is None:
        assert answer.status_code == 200, answer.text
        assert said["status"] == "AWAITING_SCREENING"
        sent_id = next(field for field in fields if field.lower().startswith("x-road-id"))
        assert answer.headers["x-road-id"] == sent_id.partition(":")[2].strip()
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert said["type"].rpartition(":")[2] == trait.slug
        assert 400 <= answer.status_code < 500
        assert "Mari" not in answer.text
