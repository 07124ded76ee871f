"""Naughty strings in every parameter of every operation: path, query and headers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from services.kit.ids import new_reference
from tests.contracts import contract, corpora
from tests.contracts.doors import DOORS
from tests.contracts.together import POLIS, Together, grown

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-parameters")]
Said = Callable[[], str]
#: Strings of the corpus that a usual run takes for one parameter, of 515; together they cover it.
AT_A_PARAMETER = 10
#: Headers that are in no document and mean something to somebody.
UNTOLD = (
    *("authorization", "accept", "accept-language", "content-type", "content-length", "x-request-id"),
    *("host", "cookie", "user-agent", "x-forwarded-for", "traceparent", "content-encoding", "expect"),
    *("x-road-client", "x-road-id", "x-road-userid", "x-road-issue", "x-road-represented-party"),
    *("x-road-security-server", "x-road-request-id", "x-purpose"),
)
#: Read by the same lines of `kit` on every path: a single thing and a list of each service will do.
OF_READERS = {"fields", "expand"}
READ = {"get_case", "list_cases", "list_messages", "get_message", "list_indicators"}
#: Good values, for the parameters of a path.
PATHS: Mapping[str, Callable[[], str]] = {
    "reference": new_reference,
    "version": lambda: "1",
    "instrument": lambda: "dash",
    "indicator": lambda: "people-served",
}


def _parameters() -> Iterator[tuple[str, str, str, str, str]]:
    for name in contract.DOCUMENTS:
        for method, path, operation in contract.operations(name):
            for parameter in operation.get("parameters", ()):
                if parameter["name"] not in OF_READERS or operation["operationId"] in READ:
                    yield name, method, path, parameter["in"], parameter["name"]


PARAMETERS = [pytest.param(*each, id=f"{each[1]} {each[2]} {each[4]}") for each in _parameters()]


def caller(house: Together, document: str, operation: str) -> dict[str, str]:
    if document == contract.MARAC:
        return house.xroad(POLIS)
    return {} if operation == "create_session" else house.caller(document, operation)


def filled(path: str, given: Mapping[str, str]) -> str:
    """A path template with good values but for what is given."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        value = given.get(name) or PATHS.get(name, lambda: str(uuid4()))()
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def fits(where: str, text: str) -> bool:
    """Whether HTTP can carry the text there at all."""
    if where == "path":
        return text not in {"", ".", ".."}
    return where == "query" or not any(letter in text for letter in "\r\n\0")


def asked(where: str, name: str, path: str, headers: Mapping[str, str], text: str) -> dict[str, Any]:
    """The parts of a request that has the text in one parameter."""
    encoded = {key: value.encode() for key, value in headers.items()}
    if where == "header":
        return {"url": filled(path, {}), "headers": encoded | {name.lower(): text.encode()}}
    if where == "path":
        return {"url": filled(path, {name: text}), "headers": encoded}
    return {"url": f"{filled(path, {})}?{name}={quote(text, safe='')}", "headers": encoded}


def judged(answer: Any, document: str, operation: str, text: str) -> str | None:
    """What is wrong with an answer; a path that leads nowhere is nobody's operation."""
    if answer.status_code < 400:
        return None
    if answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json":
        why = None
    else:
        why = contract.broken(answer, document, operation)
    return "repeated" if contract.repeats(answer.text, text) else why


@pytest.mark.parametrize(("document", "method", "path", "where", "name"), PARAMETERS)
async def test_anything_in_a_parameter_is_understood_or_refused(  # noqa: PLR0913, PLR0917 - a parameter's address
    house: Together, said: Said, document: str, method: str, path: str, where: str, name: str
) -> None:
    operation = contract.document(document)["paths"][path][method.lower()]["operationId"]
    strings = corpora.share(corpora.naughty_strings(), AT_A_PARAMETER, f"{operation} {name}")
    client = house.http[contract.served_by(document)]
    has_body = any(each.operation == operation for each in DOORS)
    before, wrong = await house.counts(), []
    said()
    for text in strings:
        if not fits(where, text):
            continue
        parts = asked(where, name, path, caller(house, document, operation), text)
        answer = await client.request(method, **parts, **({"json": {}} if has_body else {}))
        if why := judged(answer, document, operation, text):
            wrong.append((text, why))
        if contract.repeats(said(), text):
            wrong.append((text, "logged"))
    assert wrong == []
    assert grown(before, await house.counts()) == {}


