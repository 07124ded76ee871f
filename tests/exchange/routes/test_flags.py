"""getFlags, SOAP and REST: yes, no, or that it is not known now; counted, recorded, and never guessed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from lxml import etree

from services.exchange.outbound.breaker import FAILURES

POLIS, STAR = "ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"
HER, OTHER = "48805042711", "60001017869"
ASKER, MATTER = "EE38501170364", "2017-1203"
NAMED = {"x-road-userid": ASKER, "x-road-issue": MATTER}
COUNTED = "select client, day, asked from flag_count order by client, day"
Ask = Callable[..., Any]


@pytest.fixture
def soap(exchange: Any, golden: Callable[[str], bytes]) -> Ask:
    """The golden question about somebody, with one text in the place of another."""

    async def ask(code: str = HER, *changes: tuple[bytes, bytes]) -> httpx.Response:
        body = golden("getFlags.request.xml").replace(HER.encode(), code.encode())
        for old, new in changes:
            assert old in body
            body = body.replace(old, new)
        answer: httpx.Response = await exchange.soap(body)
        return answer

    return ask


@pytest.fixture
def rest(exchange: Any) -> Ask:
    async def ask(code: Any = HER, client: str = POLIS, **named: str) -> httpx.Response:
        headers = NAMED if not named else {name.replace("_", "-"): value for name, value in named.items()}
        answer: httpx.Response = await exchange.rest(
            "POST", "/flags", client=client, json={"personalCode": code}, headers=headers
        )
        return answer

    return ask


@pytest.fixture
def quota(exchange: Any) -> Iterator[Callable[[int], None]]:
    """So many questions a day, in place of the usual."""

    door = exchange.app.state.xroad

    def set_(most: int) -> None:
        exchange.app.state.xroad = replace(door, flags=replace(door.flags, most=most))

    yield set_
    exchange.app.state.xroad = door


def wrapper(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    assert payload.tag == "{http://turvavork.x-road.eu/producer}getFlagsResponse"
    return {child.tag: child.text for child in payload}


def fault(answer: httpx.Response) -> str:
    assert answer.status_code == 500
    return str(etree.fromstring(answer.content).findtext(".//faultcode"))


async def test_yes_and_no_are_what_the_register_says(exchange: Any, soap: Ask, rest: Ask) -> None:
    exchange.cases.flagged = {HER}
    assert wrapper(await soap(HER)) == {"flag": "yes"}
    assert wrapper(await soap(OTHER)) == {"flag": "no"}
    assert (await rest(HER)).content == b'{"flag":"yes"}'
    assert (await rest(OTHER)).content == b'{"flag":"no"}'


async def test_whatever_else_the_register_would_say_stays_here(exchange: Any, soap: Ask, rest: Ask) -> None:
    told = {"flag": "yes", "caseId": "c-1", "region": "polva", "since": "2017-05-01"}
    exchange.cases.flag_answer = httpx.Response(200, json=told)
    assert wrapper(await soap()) == {"flag": "yes"}
    assert (await rest()).content == b'{"flag":"yes"}'


async def test_the_register_is_asked_for_the_client_and_its_purpose(exchange: Any, soap: Ask) -> None:
    await soap()
    (request,) = exchange.cases.flags
    assert (request.method, request.url.path) == ("POST", "/api/cases/v1/flags")
    assert request.headers["x-purpose"] == "flagging"
    assert json.loads(request.content) == {"personalCode": HER}


async def test_nothing_of_a_person_is_in_an_address(exchange: Any, soap: Ask, rest: Ask) -> None:
    await soap()
    await rest()
    assert len(exchange.cases.flags) == 2
    assert not [one for one in exchange.cases.flags if HER in str(one.url)]


@pytest.mark.parametrize("field", ["userId", "issue"])
async def test_who_asks_and_in_which_matter_must_be_said(
    exchange: Any, soap: Ask, rest: Ask, field: str
) -> None:
    value = {"userId": ASKER, "issue": MATTER}[field]
    element = f"<xrd:{field}>{value}</xrd:{field}>".encode()
    for without in (b"", f"<xrd:{field}> </xrd:{field}>".encode()):
        answer = await soap(HER, (element, without))
        assert fault(answer) == "env:Client.missing_header_field"
        assert field in answer.text
    named = {"x_road_userid": ASKER, "x_road_issue": MATTER}
    named.pop(f"x_road_{field.lower()}")
    answer = await rest(HER, **named)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:turvavork:problem:missing-header-field")
    assert exchange.cases.flags == []
    assert await exchange.rows(COUNTED) == []


async def test_without_a_right_nobody_learns_anything(exchange: Any, soap: Ask, rest: Ask) -> None:
    exchange.cases.flagged = {HER}
    star = ((b"70008747", b"70009770"), (b">polis<", b">star<"))
    assert fault(await soap(HER, *star)) == "env:Client.access_denied"
    answer = await rest(HER, STAR)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:turvavork:problem:access-denied")
    assert exchange.cases.flags == []
    rows = await exchange.rows("select actor, operation, purpose, decision from audit")
    assert [tuple(row.values()) for row in rows] == [(STAR, "get_flags", "flagging", "deny")] * 2


@pytest.mark.parametrize("answer", [401, 403, 404, 422, 429, 500, 502, 503])
async def test_what_the_register_does_not_answer_is_never_a_no(
    exchange: Any, soap: Ask, rest: Ask, answer: int
) -> None:
    exchange.cases.flag_answer = httpx.Response(answer, json={"flag": "no"})
    await _not_known(soap, rest)
    assert [row["asked"] for row in await exchange.rows(COUNTED)] == [0]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"flag": None},
        {"flag": "maybe"},
        {"flag": False},
        {"flag": ["no"]},
        [],
        "no",
        None,
        {"Flag": "no"},
    ],
)
async def test_what_is_neither_yes_nor_no_is_never_a_no(
    exchange: Any, soap: Ask, rest: Ask, told: Any
) -> None:
    exchange.cases.flag_answer = httpx.Response(200, json=told)
    await _not_known(soap, rest)


@pytest.mark.parametrize("bytes_", [b"", b'{"flag":"no"', b'{"flag":"no","flag":"no"}', b"no", b"\xff"])
async def test_bytes_that_are_no_answer_are_never_a_no(
    exchange: Any, soap: Ask, rest: Ask, bytes_: bytes
) -> None:
    exchange.cases.flag_answer = httpx.Response(
        200, content=bytes_, headers={"content-type": "application/json"}
    )
    await _not_known(soap, rest)


async def test_while_the_register_is_away_it_is_not_known(exchange: Any, soap: Ask, rest: Ask) -> None:
    exchange.cases.mode = "down"
    for _ in range(FAILURES):
        await _not_known(soap, rest)
    assert len(exchange.cases.flags) == FAILURES  # then it is left alone for a moment
    assert [row["asked"] for row in await exchange.rows(COUNTED)] == [0]
    exchange.cases.mode = "ok"
    exchange.app.state.xroad.flags.register._breaker.succeeded()
    assert wrapper(await soap()) == {"flag": "no"}


async def _not_known(soap: Ask, rest: Ask) -> None:
    assert fault(await soap()) == "env:Server.upstream_unavailable"
    answer = await rest()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:turvavork:problem:upstream-unavailable")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("48805042712", "check-digit"),
        ("4880504271", "form"),
        ("EE488050427", "form"),
        ("98805042711", "century"),
    ],
)
async def test_what_is_no_code_is_told_and_neither_asked_nor_counted(
    exchange: Any, soap: Ask, rest: Ask, code: str, wrong: str
) -> None:
    told = wrapper(await soap(code))
    assert told["faultCode"] == "flag-question-invalid"
    answer = await soap(code)
    (path,) = etree.fromstring(answer.content).iterfind(".//error/path")
    assert path.text == "/getFlags/personalCode"
    over_rest = await rest(code)
    assert over_rest.status_code == 422
    (error,) = over_rest.json()["errors"]
    assert error["pointer"] == "/personalCode"
    assert wrong in error["code"]
    assert code not in answer.text + over_rest.text
    assert exchange.cases.flags == []
    assert await exchange.rows(COUNTED) == []


@pytest.mark.parametrize("body", [{}, {"personalCode": None}, {"personalCode": 48805042711}, {"name": "M"}])
async def test_a_body_of_another_form_is_malformed(exchange: Any, body: Any) -> None:
    answer = await exchange.rest("POST", "/flags", client=POLIS, json=body, headers=NAMED)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:turvavork:problem:malformed")
    rows = await exchange.rows("select operation, purpose, decision from audit")
    assert [tuple(row.values()) for row in rows] == [("get_flags", "flagging", "deny")]


async def test_every_answer_leaves_its_rows_and_no_code(exchange: Any, soap: Ask, rest: Ask) -> None:
    exchange.cases.flagged = {HER}
    for ask in (soap, rest):
        for code in (HER, OTHER):
            await ask(code)
    audit = await exchange.rows(
        "select actor, action, purpose, client, rule_id, objects, cast(audit as text) as whole from audit"
    )
    said = [(row["actor"], row["action"], row["purpose"], row["client"], row["rule_id"]) for row in audit]
    assert sorted(said) == sorted(
        (POLIS, action, "flagging", POLIS, "xroad-flags") for action in ("receive", "disclose") * 4
    )
    assert len({row["objects"][0] for row in audit}) == 2
    assert len({row["objects"][1] for row in audit}) == 1
    logged = await exchange.rows("select canonical, cast(message_log as text) as whole from message_log")
    records = [json.loads(row["canonical"]) for row in logged]
    assert [(one["what"], one["operation"], one["result"]) for one in records] == [
        ("answered", "get_flags", "done")
    ] * 4
    assert all(len(one["userId"]) == len(one["issue"]) == 32 for one in records)
    assert {one["digest"] for one in records} == {None}  # whoever has it could try codes
    whole = "".join(str(row) for row in (*audit, *logged))
    for secret in (HER, OTHER, ASKER, MATTER):
        assert secret not in whole


async def test_a_refusal_has_no_digest_either(exchange: Any, soap: Ask, rest: Ask) -> None:
    await soap("48805042712")
    await rest("48805042712")
    await rest("48805042712", STAR)
    rows = await exchange.rows("select canonical from message_log")
    assert [json.loads(row["canonical"])["digest"] for row in rows] == [None] * 3


async def test_the_quota_is_counted_for_each_client_and_both_ways_together(
    exchange: Any, soap: Ask, rest: Ask, quota: Callable[[int], None]
) -> None:
    quota(3)
    assert wrapper(await soap()) == {"flag": "no"}
    assert (await rest()).status_code == 200
    assert wrapper(await soap()) == {"flag": "no"}
    refused = wrapper(await soap())
    assert refused["faultCode"] == "quota-used"
    answer = await rest()
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:turvavork:problem:quota-used")
    assert answer.headers["retry-after"] == str(9 * 3600)  # 12:00 UTC is 15:00 in Tallinn
    assert len(exchange.cases.flags) == 3
    (row,) = await exchange.rows(COUNTED)
    assert (row["client"], row["day"].isoformat(), row["asked"]) == (POLIS, "2017-05-04", 3)
    denied = await exchange.rows("select problem from audit where decision = 'deny'")
    assert [row["problem"] for row in denied] == ["quota-used"] * 2


async def test_a_new_day_of_estonia_begins_the_quota_anew(
    exchange: Any, rest: Ask, quota: Callable[[int], None]
) -> None:
    quota(1)

    async def at(hour: int, minute: int, second: int = 0) -> httpx.Response:
        moment = datetime(2017, 5, 4, hour, minute, second, tzinfo=UTC)
        exchange.clock.advance(moment - exchange.clock.now())
        answer: httpx.Response = await rest()
        return answer

    assert (await at(12, 0)).status_code == 200
    late = await at(20, 59, 59)
    assert (late.status_code, late.headers["retry-after"]) == (429, "1")
    assert (await at(21, 0)).status_code == 200
    assert (await at(21, 0)).status_code == 429
    assert [row["day"].day for row in await exchange.rows(COUNTED)] == [4, 5]


async def test_at_the_limit_as_many_get_an_answer_as_may(
    exchange: Any, rest: Ask, quota: Callable[[int], None]
) -> None:
    quota(7)
    exchange.cases.delay = 0.05
    answers = await asyncio.gather(*(rest() for _ in range(19)))
    assert sorted(one.status_code for one in answers) == [200] * 7 + [429] * 12
    assert len(exchange.cases.flags) == 7
    assert [row["asked"] for row in await exchange.rows(COUNTED)] == [7]


async def test_no_answer_leaves_without_its_row(exchange: Any, soap: Ask, rest: Ask) -> None:
    exchange.cases.flagged = {HER}
    await exchange.rows("alter table audit add constraint closed check (action <> 'disclose') not valid")
    try:
        answers = [await soap(), await rest()]
    finally:
        await exchange.rows("alter table audit drop constraint closed")
    assert [one.status_code for one in answers] == [500, 503]
    assert "yes" not in answers[0].text + answers[1].text


async def test_a_question_is_not_asked_without_its_row(exchange: Any, rest: Ask) -> None:
    await exchange.rows("alter table audit add constraint closed check (action <> 'receive') not valid")
    try:
        answer = await rest()
    finally:
        await exchange.rows("alter table audit drop constraint closed")
    assert answer.status_code == 503
    assert exchange.cases.flags == []
    assert await exchange.rows(COUNTED) == []
