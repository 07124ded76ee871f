"""Front ends from elsewhere: exact origins that a setting names, and nobody else."""

from collections.abc import Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("gateway")

NOBODY = "http://127.0.0.1:1"
OURS = "https://rakendus.example.ee"
OTHER = "http://localhost:5173"
PATH = "/api/cases/v1/referrals"


@pytest.fixture(scope="module")
def services(upstream: Any) -> Mapping[str, str]:
    return {"cases": upstream.url, "exchange": upstream.url, "riskscore": NOBODY, "indicators": upstream.url}


@pytest.fixture(scope="module")
def gate(start_gateway: Any, services: Mapping[str, str]) -> Any:
    return start_gateway(services, TURVAVORK_GATEWAY_ORIGINS=f"{OURS} {OTHER}")


def _preflight(gate: Any, origin: str | None, path: str = PATH, port: int | None = None) -> Any:
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-purpose"}
    own = {} if origin is None else {"Origin": origin}
    return gate.ask(port or gate.doors.api_port, path, method="OPTIONS", **headers, **own)


def _crossing(answer: Any) -> dict[str, str]:
    return {
        name: value for name, value in answer.headers.items() if name.lower().startswith("access-control")
    }


@pytest.mark.parametrize("origin", [OURS, OTHER])
def test_a_named_origin_may_ask_and_the_service_is_not_troubled(
    gate: Any, upstream: Any, origin: str
) -> None:
    before = len(upstream.seen)
    answer = _preflight(gate, origin)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "x-purpose", "if-match", "if-none-match", "idempotency-key"} < set(allowed)
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert len(upstream.seen) == before


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "*",
        "https://example.ee",
        f"{OURS}.evil.example",
        f"{OURS}:444",
        OURS.upper(),
        f"{OURS} {OTHER}",
        "http://rakendus.example.ee",
    ],
)
def test_any_other_origin_is_told_nothing(gate: Any, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    for answer in (_preflight(gate, origin), gate.ask(gate.doors.api_port, PATH, **headers)):
        assert _crossing(answer) == {}
    assert "Origin" in answer.headers["Vary"]


def test_a_page_may_read_what_it_needs_of_answers_and_of_refusals(gate: Any) -> None:
    port, headers = gate.doors.api_port, {"Origin": OURS}
    answers = (
        gate.ask(port, PATH, **headers),
        gate.ask(port, PATH, **headers, X_Want="412"),
        gate.ask(port, "/api/riskscore/v1/instruments", **headers),
        gate.ask(port, "/no-such-path", **headers),
    )
    assert [answer.status for answer in answers] == [200, 412, 503, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == OURS
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "X-Request-Id", "Location", "Retry-After"} < set(exposed)


def test_without_the_setting_there_is_no_origin(start_gateway: Any, services: Mapping[str, str]) -> None:
    plain = start_gateway(services)
    for origin in (OURS, ""):
        assert _crossing(_preflight(plain, origin)) == {}


def test_the_x_road_listener_has_no_pages(gate: Any) -> None:
    for path in ("/xroad/soap", "/xroad/rest/marac/v1/referrals"):
        assert _crossing(_preflight(gate, OURS, path, gate.doors.xroad_port)) == {}
