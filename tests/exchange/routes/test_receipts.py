"""Who sent a message gets the proof that the message log has it; to everybody else there is none."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from lxml import etree

from services.exchange.catalog.offered import load
from services.exchange.model.offered import CORRECT, REPORT, SUBMIT, WITHDRAW
from services.exchange.routes import rest_documents as marac
from services.exchange.wire import schema
from services.kit import receipt
from services.kit.checkpoint import VerifierKey
from services.kit.logtree import origin
from services.kit.sequencer import Sequencer

POLIS = "ee-dev/GOV/70008747/polis"
NAMED = {"x-road-userid": "EE38501170364"}
Golden = Callable[[str], bytes]


async def signed(exchange: Any) -> VerifierKey:
    """What the worker does within a second; the key of the log, as an installation hands it over."""
    book = exchange.app.state.logbook
    await Sequencer(exchange.app.state.database, book.logs, *book.trees()).drain()
    (row,) = await exchange.rows("select epoch from log_epoch")
    key: VerifierKey = book.key("message_log", row["epoch"])
    assert key.name == origin("exchange", "message_log", row["epoch"])
    return key


async def asked(exchange: Any, leaf: str, **more: Any) -> httpx.Response:
    answer: httpx.Response = await exchange.rest("GET", f"/receipts/{leaf}", **{"client": POLIS, **more})
    return answer


def receipt_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        return str(answer.json()["receipt"])
    (payload,) = etree.fromstring(answer.content)[1]
    assert payload.findtext("faultCode") is None, answer.text
    return str(payload.findtext("receipt"))


@pytest.mark.parametrize("mode", ["ok", "down"])
async def test_every_acknowledgement_over_soap_can_be_proven(
    exchange: Any, golden: Golden, mode: str
) -> None:
    """Whether the register has taken the message already, or it waits here."""
    exchange.cases.mode = mode
    names = ("submitReferral", "submitReferral", "correctReferral", "withdrawReferral")
    bodies = [golden(f"{name}.request.xml") for name in names]
    bodies[-1] = bodies[-1].replace(b"<version>1<", b"<version>2<")
    leaves = [receipt_of(await exchange.soap(body)) for body in bodies]
    key = await signed(exchange)
    assert len(set(leaves)) == 4
    for leaf in leaves:
        answer = await asked(exchange, leaf)
        assert answer.status_code == 200, answer.text
        assert receipt.check(answer.content, leaf, key).index == answer.json()["index"]


@pytest.mark.parametrize("mode", ["ok", "down"])
async def test_and_over_rest(exchange: Any, referral: Any, mode: str) -> None:
    exchange.cases.mode = mode
    sent = {"senderReference": referral["senderReference"]}
    answers = [
        await exchange.rest("POST", "/referrals", json=referral, message_id="m-1"),
        await exchange.rest(
            "POST", "/corrections", json={**referral, "version": 2}, message_id="m-2", headers=NAMED
        ),
        await exchange.rest(
            "POST",
            "/withdrawals",
            json={**sent, "version": 2, "reason": "other"},
            message_id="m-3",
            headers=NAMED,
        ),
    ]
    leaves = [receipt_of(answer) for answer in answers]
    assert ({answer.json()["status"] for answer in answers} == {"RECEIVED"}) == (mode == "down")
    key = await signed(exchange)
    for leaf in leaves:
        answer = await exchange.rest("GET", f"/receipts/{leaf}")
        receipt.check(answer.content, leaf, key)


def test_what_keeps_a_message_answers_with_its_receipt_and_nothing_else_does() -> None:
    """As both published documents say: what only answers a question has the same answer each time."""
    keeping = {SUBMIT, CORRECT, WITHDRAW, REPORT}
    described = marac.document()
    for operations in described["paths"].values():
        for each in operations.values():
            answer = each["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            fields = described["components"]["schemas"][answer.rpartition("/")[2]]["properties"]
            assert ("receipt" in fields) == (each["operationId"] in keeping), each["operationId"]
    wsdl = etree.fromstring(schema.wsdl())
    offered = load("ee-dev").operations
    named = {offered[name].service_code for name in keeping}
    for wrapper in wsdl.iterfind(".//{*}element[@name]"):
        name = wrapper.get("name", "")
        if name.endswith("Response"):
            has = wrapper.find(".//{*}element[@name='receipt']") is not None
            assert has == (name.removesuffix("Response") in named), name


async def test_a_proof_is_for_a_tree_that_is_signed(exchange: Any, golden: Golden) -> None:
    leaf = receipt_of(await exchange.soap(golden("submitReferral.request.xml")))
    assert (await asked(exchange, leaf)).status_code == 404
    key = await signed(exchange)
    first = (await asked(exchange, leaf)).json()
    await signed(exchange)
    newer = (await asked(exchange, leaf)).json()
    assert newer["size"] > first["size"]
    again = await asked(exchange, leaf, params={"size": first["size"]})
    assert again.json() == first
    receipt.check(again.content, leaf, key)
    for size in (newer["size"] + 1, 2**53):
        assert (await asked(exchange, leaf, params={"size": size})).status_code == 404


async def test_what_others_sent_answers_as_what_is_not_there(
    exchange: Any, golden: Golden, referral: Any
) -> None:
    own = receipt_of(await exchange.soap(golden("submitReferral.request.xml")))
    others = receipt_of(await exchange.rest("POST", "/referrals", json=referral))
    await signed(exchange)
    assert (await asked(exchange, own)).status_code == 200
    foreign, unknown = await asked(exchange, others), await asked(exchange, "5e" * 32)
    assert foreign.status_code == 404
    assert [name for name, _ in foreign.headers.multi_items()] == [
        name for name, _ in unknown.headers.multi_items()
    ]
    told = [json.loads(answer.content) for answer in (foreign, unknown)]
    for each in told:
        each.pop("instance", None)
        each.pop("requestId", None)
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("leaf", "more", "status"),
    [
        ("5E" * 32, {}, 422),
        ("5e" * 31, {}, 422),
        ("5e" * 32, {"params": {"size": 0}}, 422),
        ("5e" * 32, {"params": {"size": "many"}}, 422),
        ("5e" * 32, {"client": "ee-dev/GOV/70008748/no"}, 403),
        ("5e" * 32, {"client": "ee-dev/GOV/70006317/datatracker"}, 403),
    ],
)
async def test_a_wrong_question_is_refused_and_audited(
    exchange: Any, leaf: str, more: dict[str, Any], status: int
) -> None:
    assert (await asked(exchange, leaf, **more)).status_code == status
    (row,) = await exchange.rows("select operation, decision from audit")
    assert tuple(row.values()) == ("get_receipt_proof", "deny")


async def test_the_answer_is_audited_and_logged(exchange: Any, golden: Golden) -> None:
    leaf = receipt_of(await exchange.soap(golden("submitReferral.request.xml")))
    await signed(exchange)
    await asked(exchange, leaf)
    rows = await exchange.rows(
        "select action, rule_id, client, cardinality(objects) as objects from audit"
        " where operation = 'get_receipt_proof'"
    )
    assert [tuple(row.values()) for row in rows] == [("disclose", "xroad-own-messages", POLIS, 1)]
    logged = await exchange.rows("select canonical from message_log where what = 'answered'")
    assert "get_receipt_proof" in {json.loads(row["canonical"])["operation"] for row in logged}
