from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from services.kit import keys
from services.kit.access import NoAppointments, PermitFor, permit
from services.kit.clock import FixedClock
from services.kit.policy import Appointment, Permit, Policy
from services.kit.problem import Problem, UpstreamUnavailable
from services.kit.tokens import AccessTokenIssuer, Identity, ServiceSigner, TokenVerifier, signing

CLOCK = FixedClock(datetime(2017, 7, 1, 12, tzinfo=UTC))
PERSON = "EE48012310016"


def rule(id_: str, roles: list[str], operation: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "effect": "allow",
        "roles": roles,
        "operations": [operation],
        "relation": "anywhere",
        "purposes": ["case-work", "delivery"],
        "fields": ["basic"],
        **more,
    }


POLICY = Policy.from_data(
    {
        "version": "2017-07-01",
        "status": "draft",
        "source": "a test",
        "reason": "a test",
        "relations": {"anywhere": {}, "same-region": {"region": "region"}},
        "rules": [
            rule("read", ["coordinator"], "get_thing", relation="same-region"),
            rule("notice", ["service:exchange", "operator"], "get_notice"),
            rule("score", ["service:exchange"], "score", **{"for": ["member", "worker"]}),
            rule("client", ["xroad-client"], "submit"),
            rule("supervise", ["auditor"], "supervise", purposes=["supervision"]),
        ],
    }
)


class Appointments:
    def __init__(self) -> None:
        self.held: dict[str, tuple[Appointment, ...]] = {
            PERSON: (Appointment("coordinator", {"region": "polva"}),)
        }
        self.asked: list[str] = []

    async def of(self, identity: Identity) -> tuple[Appointment, ...]:
        self.asked.append(identity.subject)
        return self.held.get(identity.subject, ())


