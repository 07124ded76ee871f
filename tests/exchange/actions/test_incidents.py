"""reportIncident: stored as a referral is, answered at once, handed over by the worker, and silent."""

import json
from typing import Any

import pytest
from lxml import etree

from services.exchange.model.inbox import Quarantined

REPORT, SUBMIT = "reportIncident.request.xml", "submitReferral.request.xml"
POLIS = "ee-dev/GOV/70008747/polis"
STATUS = "getReferralStatus.by-messageId.request.xml"
CONTENT = {
    "occurredAt": "2017-05-03T18:40:00Z",
    "kind": "threat",
    "description": "Endine elukaaslane ähvardas ukse taga.",
    "victim": "48805042711",
    "threateningPersons": ["38501170366"],
    "reporter": {"name": "Tiit Tamm", "unit": "Põlva politseijaoskond"},
}
SENDER = {"client": POLIS, "reference": "VK-2017-004711", "version": 1}


def receipt(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    return {child.tag: child.text for child in payload}


async def test_a_report_is_kept_answered_and_handed_over_by_the_worker(exchange: Any, golden: Any) -> None:
    told = receipt(await exchange.soap(golden(REPORT)))
    assert set(told) == {"reference", "receivedAt", "receipt"}
    assert exchange.cases.calls == []  # the answer takes as long for whom nobody knows
    assert await exchange.states() == ["received"]
    await exchange.make_due()
    (settled,) = await exchange.work_off()
    assert settled.reference == told["reference"]
    assert exchange.cases.reported == {told["reference"]: {**CONTENT, "sender": SENDER}}


async def test_the_same_again_is_one_report_whatever_became_of_it(exchange: Any, golden: Any) -> None:
    first = receipt(await exchange.soap(golden(REPORT)))
    assert receipt(await exchange.soap(golden(REPORT)))["reference"] == first["reference"]
    await exchange.make_due()
    await exchange.work_off()
    calls = len(exchange.cases.calls)
    again = receipt(await exchange.soap(golden(REPORT)))
    assert again["reference"] == first["reference"]
    assert len(exchange.cases.calls) == calls
    assert len(await exchange.rows("select * from inbox")) == 1


async def test_over_rest_the_same_words_say_the_same(exchange: Any) -> None:
    said = {**CONTENT, "senderReference": SENDER["reference"]}
    answer = await exchange.rest("POST", "/incidents", client=POLIS, json=said)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"reference", "receivedAt", "receipt"}
    (row,) = await exchange.rows("select operation, sender_reference, state from inbox")
    assert row == {
        "operation": "report_incident",
        "sender_reference": SENDER["reference"],
        "state": "received",
    }


async def test_what_breaks_a_rule_is_told_and_nothing_is_kept(exchange: Any, golden: Any) -> None:
    wrong = golden(REPORT).replace(b">48805042711<", b">48805042712<").replace(b"2017-05-03", b"2027-05-03")
    answer = await exchange.soap(wrong)
    assert exchange.refused(answer) == "incident-invalid"
    paths = [each.text for each in etree.fromstring(answer.content).iter("path")]
    assert paths == ["/reportIncident/occurredAt", "/reportIncident/victim"]
    assert await exchange.rows("select * from inbox") == []


async def test_one_reference_of_the_sender_is_one_report(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(REPORT))
    other = golden(REPORT).replace(b"0a1f8e76-2d4c", b"0a1f8e76-2d4d")
    assert exchange.refused(await exchange.soap(other)) == "incident-exists"
    assert len(await exchange.rows("select * from inbox")) == 1


@pytest.mark.parametrize(("client", "code"), [("star", "access_denied"), ("polis", None)])
async def test_who_has_no_row_for_it_may_not(
    exchange: Any, golden: Any, client: str, code: str | None
) -> None:
    body = golden(REPORT)
    if client == "star":
        body = body.replace(b"70008747", b"70009770").replace(b">polis<", b">star<")
    answer = await exchange.soap(body)
    assert (code is None) == (answer.status_code == 200)
    assert code is None or code.encode() in answer.content


async def test_a_report_is_no_referral(exchange: Any, golden: Any) -> None:
    """It is not found as one, and no referral of the same name stands behind it."""
    told = receipt(await exchange.soap(golden(REPORT)))
    asked = golden(STATUS).replace(
        b"9f0e7d65-1c3b-4a2d-8e4f-5a6b7c8d9e10", b"0a1f8e76-2d4c-4b3e-9f50-6b7c8d9e0f22"
    )
    assert exchange.refused(await exchange.soap(asked)) == "referral-unknown"
    answer = await exchange.rest("GET", f"/referrals/{told['reference']}", client=POLIS)
    assert answer.status_code == 404
    answer = await exchange.rest(
        "GET", "/referrals", client=POLIS, params={"senderReference": SENDER["reference"]}
    )
    assert answer.status_code == 404
    named = golden(SUBMIT).replace(b"PV-2017-001203", b"VK-2017-004711")
    exchange.told(await exchange.soap(named))


async def test_what_the_register_will_not_have_waits_for_a_person(exchange: Any, golden: Any) -> None:
    told = receipt(await exchange.soap(golden(REPORT)))
    exchange.cases.mode, exchange.cases.conflict = "409", "incident-exists"
    await exchange.make_due()
    (settled,) = await exchange.work_off()
    assert settled.progress == Quarantined("incident-exists")
    assert receipt(await exchange.soap(golden(REPORT)))["reference"] == told["reference"]


async def test_no_row_of_the_logs_holds_what_was_said(exchange: Any, golden: Any) -> None:
    await exchange.soap(golden(REPORT))
    kept = json.dumps(
        [*await exchange.rows("select * from inbox"), *await exchange.rows("select * from audit")],
        default=str,
        ensure_ascii=False,
    )
    for secret in ("48805042711", "38501170366", "ähvardas", "Tamm"):
        assert secret not in kept
