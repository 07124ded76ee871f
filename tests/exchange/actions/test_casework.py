"""submitResearch, listActions, reportAction: done by the register in the client's name, or told why not."""

import json
from typing import Any

import httpx
import pytest
from lxml import etree

POLIS = "ee-dev/GOV/70008747/polis"
ID = "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"
NAMED = {"x-road-userid": "EE38501170364"}
RESEARCH = {
    "known": "relevant",
    "text": "Kolm väljakutset viimase aasta jooksul.",
    "relevant": True,
    "necessary": True,
    "proportionate": True,
}
ACTION = {
    "id": ID,
    "caseId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c12",
    "state": "assigned",
    "dueOn": "2017-05-10",
    "version": 2,
    "what": "Patrull käib.",
    "outcomeWanted": "Rahulik.",
}


def wrapper(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    (payload,) = etree.fromstring(answer.content)[1]
    return {child.tag: child.text for child in payload}


def stands(state: str, version: int) -> httpx.Response:
    return httpx.Response(200, json={"id": ID, "state": state, "version": version, "caseId": ID})


def refusal(status: int, slug: str, *errors: tuple[str, str]) -> httpx.Response:
    told = [{"pointer": pointer, "code": code, "reason": code} for pointer, code in errors]
    problem = {"type": f"urn:turvavork:problem:{slug}", "status": status, "errors": told}
    return httpx.Response(status, json=problem, headers={"content-type": "application/problem+json"})


async def test_an_answer_is_told_in_the_client_s_name_once_for_a_message(exchange: Any, golden: Any) -> None:
    exchange.cases.work_answer = stands("relevant", 2)
    body = golden("submitResearch.request.xml")
    told = {"request": ID, "version": "2", "state": "relevant"}
    assert wrapper(await exchange.soap(body)) == told
    assert wrapper(await exchange.soap(body)) == told
    rest = {"request": ID, "version": 1, **RESEARCH}
    answer = await exchange.rest("POST", "/research", client=POLIS, json=rest, headers=NAMED)
    assert answer.json() == {"request": ID, "version": 2, "state": "relevant"}
    first, again, other = exchange.cases.worked
    assert first.url.path == f"/api/cases/v1/research-requests/{ID}/answer"
    assert (first.headers["if-match"], first.headers["x-purpose"]) == ('"1"', "case-work")
    assert json.loads(first.content) == json.loads(other.content) == RESEARCH
    keys = [each.headers["idempotency-key"] for each in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]
    assert await exchange.rows("select * from inbox") == []
    kept = json.dumps(await exchange.rows("select * from audit"), default=str, ensure_ascii=False)
    assert "väljakutset" not in kept


async def test_the_actions_of_the_agency_are_listed_with_their_words(exchange: Any, golden: Any) -> None:
    exchange.cases.work_answer = httpx.Response(200, json={"items": [ACTION], "next": "more"})
    answer = await exchange.soap(golden("listActions.request.xml"))
    (payload,) = etree.fromstring(answer.content)[1]
    action = {child.tag: child.text for child in payload.find("action")}
    assert action == {
        "id": ID,
        "version": "2",
        "state": "assigned",
        "dueOn": "2017-05-10",
        "what": "Patrull käib.",
        "outcomeWanted": "Rahulik.",
    }
    assert payload.findtext("next") == "more"
    asked = {"state": "assigned", "cursor": "more"}
    rest = await exchange.rest("GET", "/actions", client=POLIS, params=asked, headers=NAMED)
    assert rest.json()["items"][0]["what"] == "Patrull käib."
    first, second = (dict(each.url.params) for each in exchange.cases.worked)
    assert first == {"mine": "true", "limit": "50", "state": "assigned"}
    assert second == {**first, "cursor": "more"}
    exchange.cases.work_answer = httpx.Response(
        200, json={"items": [{**ACTION, "what": None, "outcomeWanted": None}], "next": None}
    )
    silent = await exchange.soap(golden("listActions.request.xml"))
    assert b"<what>" not in silent.content  # as far as the agency's system may see it


async def test_a_report_goes_where_its_result_says(exchange: Any, golden: Any) -> None:
    exchange.cases.work_answer = stands("done", 3)
    assert wrapper(await exchange.soap(golden("reportAction.request.xml")))["state"] == "done"
    exchange.cases.work_answer = stands("not-done", 3)
    said = {"action": ID, "version": 2, "result": "not-done", "reason": "no-contact"}
    answer = await exchange.rest("POST", "/actions", client=POLIS, json=said, headers=NAMED)
    assert answer.json() == {"action": ID, "version": 3, "state": "not-done"}
    done, failed = exchange.cases.worked
    assert done.url.path.endswith(f"/actions/{ID}/complete")
    assert failed.url.path.endswith(f"/actions/{ID}/fail")
    assert json.loads(failed.content) == {"outcome": None, "reason": "no-contact"}
    assert (done.headers["if-match"], failed.headers["if-match"]) == ('"2"', '"2"')
    without = golden("reportAction.request.xml").replace(b">done<", b">not-done<")
    assert exchange.refused(await exchange.soap(without)) == "answer-invalid"
    assert len(exchange.cases.worked) == 2


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (refusal(404, "not-found"), "not-asked"),
        (refusal(403, "forbidden"), "not-asked"),
        (refusal(412, "stale-version"), "answer-overtaken"),
        (refusal(409, "transition-refused"), "answer-settled"),
        (refusal(422, "malformed", ("/text", "required")), "answer-invalid"),
        (refusal(422, "idempotency-key-reused"), None),
        (refusal(401, "unauthenticated"), None),
        (httpx.Response(200, json=["x"]), None),
        (httpx.Response(200, json={"id": "x"}), None),
        (httpx.Response(500), None),
    ],
    ids=lambda each: "" if isinstance(each, httpx.Response) else str(each),
)
async def test_what_the_register_refuses_is_told_and_what_it_does_not_say_is_no_answer(
    exchange: Any, golden: Any, told: httpx.Response, code: str | None
) -> None:
    exchange.cases.work_answer = told
    answer = await exchange.soap(golden("submitResearch.request.xml"))
    if code is not None:
        assert exchange.refused(answer) == code
        assert (code == "answer-invalid") == (b"<path>/submitResearch/text</path>" in answer.content)
        return
    assert answer.status_code == 500
    reused = b"message_id_reused" in answer.content
    assert reused or b"upstream_unavailable" in answer.content


async def test_while_the_register_is_away_the_same_message_may_come_again(exchange: Any, golden: Any) -> None:
    exchange.cases.mode = "down"
    answer = await exchange.soap(golden("listActions.request.xml"))
    assert b"Server.upstream_unavailable" in answer.content
    said = {"action": ID, "version": 2, "result": "done", "outcome": "Tehtud."}
    rest = await exchange.rest("POST", "/actions", client=POLIS, json=said, headers=NAMED)
    assert (rest.status_code, rest.headers["retry-after"]) == (503, "5")
    unnamed = await exchange.rest("POST", "/actions", client=POLIS, json=said)
    assert unnamed.status_code == 422