class Bench:
    """A small service, and everybody who can call it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.appointments = Appointments()
        self.state: dict[str, Any] = {}
        self.permits: list[Permit] = []
        self.app = FastAPI()
        self.app.state.policy = POLICY
        self.app.state.verifier = TokenVerifier.from_keys("cases", folder, CLOCK, development=True)
        self.app.state.appointments = self.appointments
        for operation in ("get_thing", "get_notice", "score", "submit", "supervise", "unlisted"):
            self.app.add_api_route(f"/{operation}", self._route(operation))
        self.app.add_exception_handler(Problem, self._tell)

    def _route(self, operation: str) -> Any:
        async def route(
            first: Annotated[Permit, Depends(permit(operation))],
            again: Annotated[Permit, Depends(permit(operation))],
        ) -> dict[str, str]:
            assert first is again
            self.permits.append(first)
            return {"rule": first.grants[0].rule_id}

        return route

    async def _tell(self, request: Request, problem: Any) -> JSONResponse:
        self.state = dict(request.state._state)
        return JSONResponse(problem.body("1", "en"), problem.status)

    async def get(
        self, operation: str, token: str | None, purpose: str | None = "case-work", headers: Any = ()
    ) -> httpx.Response:
        given = [("Authorization", f"Bearer {token}")] if token else []
        given += [("X-Purpose", purpose)] if purpose is not None else []
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(f"/{operation}", headers=[*given, *headers])

    def person(self, subject: str = PERSON) -> str:
        key = keys.load_issuer(self.folder, "development")
        return AccessTokenIssuer(signing.DEVELOPMENT_ISSUER, key, CLOCK).issue(subject)

    def service(self, subject: str, purpose: str = "delivery", name: str = "exchange") -> str:
        key = keys.load_signing(self.folder, name)
        return ServiceSigner(name, key, CLOCK).token("cases", subject, purpose)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys")
    keys.ensure(path)
    return path


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(folder)


async def test_a_person_gets_a_permit_by_her_appointments(bench: Bench) -> None:
    answer = await bench.get("get_thing", bench.person())
    assert (answer.status_code, answer.json()) == (200, {"rule": "read"})
    (given,) = bench.permits
    assert (given.caller.subject, given.caller.kind, given.purpose) == (PERSON, "member", "case-work")
    assert bench.appointments.asked == [PERSON]


async def test_an_appointment_that_ended_opens_nothing(bench: Bench) -> None:
    token = bench.person()
    assert (await bench.get("get_thing", token)).status_code == 200
    bench.appointments.held.clear()
    assert (await bench.get("get_thing", token)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "Basic QQ==")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer x y")],
        [("Authorization", "Bearer a.b.c")],
        [("Authorization", "Bearer GOOD"), ("Authorization", "Bearer GOOD")],
        [("Authorization", "Bearer GOOD, Bearer GOOD")],
        [("X-User", PERSON), ("X-Forwarded-User", PERSON)],
    ],
)
async def test_without_one_good_token_nobody_is_known(bench: Bench, headers: Any) -> None:
    given = [(name, value.replace("GOOD", bench.person())) for name, value in headers]
    answer = await bench.get("get_thing", None, headers=given)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:turvavork:problem:unauthenticated")
    assert "caller" not in bench.state
    assert bench.appointments.asked == []


@pytest.mark.parametrize(
    ("purpose", "more", "code"),
    [
        (None, [], "missing"),
        ("", [], "unknown"),
        ("curiosity", [], "unknown"),
        ("Case-Work", [], "unknown"),
        ("case-work", [("X-Purpose", "case-work")], "unknown"),
        ("case-work, delivery", [], "unknown"),
    ],
)
async def test_a_call_says_what_it_is_for(bench: Bench, purpose: str | None, more: Any, code: str) -> None:
    answer = await bench.get("get_thing", bench.person(), purpose, more)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:turvavork:problem:purpose-required")
    assert answer.json()["errors"] == [
        {"pointer": "header:X-Purpose", "code": code, "reason": "one of: case-work, delivery"}
    ]
    assert bench.state["caller"].subject == PERSON


async def test_a_purpose_of_other_operations_is_refused(bench: Bench) -> None:
    assert (await bench.get("get_thing", bench.person(), "supervision")).status_code == 403
    assert bench.state["operation"] == "get_thing"
    assert bench.state["purpose"] == "supervision"
    assert "permit" not in bench.state


async def test_an_operation_without_a_row_is_refused(bench: Bench) -> None:
    assert (await bench.get("unlisted", bench.person())).status_code == 403


async def test_a_service_alone_reads_no_case(bench: Bench) -> None:
    for subject in ("service:exchange", "worker:delivery", "ee-dev/GOV/70008747/polis"):
        assert (await bench.get("get_thing", bench.service(subject), "delivery")).status_code == 403


async def test_a_service_for_a_person_has_the_persons_rights_and_not_its_own(bench: Bench) -> None:
    token = bench.service(PERSON)
    answer = await bench.get("get_thing", token, "delivery")
    assert (answer.status_code, answer.json()) == (200, {"rule": "read"})
    assert (bench.permits[0].caller.kind, bench.permits[0].caller.service) == ("member", "exchange")
    assert (await bench.get("get_notice", token, "delivery")).status_code == 403
    assert (await bench.get("score", token, "delivery")).status_code == 200


async def test_a_service_for_itself_and_its_workers_has_its_own(bench: Bench) -> None:
    for subject in ("service:exchange", "worker:delivery", "ee-dev/GOV/70008747/polis"):
        assert (await bench.get("get_notice", bench.service(subject), "delivery")).status_code == 200
    assert (
        await bench.get("get_notice", bench.service("service:cases", name="cases"), "delivery")
    ).status_code == 403
    assert (await bench.get("submit", bench.service("ee-dev/GOV/1/x"), "delivery")).status_code == 200
    assert (await bench.get("submit", bench.service("worker:delivery"), "delivery")).status_code == 403


async def test_the_token_binds_the_purpose(bench: Bench) -> None:
    token = bench.service("service:exchange", "delivery")
    assert (await bench.get("get_notice", token, "case-work")).status_code == 403


async def test_appointments_are_asked_for_only_where_roles_of_persons_count(bench: Bench) -> None:
    await bench.get("score", bench.service(PERSON), "delivery")
    await bench.get("get_notice", bench.service("worker:delivery"), "delivery")
    assert bench.appointments.asked == []
    await bench.get("get_notice", bench.person())
    assert bench.appointments.asked == [PERSON]


async def test_without_the_source_the_door_stays_shut(bench: Bench) -> None:
    class Down:
        async def of(self, identity: Identity) -> tuple[Appointment, ...]:
            raise UpstreamUnavailable

    bench.app.state.appointments = Down()
    assert (await bench.get("get_thing", bench.person())).status_code == 503


def test_guards_can_see_the_operation_of_a_route(bench: Bench) -> None:
    assert permit("get_thing") == PermitFor("get_thing")
    assert permit("get_thing").permit_operation == "get_thing"
    assert permit("get_thing") != permit("score")


async def test_nobody_has_appointments_where_none_are_kept() -> None:
    assert await NoAppointments().of(Identity(PERSON, "member")) == ()
