"""The Data Tracker's question in its older form, over SOAP: the same rows, and the same silence."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import zeep
from lxml import etree

from services.exchange.wire import schema
from services.kit import keys
from services.kit.sealed import BlindIndex
from tests.cases.statements import heard

FILE = "findusage.wsdl"
NAMESPACE = "{http://dumonitor.x-road.eu/producer}"
HER, OTHER, UNKNOWN = "EE48805042711", "EE38501170364", "EE60001017869"
AT = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
WINDOW = "<offset>0</offset>\n      <limit>2</limit>"
_KEEP = """
    insert into data_usage (id, subject, occurred_at, action, receiver_code, receiver_system, receiver_name,
        case_handle, state, recorded_at)
    select gen_random_uuid(), $1, $2::timestamptz + make_interval(mins => n), 'Teade', $3, 'star', $4, $5, $6,
        $2::timestamptz
    from generate_series(1, $7) n
"""
Ask = Callable[..., Any]


@pytest.fixture
def ask(exchange: Any, golden: Callable[[str], bytes]) -> Ask:
    """The golden question by somebody, for some rows."""

    async def run(code: str = HER, window: str = "", *changes: tuple[str, str]) -> httpx.Response:
        body = golden("findUsage.request.xml").decode()
        for old, new in ((HER, code), (WINDOW, window), *changes):
            assert old in body
            body = body.replace(old, new)
        answer: httpx.Response = await exchange.soap(body.encode())
        return answer

    return run


@pytest.fixture
def keep(exchange: Any, keys_folder: Any) -> Ask:
    """Rows as the store has them, a minute apart."""
    index = BlindIndex(keys.load_secret(keys_folder, keys.DISCLOSURES))

    async def run(
        code: str = HER,
        state: str = "released",
        *,
        to: str = "70009770",
        name: str | None = "STAR",
        many: int = 1,
    ) -> None:
        connection = await asyncpg.connect(exchange.admin_url)
        try:
            subject = index.of("personal-code", code.removeprefix("EE"))
            await connection.execute(_KEEP, subject, AT, to, name, uuid4().hex, state, many)
        finally:
            await connection.close()

    return run


def usages(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    assert payload.tag == f"{NAMESPACE}findUsageResponse"
    schema.check(payload, FILE)
    return [{child.tag: child.text for child in row} for row in payload]


def body_of(answer: httpx.Response) -> bytes:
    """What is told, without the header that is echoed: whose code was asked for stands there."""
    assert answer.status_code == 200, answer.text
    return etree.tostring(etree.fromstring(answer.content)[1], method="c14n", exclusive=True)


def fault(answer: httpx.Response) -> str:
    assert answer.status_code == 500
    return str(etree.fromstring(answer.content).findtext(".//faultcode"))


async def test_d11_the_subject_is_who_asks_and_a_hundred_rows_are_told_newest_first(
    ask: Ask, keep: Ask
) -> None:
    await keep(many=103)
    await keep(OTHER, many=3)
    told = usages(await ask())
    assert len(told) == 100
    assert told[0] == {"logtime": "2026-12-01T11:43:00Z", "action": "Teade", "receiver": "STAR"}
    times = [row["logtime"] for row in told]
    assert times == sorted(times, reverse=True)
    assert len(usages(await ask(OTHER))) == 3
    assert usages(await ask(UNKNOWN)) == []


async def test_d11_rows_are_cut_as_over_rest(ask: Ask, keep: Ask) -> None:
    await keep(many=5)

    async def minutes(window: str) -> list[str]:
        return [row["logtime"][14:16] for row in usages(await ask(HER, window))]

    assert await minutes("<limit>2</limit>") == ["05", "04"]
    assert await minutes("<offset>3</offset><limit>1000</limit>") == ["02", "01"]
    assert await minutes("<offset> 4 </offset>") == ["01"]
    assert await minutes("<limit>0</limit>") == []
    assert await minutes("<offset>5</offset>") == []


async def test_a_receiver_without_a_name_is_told_by_its_code(ask: Ask, keep: Ask) -> None:
    await keep(name=None)
    assert [row["receiver"] for row in usages(await ask())] == ["70009770"]


async def test_what_is_withheld_answers_as_nothing_over_soap(ask: Ask, keep: Ask) -> None:
    await keep(HER, "withheld", many=3)
    await keep(HER, "never")
    await keep(OTHER, to="70008747")
    nothing = body_of(await ask(UNKNOWN))
    assert body_of(await ask(HER)) == body_of(await ask(OTHER)) == nothing
    assert body_of(await ask("LV010190-12345")) == nothing
    assert body_of(await ask(HER, "<offset>1</offset>")) == nothing
    answers = [await ask(code) for code in (HER, UNKNOWN)]
    assert len({len(answer.content) for answer in answers}) == 1


async def test_the_same_statements_run_over_soap_whatever_there_is(
    ask: Ask, keep: Ask, exchange: Any
) -> None:
    await keep(HER, "withheld")
    await keep(OTHER)
    told = {}
    for name, code in (("withheld", HER), ("none", UNKNOWN), ("shown", OTHER)):
        with heard(exchange.app.state.database) as statements:
            await ask(code)
        told[name] = [statement for statement, _ in statements]
    assert told["withheld"] == told["none"] == told["shown"]
    assert len([one for one in told["none"] if "data_usage" in one]) == 2


@pytest.mark.parametrize(
    ("window", "code"),
    [
        ("<offset>-1</offset>", "schema_violation"),
        ("<limit>1001</limit>", "schema_violation"),
        ("<limit>ten</limit>", "schema_violation"),
        ("<limit>1.0</limit>", "schema_violation"),
        ("<limit/>", "schema_violation"),
        (f"<limit>{'0' * 5000}1</limit>", "schema_violation"),
        ("<limit>1</limit><offset>1</offset>", "schema_violation"),
        ("<userCode>EE48805042711</userCode>", "schema_violation"),
        ("<offset>99999999999999999999</offset>", "schema_violation"),
    ],
)
async def test_a_wrong_question_is_a_fault(ask: Ask, exchange: Any, window: str, code: str) -> None:
    answer = await ask(HER, window)
    assert fault(answer) == f"env:Client.{code}"
    assert HER not in answer.text
    (row,) = await exchange.rows("select operation, purpose, decision from audit")
    assert tuple(row.values()) == ("find_usage", "accountability", "deny")


@pytest.mark.parametrize("code", ["48805042711", "EE4880504271", "EE", "x"])
async def test_who_is_asked_for_is_a_code_with_its_country(ask: Ask, code: str) -> None:
    answer = await ask(code)
    assert fault(answer) == "env:Client.invalid_header_field"
    assert code not in answer.text or len(code) < 3


async def test_without_a_user_nobody_is_asked_for(ask: Ask) -> None:
    answer = await ask(HER, "", (f"<xrd:userId>{HER}</xrd:userId>", ""))
    assert fault(answer) == "env:Client.missing_header_field"


@pytest.mark.parametrize("change", [("70006317", "70008747"), (">datatracker<", ">other<")])
async def test_nobody_else_may_ask_over_soap(ask: Ask, change: tuple[str, str]) -> None:
    assert fault(await ask(HER, "", change)) == "env:Client.access_denied"


async def test_a_wrapper_of_another_contract_is_another_service(ask: Ask) -> None:
    space = ("http://dumonitor.x-road.eu/producer", "http://turvavork.x-road.eu/producer")
    assert fault(await ask(HER, "", space)) == "env:Client.inconsistent_headers"
    assert fault(await ask(HER, "", (">v1<", ">v2<"))) == "env:Client.unknown_service"


async def test_the_rows_of_an_answer_over_soap(ask: Ask, keep: Ask, exchange: Any) -> None:
    await keep()
    await ask()
    (row,) = await exchange.rows("select action, purpose, rule_id, cast(audit as text) as whole from audit")
    assert (row["action"], row["purpose"], row["rule_id"]) == ("disclose", "accountability", "tracker-asks")
    (logged,) = await exchange.rows("select canonical from message_log")
    assert b'"digest":null' in logged["canonical"]
    assert HER[2:] not in row["whole"] + str(logged["canonical"])


async def test_its_description_is_served_byte_for_byte_and_zeep_can_ask_with_it(exchange: Any) -> None:
    given = {"x-turvavork-gateway": "a-gateway-secret-of-tests"}
    answer = await exchange.http.get("/xroad/soap?wsdl=findUsage", headers=given)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.content == schema.wsdl(FILE)
    client = zeep.Client(BytesIO(answer.content))
    made = client.create_message(client.service, "findUsage", offset=0, limit=5, _soapheaders={})
    schema.check(made[0][0], FILE)
    other = await exchange.http.get("/xroad/soap?wsdl=other", headers=given)
    assert other.status_code == 500
