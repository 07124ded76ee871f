"""Messages that are wrong in one place each, with a canary there: every field, every kind of mistake."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from lxml import etree

from tests.system.canaries import ACCENTED, CORE
from tests.system.letters import Letter, write

Path = tuple[str | int, ...]
LONG = CORE * 400
#: Stored as they come and shown to operators: the contract says that they hold nothing personal.
OPEN = frozenset({"senderReference"})
#: In place of any value: another type, too much, something else in the right type.
WRONG: tuple[Any, ...] = ({CORE: ACCENTED}, [CORE, ACCENTED], LONG, CORE, f" {ACCENTED}\u0000", 31.0827)


def places(content: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a JSON value, inner ones too."""
    if path:
        yield path
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(content, dict):
        items = iter(content.items())
    elif isinstance(content, list):
        items = iter(enumerate(content))
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(content: Any, path: Path, value: Any) -> Any:
    """A copy with another value in one place."""
    made = copy.deepcopy(content)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return made


def spoilt(content: Mapping[str, Any]) -> Iterator[bytes]:
    """JSON bodies, each wrong in one place."""
    for path in places(content):
        if path[-1] in OPEN:
            continue
        for wrong in WRONG:
            yield json.dumps(replaced(content, path, wrong), ensure_ascii=False).encode("utf-8")
        if isinstance(path[-1], str):
            yield json.dumps(replaced(content, (*path[:-1], CORE), ACCENTED)).encode()
    whole = json.dumps(content, ensure_ascii=False)
    yield whole[: len(whole) // 2].encode("utf-8", "ignore")
    yield whole.encode("utf-16")
    yield whole.encode("latin-1", "replace") + b"\xe9"
    yield f'{{"{CORE}": 1, "{CORE}": 2}}'.encode()
    yield f'["{ACCENTED}", NaN]'.encode()
    yield f'{{"event": "{CORE}\\ud800"}}'.encode()


def spoilt_xml(letter: Letter) -> Iterator[bytes]:
    """SOAP messages, each wrong in one place: header fields as well as the body's."""
    number = len(list(etree.fromstring(letter.body).iter("{*}*")))
    for index in range(1, number):
        for spoil in (_text, _child, _attribute, _sibling):
            root = etree.fromstring(letter.body)
            spoil(list(root.iter("{*}*"))[index])
            yield etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    body = letter.body.decode()
    yield body[: len(body) // 2].encode()
    yield body.replace("?>", f'?><!DOCTYPE {CORE} [<!ENTITY x "{ACCENTED}">]>', 1).encode()
    yield body.replace("</", f"<{CORE}></", 1).encode()
    yield body.replace(">1<", f">&{CORE};<", 1).encode()
    yield letter.body + CORE.encode()
    yield letter.body.replace(b"Envelope", CORE.encode())


def with_new_id(letter: Letter, body: bytes) -> bytes:
    """The bytes under an id that was never used, when the id is still in them."""
    return body.replace(letter.message_id.encode(), str(uuid4()).encode())


def headers() -> Iterator[dict[str, str]]:
    """Fields of the protocol and of HTTP that are wrong, or are not for us."""
    word = f"{CORE} {CORE}"  # a space stands in no identifier
    for name in ("X-Road-Client", "X-Road-Id", "X-Road-Represented-Party", "X-Road-Security-Server"):
        yield {name: word}
    for name in ("X-Road-UserId", "X-Road-Issue", "Content-Type", "Accept", "Accept-Language", "User-Agent"):
        yield {name: CORE * (400 if name.startswith("X-Road") else 1)}
    for name in ("Cookie", "Referer", "X-Forwarded-For", "Forwarded", f"X-{CORE}", "Traceparent"):
        yield {name: CORE}
    for name in ("Authorization", "X-Purpose", "If-Match"):
        yield {name: f"{CORE}"}
    yield {"Authorization": f"Bearer {CORE}"}
    yield {"Authorization": f"Bearer {CORE}.{CORE}.{CORE}"}
    yield {"Idempotency-Key": CORE * 100}


def letter_from(partner: str, number: int, content: Mapping[str, Any]) -> Letter:
    """A valid letter of canaries under an id of its own."""
    return write(partner, str(uuid4()), f"CANARY-{number:04d}", content)


def _text(element: etree._Element) -> None:
    for child in list(element):
        element.remove(child)
    element.text = LONG


def _child(element: etree._Element) -> None:
    etree.SubElement(element, CORE).text = ACCENTED


def _attribute(element: etree._Element) -> None:
    element.set(CORE, ACCENTED)


def _sibling(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        other = etree.Element(f"{{urn:{CORE}}}{CORE}")
        other.text = ACCENTED
        parent.insert(0, other)
