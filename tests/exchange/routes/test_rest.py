"""X-Road REST through the whole service."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.kit.log.output import PROCESSORS
from services.kit.straight import Straight

PATH = "/referrals"
CLIENT = "ee-dev/GOV/70009770/star"


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:turvavork:problem:{slug}"
    assert body["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    return dict(body)


async def test_a_referral_gets_a_reference_and_a_status(exchange: Any, referral: Any) -> None:
    answer = await exchange.rest("POST", PATH, json=referral, message_id="ee-dev-1")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"reference", "status", "statusAt", "receipt"}
    assert told["status"] == "AWAITING_SCREENING"
    assert answer.headers["x-road-id"] == "ee-dev-1"
    assert answer.headers["cache-control"] == "no-store"
    (taken,) = exchange.cases.taken.items()
    assert taken[0] == told["reference"]
    assert taken[1]["sender"] == {"client": CLIENT, "reference": "PV-2017-7", "version": 1}


async def test_header_fields_are_recorded_and_sealed(exchange: Any, referral: Any) -> None:
    fields = {
        "x-road-userid": "EE38501170364",
        "x-road-issue": "toimik 7 õ",
        "x-road-represented-party": "COM/12345678",
        "x-road-request-id": "5f1c3c1e-0000-4000-8000-000000000000",
    }
    given = {name: value.encode() for name, value in fields.items()}
    answer = await exchange.rest("POST", PATH, json=referral, headers=given)
    assert answer.status_code == 200, answer.text
    (row,) = await exchange.rows("select * from inbox")
    assert row["xroad_request_id"] == fields["x-road-request-id"]
    intake = exchange.app.state.xroad.intake
    transport, body = intake._sealer.message(
        row["id"], row["key_id"], row["key_wrapped"], row["message_sealed"]
    )
    recorded = json.loads(transport)
    assert (recorded["userId"], recorded["issue"]) == ("EE38501170364", "toimik 7 õ")
    assert (recorded["method"], recorded["path"]) == ("POST", "/xroad/rest/marac/v1/referrals")
    assert json.loads(body) == referral


@pytest.mark.parametrize(
    ("headers", "slug"),
    [
        ({"x-road-client": ""}, "missing-header-field"),
        ({"x-road-client": "star"}, "invalid-header-field"),
        ({"x-road-client": "ee-dev/GOV/70009770/other"}, "access-denied"),
        ({"x-road-client": "EE/GOV/70009770/star"}, "access-denied"),
        ({"x-road-id": ""}, "missing-header-field"),
        ({"x-road-id": "a b"}, "invalid-header-field"),
    ],
)
@pytest.mark.parametrize("body", ["good", "bad"])
async def test_who_may_not_call_is_not_told_about_the_body(
    exchange: Any, referral: Any, headers: dict[str, str], slug: str, body: str
) -> None:
    status = 403 if slug == "access-denied" else 422
    content = json.dumps(referral) if body == "good" else "{"
    sent = {"content-type": "application/json", **headers}
    problem(await exchange.rest("POST", PATH, content=content, headers=sent), status, slug)
    assert await exchange.rows("select 1 from inbox") == []
    (row,) = await exchange.rows("select problem, action, client from audit")
    assert (row["problem"], row["action"]) == (slug, "refuse")


@pytest.mark.parametrize("name", ["X-Road-Client", "X-Road-Id"])
async def test_two_of_a_field_are_refused(exchange: Any, referral: Any, name: str) -> None:
    headers = [
        ("x-turvavork-gateway", "a-gateway-secret-of-tests"),
        ("x-road-client", CLIENT),
        ("x-road-id", "1"),
        (name, CLIENT if "Client" in name else "2"),
    ]
    answer = await exchange.http.post(f"/xroad/rest/marac/v1{PATH}", json=referral, headers=headers)
    problem(answer, 422, "duplicate-header-field")


BODIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown field": ({"nickname": "Mari"}, "", "unknown-field"),
    "no region": ({"region": None}, "/region", "wrong-type"),
    "role": ({"persons": [{"role": "Mari"}]}, "/persons/0/role", "not-in-list"),
    "date as number": ({"referredOn": 0}, "/referredOn", "not-a-date"),
    "date with a time": ({"referredOn": "2017-03-02T00:00:00"}, "/referredOn", "not-a-date"),
    "instant without zone": (
        {"event": {"occurredAt": "2017-03-01T21:40:00"}},
        "/event/occurredAt",
        "not-an-instant",
    ),
    "answer": (
        {"assessment": {"instrument": "dash", "completedOn": "2017-03-02", "answers": {"injury": "Mari"}}},
        "/assessment/answers",
        "not-in-list",
    ),
    "item": (
        {"assessment": {"instrument": "dash", "completedOn": "2017-03-02", "answers": {"Mari": "yes"}}},
        "/assessment/answers",
        "not-in-list",
    ),
    "informed as text": ({"victimInformed": "true"}, "/victimInformed", "wrong-type"),
    "version zero": ({"version": 0}, "/version", "too-small"),
    "version as text": ({"version": "1"}, "/version", "wrong-type"),
    "reference": ({"senderReference": "Mari Maasikas"}, "/senderReference", "wrong-form"),
    "long text": ({"victimWishes": "M" * 4001}, "/victimWishes", "too-long"),
    "no persons": ({"persons": []}, "/persons", "too-few"),
}


@pytest.mark.parametrize(("change", "pointer", "code"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_does_not_fit_says_where(
    exchange: Any, referral: Any, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await exchange.rest("POST", PATH, json={**referral, **change})
    body = problem(answer, 422, "malformed")
    assert pointer in [error["pointer"] for error in body["errors"]], body["errors"]
    assert code in [error["code"] for error in body["errors"]], body["errors"]
    assert "Mari" not in answer.text
    assert await exchange.rows("select 1 from inbox") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"a":1,"a":2}', b"\xff", b'{"region":NaN}', b'{"region":"\\u0000"}', b"null"],
)
async def test_json_is_read_strictly(exchange: Any, content: bytes) -> None:
    answer = await exchange.rest("POST", PATH, content=content, headers={"content-type": "application/json"})
    problem(answer, 422, "malformed")


async def test_xml_is_no_json(exchange: Any) -> None:
    answer = await exchange.rest("POST", PATH, content=b"<a/>", headers={"content-type": "text/xml"})
    problem(answer, 415, "unsupported-media-type")


async def test_a_large_body_is_refused(exchange: Any) -> None:
    content = b'"' + b"x" * 2**20 + b'"'
    answer = await exchange.rest("POST", PATH, content=content, headers={"content-type": "application/json"})
    problem(answer, 413, "too-large")


async def test_a_broken_rule_says_where(exchange: Any, referral: Any) -> None:
    person = {**referral["persons"][0], "personalCode": "48805042712"}
    answer = await exchange.rest("POST", PATH, json={**referral, "persons": [person]})
    body = problem(answer, 422, "referral-invalid")
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/persons/0/personalCode", "check-digit")]
    assert "48805042712" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("DELETE", "/referrals", 405, "method-not-allowed"),
        ("PUT", "/referrals/TV-0000-0000-0000-0000-0", 405, "method-not-allowed"),
        ("GET", "/cases", 404, "not-found"),
        ("GET", "", 404, "not-found"),
        ("GET", "/referrals", 422, "malformed"),
        ("GET", "/referrals?messageId=1&senderReference=a", 422, "malformed"),
        ("GET", "/referrals?messageId=1&version=1", 422, "malformed"),
        ("GET", "/referrals?senderReference=a&version=x", 422, "malformed"),
        ("GET", "/referrals/TV-0000-0000-0000-0000-0", 404, "referral-unknown"),
        ("GET", "/referrals/nonsense", 404, "referral-unknown"),
        ("GET", "/referrals/" + "a" * 100, 422, "malformed"),
    ],
)
async def test_other_questions_have_their_problems(
    exchange: Any, method: str, path: str, status: int, slug: str
) -> None:
    answer = await exchange.rest(method, path)
    problem(answer, status, slug)
    assert answer.headers["x-road-id"] == "m-1"


async def test_a_status_is_found_by_every_name(exchange: Any, referral: Any) -> None:
    told = (await exchange.rest("POST", PATH, json=referral, message_id="first")).json()
    exchange.cases.status, exchange.cases.changed_at = "ACCEPTED", "2017-05-04T13:00:00Z"
    for path in (
        f"/referrals/{told['reference']}",
        f"/referrals/{told['reference'].lower().replace('-', '')}",
        "/referrals?senderReference=PV-2017-7",
        "/referrals?senderReference=PV-2017-7&version=1",
        "/referrals?messageId=first",
    ):
        answer = await exchange.rest("GET", path, message_id="asking")
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "reference": told["reference"],
            "status": "ACCEPTED",
            "statusAt": "2017-05-04T13:00:00Z",
            "current": True,
        }
    problem(
        await exchange.rest("GET", "/referrals?senderReference=PV-2017-7&version=2"), 404, "referral-unknown"
    )


async def test_another_client_sees_nothing_and_reads_the_same_bytes(exchange: Any, referral: Any) -> None:
    reference = (await exchange.rest("POST", PATH, json=referral, message_id="first")).json()["reference"]
    other = "ee-dev/GOV/70008747/polis"

    async def asked(path: str) -> tuple[int, dict[str, Any]]:
        answer = await exchange.rest("GET", path, client=other, message_id="asking")
        body = answer.json()
        body.pop("instance")
        return answer.status_code, body

    unknown = await asked("/referrals/TV-0000-0000-0000-0000-0")
    assert unknown[0] == 404
    for path in (
        f"/referrals/{reference}",
        "/referrals?senderReference=PV-2017-7",
        "/referrals?messageId=first",
        "/referrals?messageId=never",
    ):
        assert await asked(path) == unknown
    assert exchange.cases.calls == [("PUT", reference)]


async def test_the_document_speaks_of_these_services_alone(exchange: Any) -> None:
    answer = await exchange.rest("GET", "/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/xroad/rest/marac/v1/referrals",
        "/xroad/rest/marac/v1/referrals/{reference}",
        "/xroad/rest/marac/v1/corrections",
        "/xroad/rest/marac/v1/withdrawals",
        "/xroad/rest/marac/v1/flags",
        "/xroad/rest/marac/v1/incidents",
        "/xroad/rest/marac/v1/research",
        "/xroad/rest/marac/v1/actions",
        "/xroad/rest/marac/v1/receipts/{receipt}",
    }
    post = document["paths"]["/xroad/rest/marac/v1/referrals"]["post"]
    assert post["operationId"] == "submit_referral"
    names = {each["name"] for each in post["parameters"] if each.get("required")}
    assert names == {"X-Road-Client", "X-Road-Id"}
    assert {"200", "403", "409", "413", "415", "422", "503"} <= set(post["responses"])
    assert "/xroad" not in json.dumps(exchange.app.openapi()["paths"])


async def test_the_document_demands_the_headers_that_the_operations_demand(exchange: Any) -> None:
    paths = (await exchange.rest("GET", "/openapi.json")).json()["paths"]
    described = {
        door["operationId"]: {each["name"] for each in door["parameters"] if each["required"]}
        for doors in paths.values()
        for door in doors.values()
    }
    names = {
        "userId": "X-Road-UserId",
        "issue": "X-Road-Issue",
        "representedParty": "X-Road-Represented-Party",
    }
    offered = exchange.app.state.xroad.offered
    own = [each for each in offered.operations.values() if each.name in described]
    assert own
    for operation in own:
        demanded = {names[each] for each in operation.requires}
        headers = {each for each in described[operation.name] if each.startswith("X-Road-")}
        assert headers == {"X-Road-Client", "X-Road-Id"} | demanded


async def test_a_withdrawal_over_rest_is_one_over_soap(exchange: Any, referral: Any) -> None:
    submitted = (await exchange.rest("POST", "/referrals", json=referral, message_id="m-1")).json()
    exchange.cases.status = "WITHDRAWN"
    body = {"senderReference": "PV-2017-7", "version": 1, "reason": "victim-objects"}
    named = {"x-road-userid": "EE38501170364"}
    answer = await exchange.rest("POST", "/withdrawals", json=body, message_id="m-2", headers=named)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "WITHDRAWN"
    assert (answer.json()["reference"], answer.headers["x-road-id"]) == (submitted["reference"], "m-2")
    wrong = await exchange.rest(
        "POST", "/withdrawals", json=body | {"version": 4}, message_id="m-3", headers=named
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (409, "/version")
    nameless = await exchange.rest("POST", "/withdrawals", json=body, message_id="m-4")
    assert (nameless.status_code, nameless.json()["type"].rpartition(":")[2]) == (422, "missing-header-field")


async def test_a_correction_over_rest_is_one_over_soap(exchange: Any, referral: Any) -> None:
    named = {"x-road-userid": "EE38501170364"}
    submitted = (await exchange.rest("POST", "/referrals", json=referral, message_id="m-1")).json()
    corrected = referral | {"version": 2, "victimWishes": "muu"}
    answer = await exchange.rest("POST", "/corrections", json=corrected, message_id="m-2", headers=named)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["reference"], answer.headers["x-road-id"]) == (submitted["reference"], "m-2")
    ((beneath, reference, body),) = exchange.cases.amended
    assert (beneath, reference, body["victimWishes"]) == ("correction", submitted["reference"], "muu")
    assert body["sender"] == {"client": CLIENT, "reference": "PV-2017-7", "version": 2}
    gap = await exchange.rest(
        "POST", "/corrections", json=corrected | {"version": 4}, message_id="m-3", headers=named
    )
    assert problem(gap, 409, "referral-version-unexpected")["errors"][0]["reason"] == "version 3 is expected"
    broken = corrected | {"region": "atlantis"}
    refused = await exchange.rest("POST", "/corrections", json=broken, message_id="m-4", headers=named)
    assert problem(refused, 422, "referral-invalid")["errors"][0]["pointer"] == "/region"
    nameless = await exchange.rest("POST", "/corrections", json=corrected, message_id="m-5")
    problem(nameless, 422, "missing-header-field")


_JSON = {"content-type": "application/json"}
WAYS: dict[str, dict[str, Any]] = {
    "good": {},
    "no body": {"content": b"", "headers": _JSON},
    "null": {"content": b"null", "headers": _JSON},
    "a list": {"content": b"[1]", "headers": _JSON},
    "no JSON": {"content": b"{", "headers": _JSON},
    "a key twice": {"content": b'{"version":1,"version":2}', "headers": _JSON},
    "no JSON, and not said to be": {"content": b"{", "headers": {"content-type": "text/plain"}},
    "JSON, and not said to be": {"content": b"{}", "headers": {"content-type": "text/plain"}},
    "wrong fields, in Estonian": {"json": {"version": 0}, "headers": {"accept-language": "et"}},
    "wrong rules": {"change": {"referredOn": "2016-01-01"}},
    "no client": {"content": b"{", "headers": {**_JSON, "x-road-client": ""}},
    "too large": {"content": b"x" * (1024 * 1024 + 1), "headers": {**_JSON, "x-road-client": ""}},
}


async def told(exchange: Any, sent: dict[str, Any]) -> tuple[object, ...]:
    """All that can be seen of a request from outside, and what the logs keep of it."""
    headers = {"x-request-id": "9a1f0bb2-9f5c-4f6c-8d0f-0123456789ab", **sent.get("headers", {})}
    with capture_logs(processors=PROCESSORS) as lines:
        answer = await exchange.rest("POST", PATH, **{**sent, "headers": headers})
    access = {name: value for name, value in lines[-1].items() if name not in {"time", "duration_ms"}}
    body = {**answer.json(), "reference": "", "statusAt": "", "receipt": ""}
    of = "partner", "what", "result", "message_id"
    logged = [tuple(row[name] for name in of) for row in await exchange.rows("select * from message_log")]
    audited = await exchange.rows("select problem, action, operation, client from audit order by action")
    return answer.status_code, body, sorted(answer.headers), access, sorted(logged), audited


@pytest.mark.parametrize("sent", WAYS.values(), ids=WAYS)
async def test_what_goes_straight_is_told_as_what_goes_through_the_framework(
    exchange: Any, referral: Any, sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    change = sent.get("change", {})
    if "content" not in sent and "json" not in sent:
        sent = {"json": {**referral, **change}}
    straight = await told(exchange, sent)
    await exchange.forget()

    async def around(self: Straight, *call: Any) -> None:
        await self._app(*call)

    monkeypatch.setattr(Straight, "__call__", around)
    assert await told(exchange, sent) == straight