@pytest.mark.parametrize("name", UNTOLD)
@pytest.mark.parametrize("document", contract.DOCUMENTS)
async def test_anything_in_a_header_that_no_document_tells_of(
    house: Together, said: Said, document: str, name: str
) -> None:
    method, path, operation = next(
        each for each in contract.operations(document) if each[0] == "GET" and each[2].get("parameters")
    )
    strings = corpora.share(corpora.naughty_strings(), AT_A_PARAMETER // 3, f"{document} {name}")
    before, wrong = await house.counts(), []
    said()
    for text in [text for text in strings if fits("header", text)]:
        headers = caller(house, document, operation["operationId"])
        parts = asked("header", name, path, headers, text)
        answer = await house.http[contract.served_by(document)].request(method, **parts)
        if why := judged(answer, document, operation["operationId"], text):
            wrong.append((text, why))
        if contract.repeats(said(), text):
            wrong.append((text, "logged"))
    assert wrong == []
    assert grown(before, await house.counts()) == {}


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Road-Id", "X-Road-UserId", "X-Road-Issue"])
async def test_a_write_whose_header_is_odd_is_done_whole_or_not_at_all(
    house: Together, said: Said, name: str
) -> None:
    operation = "submit_referral" if name.startswith("X-Road") else "enter_referral"
    door = next(each for each in DOORS if each.operation == operation)
    strings = corpora.share(corpora.naughty_strings(), AT_A_PARAMETER, name)
    for text in [text for text in strings if fits("header", text)]:
        call = await door.call(house)
        headers = {key: value.encode() for key, value in call.headers.items()} | {name.lower(): text.encode()}
        before = (await house.counts())["cases.referral"]
        answer = await house.http[contract.served_by(door.document)].request(
            door.method, call.path, headers=headers, json=door.body(house)
        )
        after = (await house.counts())["cases.referral"]
        assert judged(answer, door.document, operation, text) is None, (text, answer.text)
        assert after - before == (answer.status_code < 300), text
        assert not contract.repeats(said(), text)


RAW = (
    *(b"%00", b"%ff", b"%c0%ae%c0%ae", b"%ed%a0%80", b"%", b"%zz", b"a%0d%0aX: y", b"\xff", b"%u0041"),
    *(b"..%2f..%2fetc%2fpasswd", b"%2e%2e/", b"//", b";a=b", b"%252e", b"a" * 8000, b"%ef%bf%bd"),
)


@pytest.mark.parametrize("raw", RAW, ids=[repr(raw[:20]) for raw in RAW])
async def test_bytes_that_are_no_text_in_an_address_are_refused(house: Together, raw: bytes) -> None:
    for document in contract.DOCUMENTS:
        for method, path, operation in contract.operations(document):
            if method != "GET":
                continue
            headers = list(caller(house, document, operation["operationId"]).items())
            for target in (
                filled(path, {}).encode() + b"?limit=" + raw,
                filled(path, {}).encode() + b"?" + raw + b"=1",
                filled(path, {}).encode() + b"/" + raw,
            ):
                status, told = await bare(house.apps[contract.served_by(document)], target, headers)
                assert status < 500, (target, status)
                assert status < 400 or b"urn:turvavork:problem:" in told, target


async def bare(app: Any, target: bytes, headers: list[tuple[str, str]]) -> tuple[int, bytes]:
    """A request as the server hands it on, with bytes that no client library would send."""
    path, _, query = target.partition(b"?")
    decoded = bytearray()
    rest = path
    while rest:  # what the server does: percent signs first, then UTF-8 with replacement
        if (
            rest[:1] == b"%"
            and len(rest) > 2
            and all(byte in b"0123456789abcdefABCDEF" for byte in rest[1:3])
        ):
            decoded += bytes.fromhex(rest[1:3].decode())
            rest = rest[3:]
        else:
            decoded += rest[:1]
            rest = rest[1:]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": bytes(decoded).decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "scheme": "http",
        "root_path": "",
        "server": ("a", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(key.encode(), value.encode()) for key, value in headers],
    }
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(part: Mapping[str, Any]) -> None:
        sent.append(part)

    await app(scope, receive, send)
    return int(sent[0]["status"]), b"".join(part.get("body", b"") for part in sent)
