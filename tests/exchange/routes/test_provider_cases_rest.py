"""The REST provider, by the numbered cases of `docs/xroad-cases.md`."""

import json
from typing import Any

import pytest

from services.kit.web import MIB

STAR = "ee-dev/GOV/70009770/star"
PATH = "/referrals"
NAMED = {"x-road-userid": "EE38501170364"}


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].removeprefix("urn:turvavork:problem:")


async def kept(exchange: Any) -> list[dict[str, Any]]:
    """The header fields and transport of what was stored, opened."""
    sealer = exchange.app.state.xroad.intake._sealer
    rows = await exchange.rows(
        "select id, key_id, key_wrapped, message_sealed from inbox order by received_at"
    )
    return [json.loads(sealer.message(*row.values())[0]) for row in rows]


async def test_r10_without_a_client_nothing_is_taken(exchange: Any, referral: Any) -> None:
    """Nor from who did not come through the listener that asks for the security server's certificate."""
    answer = await exchange.rest("POST", PATH, json=referral, headers={"x-road-client": ""})
    assert problem(answer) == (422, "missing-header-field")
    for secret in ("", "wrong"):
        other_door = await exchange.rest("POST", PATH, json=referral, headers={"x-turvavork-gateway": secret})
        assert problem(other_door) == (404, "not-found")
    assert await kept(exchange) == []


@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title])
async def test_r11_all_fields_are_read_however_their_names_are_spelt(
    exchange: Any, referral: Any, spelt: Any
) -> None:
    fields = {
        "X-Road-UserId": "EE38501170364",
        "X-Road-Issue": "2017-1203 õ",
        "X-Road-Represented-Party": "COM/12345678",
        "X-Road-Security-Server": "ee-dev/GOV/70009770/server1",
    }
    given = {spelt(name): value.encode() for name, value in fields.items()}
    answer = await exchange.rest("POST", PATH, json=referral, headers=given)
    assert (answer.status_code, answer.headers["x-road-id"]) == (200, "m-1")
    (record,) = await kept(exchange)
    assert set(fields.values()) <= set(record.values())
    assert record["client"] == STAR


@pytest.mark.parametrize("party", ["COM/12345678", "12345678"])
async def test_r12_a_represented_party_has_one_part_or_two(exchange: Any, referral: Any, party: str) -> None:
    fine = await exchange.rest("POST", PATH, json=referral, headers={"x-road-represented-party": party})
    assert fine.status_code == 200, fine.text
    for wrong in (f"EE/{party}/x", f"{party}/", f"/{party}"):
        refused = await exchange.rest(
            "POST", PATH, json=referral, message_id="m-2", headers={"x-road-represented-party": wrong}
        )
        assert problem(refused) == (422, "invalid-header-field")
    assert len(await kept(exchange)) == 1


@pytest.mark.parametrize("service", [None, "ee-dev/GOV/70001975/turvavork/marac", "x/y", ""])
async def test_r13_what_the_service_header_says_does_not_matter(
    exchange: Any, referral: Any, service: str | None
) -> None:
    headers = {} if service is None else {"x-road-service": service}
    assert (await exchange.rest("POST", PATH, json=referral, headers=headers)).status_code == 200


async def test_r14_a_body_where_none_belongs_changes_nothing(exchange: Any, referral: Any) -> None:
    told = (await exchange.rest("POST", PATH, json=referral)).json()
    path = f"{PATH}/{told['reference']}"
    plain = await exchange.rest("GET", path, message_id="m-2")
    for content in (b"", b"{}", b"no json at all"):
        asked = await exchange.rest("GET", path, message_id="m-2", content=content)
        assert (asked.status_code, asked.json()) == (200, plain.json())
    deleted = await exchange.rest("DELETE", path, message_id="m-3", content=b"{}")
    assert problem(deleted) == (405, "method-not-allowed")
    assert (await exchange.rest("GET", path, message_id="m-4")).json() == plain.json()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "PUT", "DELETE"])
async def test_r15_other_methods_are_405_and_say_which_there_are(exchange: Any, method: str) -> None:
    for path, allowed in ((PATH, {"GET", "POST"}), ("/withdrawals", {"POST"}), ("/corrections", {"POST"})):
        answer = await exchange.rest(method, path)
        assert answer.status_code == 405
        assert {each.strip() for each in answer.headers["allow"].split(",")} == allowed
        assert answer.headers["x-road-id"] == "m-1"
    assert await kept(exchange) == []


async def test_r16_without_accept_it_is_json(exchange: Any, referral: Any) -> None:
    sent = exchange.http.build_request(
        "POST",
        f"/xroad/rest/marac/v1{PATH}",
        json=referral,
        headers={
            "x-road-client": STAR,
            "x-road-id": "m-1",
            "x-turvavork-gateway": "a-gateway-secret-of-tests",
        },
    )
    del sent.headers["accept"]
    answer = await exchange.http.send(sent)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    refused = await exchange.rest("POST", PATH, json={}, message_id="m-2", headers={"accept": "*/*"})
    assert problem(refused) == (422, "malformed")


@pytest.mark.parametrize("path", [PATH, "/corrections", "/withdrawals"])
async def test_r17_above_the_limit_it_says_so_and_below_it_is_read(exchange: Any, path: str) -> None:
    """Our own limit for JSON lies below that of security servers (10 MiB, in Estonia 20 MiB)."""
    json_type = {"content-type": "application/json", **NAMED}
    largest = b"[" + b" " * (MIB - 2) + b"]"
    read = await exchange.rest("POST", path, content=largest, headers=json_type)
    assert problem(read) == (422, "malformed")
    for beyond in (largest + b" ", b" " * (4 * MIB)):
        refused = await exchange.rest("POST", path, content=beyond, headers=json_type)
        assert problem(refused) == (413, "too-large")
    assert await kept(exchange) == []
