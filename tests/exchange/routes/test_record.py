"""The message log: every message over X-Road leaves a row, whatever became of it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest
from lxml import etree

from services.kit import audit

ROWS = "select l.* from message_log l join message_log_pending p on p.message_log_id = l.id order by p.id"
PERSONAL = (b"EE38501170364", b"2017-1203", b"48805042711", b"Mari")


async def said(exchange: Any) -> list[dict[str, Any]]:
    """The records, checked against their leaves; none holds what is about a person."""
    rows = await exchange.rows(ROWS)
    for row in rows:
        assert row["leaf"] == audit.leaf(row["salt"], row["canonical"])
        assert not [secret for secret in PERSONAL if secret in row["canonical"]]
    return [json.loads(row["canonical"]) for row in rows]


def receipt_of(answer: httpx.Response) -> str:
    (payload,) = etree.fromstring(answer.content)[1]
    return str(payload.findtext("receipt"))


async def test_a_referral_is_logged_when_it_is_stored_and_when_it_is_answered(
    exchange: Any, golden: Callable[[str], bytes]
) -> None:
    body = golden("submitReferral.request.xml")
    answer = await exchange.soap(body)
    received, answered = await said(exchange)
    assert (received["what"], received["result"]) == ("received", "stored")
    assert (answered["what"], answered["result"]) == ("answered", "AWAITING_SCREENING")
    digest = (await exchange.rows("select digest, id from inbox"))[0]
    for row in (received, answered):
        assert row["digest"] == digest["digest"].hex()
        assert row["about"] == str(digest["id"])
        assert row["messageId"] == "4c2b8a1e-0d6f-4f0a-9b7c-3e5d1f2a6b80"
        assert row["partner"] == "ee-dev/GOV/70008747/polis"
        assert row["operation"] == "submit_referral"
        assert len(row["userId"]) == len(row["issue"]) == 32
    leaves = [row["leaf"].hex() for row in await exchange.rows(ROWS)]
    assert receipt_of(answer) == leaves[0]


async def test_each_delivery_of_a_message_has_a_receipt_of_its_own(
    exchange: Any, golden: Callable[[str], bytes]
) -> None:
    body = golden("submitReferral.request.xml")
    receipts = [receipt_of(await exchange.soap(body)) for _ in range(3)]
    rows = await exchange.rows(ROWS)
    received = [row["leaf"].hex() for row in rows if row["what"] == "received"]
    assert receipts == received
    assert [row["result"] for row in rows if row["what"] == "received"] == ["stored", "repeated", "repeated"]


async def test_an_answer_over_rest_has_the_receipt_as_well(exchange: Any, referral: Any) -> None:
    answer = await exchange.rest("POST", "/referrals", json=referral)
    assert answer.status_code == 200, answer.text
    leaves = [row["leaf"].hex() for row in await exchange.rows(ROWS)]
    assert answer.json()["receipt"] == leaves[0]
    assert [row["protocol"] for row in await said(exchange)] == ["rest", "rest"]


@pytest.mark.parametrize(
    ("change", "result", "partner"),
    [
        pytest.param((b"<tv:submitReferral", b"<tv:nothing"), "", "polis", id="schema"),
        pytest.param((b"70008747", b"70008748"), "access-denied", "70008748", id="right"),
        pytest.param((b"<SOAP-ENV:Envelope", b"<SOAP-ENV:Envelop"), "", "unknown", id="unread"),
        pytest.param((b"PV-2017-", b"PV 2017 "), "", "polis", id="value"),
    ],
)
async def test_a_refused_message_is_logged_with_its_digest(
    exchange: Any, golden: Callable[[str], bytes], change: tuple[bytes, bytes], result: str, partner: str
) -> None:
    body = golden("submitReferral.request.xml")
    opened, closed = change[0].replace(b"<", b"</"), change[1].replace(b"<", b"</")
    changed = body.replace(*change).replace(opened, closed)
    assert changed != body
    answer = await exchange.soap(changed)
    assert answer.status_code == 500
    (row,) = await said(exchange)
    assert row["what"] == "refused"
    assert result in row["result"]
    assert partner in row["partner"]
    assert len(row["digest"]) == 64


CLAIMED = {
    "x-road-userid": "EE38501170364",
    "x-road-issue": "2017-1203",
    "x-road-security-server": "ee-dev/GOV/7/s",
}


async def claims(exchange: Any) -> list[dict[str, str]]:
    """What the rows of the audit log say that their X-Road callers said; all of it as handles."""
    rows = await exchange.rows("select attributes, canonical from audit where actor_kind = 'xroad'")
    assert not [secret for row in rows for secret in PERSONAL if secret in row["canonical"]]
    told = [[each.removeprefix("claim:").split("=") for each in row["attributes"]] for row in rows]
    assert all(len(handle) == 32 for row in told for _, handle in row)
    return [dict(row) for row in told]


async def test_who_asked_and_in_which_matter_is_in_the_audit_row(
    exchange: Any, golden: Callable[[str], bytes]
) -> None:
    party = (
        b'<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd">'
        b"<r:partyCode>48805042711</r:partyCode></r:representedParty>"
    )
    body = golden("submitReferral.request.xml").replace(b"<xrd:issue>", party + b"<xrd:issue>")
    assert (await exchange.soap(body)).status_code == 200
    assert (
        await exchange.soap(body.replace(b"<tv:", b"<tv:un").replace(b"</tv:", b"</tv:un"))
    ).status_code == 500
    logged = (await said(exchange))[0]
    rows = await claims(exchange)
    assert [set(row) for row in rows] == [{"id", "userId", "issue", "representedParty"}] * 3
    for name in ("userId", "issue", "representedParty"):
        assert {row[name] for row in rows} == {logged[name]}


async def test_so_it_is_over_rest_and_of_what_is_refused(exchange: Any, referral: Any) -> None:
    taken = await exchange.rest("POST", "/referrals", json=referral, headers=CLAIMED)
    unknown = await exchange.rest("GET", "/referrals", params={"messageId": "m-7"}, headers=CLAIMED)
    broken = await exchange.rest("POST", "/referrals", json={}, headers=CLAIMED)
    foreign = {**CLAIMED, "x-road-client": "ee-dev/GOV/70008748/no"}
    denied = await exchange.rest("GET", "/referrals", params={"messageId": "m-7"}, headers=foreign)
    assert [each.status_code for each in (taken, unknown, broken, denied)] == [200, 404, 422, 403]
    rows = await claims(exchange)
    assert [set(row) for row in rows] == [{"id", "userId", "issue", "securityServer"}] * 5
    assert len({row["userId"] for row in rows}) == 1


async def test_what_is_stored_together_keeps_the_words_of_each(exchange: Any, referral: Any) -> None:
    """One transaction may serve many messages of one client, and each row is about one of them."""
    people = [f"EE3850117036{last}" for last in range(8)]
    referrals = [{**referral, "senderReference": f"{referral['senderReference']}-{each}"} for each in people]
    answers = await asyncio.gather(
        *(
            exchange.rest(
                "POST", "/referrals", json=one, message_id=f"m-{who[-1]}", headers={"x-road-userid": who}
            )
            for one, who in zip(referrals, people, strict=True)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    by_request = await exchange.rows("select request_id, attributes from audit where actor_kind = 'xroad'")
    logged = {row["request"]: row["userId"] for row in await said(exchange)}
    assert len(set(logged.values())) == 8
    for row in by_request:
        assert f"claim:userId={logged[row['request_id']]}" in row["attributes"]


async def test_a_question_is_logged_when_it_is_answered_and_when_it_is_not(exchange: Any) -> None:
    answer = await exchange.rest("GET", "/referrals", params={"messageId": "m-7"})
    assert answer.status_code == 404
    await exchange.rest("GET", "/referrals", headers={"x-road-id": ""})
    rows = await said(exchange)
    assert [(row["what"], row["partner"].rpartition("/")[2]) for row in rows] == [
        ("refused", "star"),
        ("refused", "client"),
    ]
    assert rows[0]["result"] == "referral-unknown"


async def test_a_status_is_logged_once(exchange: Any, golden: Callable[[str], bytes]) -> None:
    await exchange.soap(golden("submitReferral.request.xml"))
    answer = await exchange.soap(golden("getReferralStatus.by-messageId.request.xml"))
    assert answer.status_code == 200
    status = [row for row in await said(exchange) if row["operation"] == "get_referral_status"]
    assert [(row["what"], row["result"]) for row in status] in (
        [("answered", "done")],
        [("refused", "referral-unknown")],
    )


async def test_no_answer_leaves_without_its_row(exchange: Any, golden: Callable[[str], bytes]) -> None:
    await exchange.soap(golden("submitReferral.request.xml"))
    await exchange.rows("alter table message_log add constraint closed check (false) not valid")
    try:
        answers = [
            await exchange.soap(golden("submitReferral.request.xml").replace(b"4c2b8a1e", b"4c2b8a1f")),
            await exchange.rest("GET", "/referrals", params={"messageId": "m-7"}),
        ]
    finally:
        await exchange.rows("alter table message_log drop constraint closed")
    assert [answer.status_code for answer in answers] == [500, 500]
    assert len(await exchange.rows("select 1 from inbox")) == 1


async def test_the_service_can_neither_change_nor_delete_a_row(exchange: Any) -> None:
    rights = await exchange.rows(
        "select grantee, privilege_type from information_schema.role_table_grants"
        " where table_name like 'message_log%' and grantee like '%_app'"
    )
    assert {row["privilege_type"] for row in rights} == {"INSERT", "SELECT"}


async def test_an_erased_record_leaves_its_leaf_and_no_other(
    exchange: Any, golden: Callable[[str], bytes]
) -> None:
    await exchange.soap(golden("submitReferral.request.xml"))
    before = [row["leaf"] for row in await exchange.rows(ROWS)]
    await exchange.rows("update message_log set salt = null, canonical = null where what = 'received'")
    assert [row["leaf"] for row in await exchange.rows(ROWS)] == before
    with pytest.raises(asyncpg.CheckViolationError):
        await exchange.rows("update message_log set canonical = 'x' where what = 'answered'")
