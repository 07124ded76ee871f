"""Whatever JSON, or what only looks like it, comes in: a documented refusal, or it was really good."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.contracts import contract, corpora
from tests.contracts.bodies import with_bytes
from tests.contracts.door import CANARY, Call, Door
from tests.contracts.doors import DOORS
from tests.contracts.together import Together, audited, grown

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-json")]
#: Seconds within which every answer comes.
PATIENCE = 20.0  # a hang, not a busy machine
#: Places whose values must also fit rules that no schema tells, such as published words.
RULED = {
    ("agencies",), ("reason",), ("version",), ("referredOn",), ("persons",), ("kind",), ("situation",),
    ("goals",), ("goals", "needs-met"), ("victimsView",), ("closedOn",), ("heldOn",), ("occurredAt",),
    ("members",), ("members", 0), ("place",), ("orderedAt",), ("ground",),
}  # fmt: skip
#: Bodies of the corpus that a usual run sends to one door, and puts into one place, of 318: together all.
AT_A_DOOR, AT_A_PLACE = 48, 12
#: Media types, character sets and kinds of excess that a usual run sends to one door.
OF_A_KIND = 3
MEDIA = ("text/plain", "text/xml", "application/problem+json", "application/json; charset=utf-16", "x", "")
CHARSETS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")
#: Bodies of the corpus that say nothing: a message where everything in it may be left out.
EMPTY = frozenset({"y_object_empty"})
Said = Callable[[], str]
EACH_DOOR = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.operation)


#: Good bodies need the police: tests/exchange/routes/test_callouts.py sends good and bad ones.
ELSEWHERE = {("exchange", "ask_call_outs")}


def test_every_operation_with_a_body_has_a_door() -> None:
    with_body = {
        (name, operation["operationId"])
        for name in contract.DOCUMENTS
        for _, _, operation in contract.operations(name)
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert {(door.document, door.operation) for door in DOORS} == with_body - ELSEWHERE


async def ask(house: Together, door: Door, call: Call, body: bytes, media: str = "application/json") -> Any:
    headers = {**call.headers, "content-type": media}
    began = time.monotonic()
    answer = await house.http[contract.served_by(door.document)].request(
        door.method, call.path, content=body, headers=headers
    )
    assert time.monotonic() - began < PATIENCE, body[:80]
    return answer


def is_good(door: Door, name: str, body: bytes) -> bool | None:
    """Whether the published document allows the body; None where the corpus leaves it open."""
    if name.startswith("n_"):
        return False
    try:
        fits = door.schema.is_valid(json.loads(body))
    except ValueError:  # i_: bytes that are no text
        return None
    return fits if name.startswith("y_") else None if fits else False


def echoed(text: str, sent: bytes) -> bool:
    """Whether an answer or a log repeats what was sent, or one of our markers in it."""
    return CANARY in text or contract.repeats(text, sent.decode("utf-8", "replace"))


async def refused(
    house: Together, door: Door, call: Call, cases: Iterable[tuple[str, bytes, bytes]], said: Said
) -> list[str]:
    """Sends bodies that must be refused; what was not in order. A case: name, body, what is bad in it."""
    wrong, number = [], 0
    before = await house.counts()
    said()
    for name, body, part in cases:
        number += 1
        answer = await ask(house, door, call, body)
        if answer.status_code < 400:
            wrong.append(f"{name}: {answer.status_code}")
            continue
        if why := door.broken(answer):
            wrong.append(f"{name}: {why}")
        if echoed(answer.text, part):
            wrong.append(f"{name}: echoed")
        if echoed(said(), part):
            wrong.append(f"{name}: logged")
    after = await house.counts()
    assert grown(before, after) == {}
    if door.document != "riskscore":  # it has no database
        assert audited(before, after, contract.served_by(door.document)) == (number if door.audited else 0)
    return wrong


@EACH_DOOR
async def test_a_good_body_is_taken(house: Together, door: Door) -> None:
    """Else the refusals below would prove nothing."""
    answer = await ask(house, door, await door.call(house), json.dumps(door.body(house)).encode())
    assert answer.status_code < 300, answer.text
    assert door.schema.is_valid(door.body(house))


@EACH_DOOR
async def test_no_body_of_the_corpus_is_a_message(house: Together, door: Door, said: Said) -> None:
    """INV-16: any bytes have a clean answer."""
    every = corpora.json_bodies()
    bodies = {name: every[name] for name in corpora.share([*every], AT_A_DOOR, door.operation)}
    good = {name for name, body in bodies.items() if is_good(door, name, body)}
    assert good <= EMPTY if door.schema.is_valid({}) else not good
    cases = [(name, body, body) for name, body in bodies.items() if name not in good]
    assert await refused(house, door, await door.call(house), cases, said) == []


@EACH_DOOR
async def test_a_body_of_the_corpus_in_a_place_of_a_message(house: Together, door: Door, said: Said) -> None:
    bodies, wrong = corpora.json_bodies(), []
    call = await door.call(house)
    for place in door.places:
        chosen = corpora.share([*bodies], AT_A_PLACE, f"{door.operation} {place}")
        whole = {name: with_bytes(door.body(house), place, bodies[name]) for name in chosen}
        good = {name: is_good(door, name, body) for name, body in whole.items()}
        bad = [(f"{place} {name}", whole[name], bodies[name]) for name in chosen if good[name] is False]
        wrong += await refused(house, door, call, bad, said)
        for name in chosen:
            if good[name] is False:
                continue
            answer = await ask(house, door, await door.call(house), whole[name])
            if good[name] and place not in RULED and answer.status_code >= 300:
                wrong.append(f"{place} {name}: a good one: {answer.status_code} {answer.text}")
            elif answer.status_code >= 300 and (why := door.broken(answer)):
                wrong.append(f"{place} {name}: {why}")
    assert wrong == []


@EACH_DOOR
async def test_another_media_type_is_refused(house: Together, door: Door) -> None:
    body = json.dumps(door.body(house)).encode()
    call = await door.call(house)
    for media in corpora.share(MEDIA, OF_A_KIND, door.operation):
        answer = await ask(house, door, call, body, media)
        assert answer.status_code == 415, media
        assert door.broken(answer) is None, media
        assert not echoed(answer.text, body), media


@EACH_DOOR
async def test_another_character_set_is_no_json(house: Together, door: Door) -> None:
    call = await door.call(house)
    for charset in corpora.share(CHARSETS, OF_A_KIND, door.operation):
        answer = await ask(house, door, call, json.dumps(door.body(house)).encode(charset))
        assert answer.status_code == 422, charset
        assert door.broken(answer) is None, charset


MIB = 1 << 20
EXCESS = {
    "a long text": json.dumps(CANARY * ((MIB - 2) // len(CANARY))).encode(),
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "wide": b"[" + b"1," * 500_000 + b"1]",
    "many keys": json.dumps({f"{CANARY}{n}": n for n in range(9_000)}).encode(),
    "far too many keys": json.dumps({f"{CANARY}{n}": n for n in range(30_000)}).encode(),
    "same keys": b"{" + b'"a":1,' * 150_000 + b'"a":1}',
    "digits": b"9" * (MIB - 1),
    "a long fraction": b"0." + b"9" * (MIB - 3),
    "an exponent": b"1e" + b"9" * 1000,
    "quotes": b'"' * (MIB - 1),
    "backslashes": b'"' + b"\\" * (MIB - 3),
    "escapes": b'["' + b"\\ud800" * 100_000 + b'"]',
    "nothing": b"",
    "nul": b"\0" * 1000,
}


@EACH_DOOR
async def test_too_much_of_anything_is_refused(house: Together, door: Door, said: Said) -> None:
    chosen = corpora.share([*EXCESS], OF_A_KIND, door.operation)
    cases = [(name, EXCESS[name], EXCESS[name][:200]) for name in chosen]
    assert await refused(house, door, await door.call(house), cases, said) == []


@EACH_DOOR
async def test_a_byte_more_than_a_mebibyte_is_too_large(house: Together, door: Door) -> None:
    call = await door.call(house)
    before = await house.counts()
    answer = await ask(house, door, call, json.dumps(door.body(house)).encode().ljust(MIB + 1))
    assert answer.status_code == 413
    assert door.broken(answer) is None
    assert CANARY not in answer.text
    assert grown(before, await house.counts()) == {}
