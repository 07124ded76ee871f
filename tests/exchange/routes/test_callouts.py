"""Call-outs asked of the police for the case register: over the simulated network, audited, not logged."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from services.kit import keys
from services.kit.log.output import PROCESSORS
from services.kit.tokens import ServiceSigner

REFERENCE = "TV-0123-4567-89AB-CDEF-0"
VICTIM, THREATENING = "48801010001", "38501170366"
QUESTION = {
    "reference": REFERENCE,
    "victim": VICTIM,
    "threateningPerson": THREATENING,
    "since": "2016-05-04",
    "until": "2017-05-05",
}
DAYS = ["2017-05-04", "2016-12-24", "2016-05-04", "2017-05-04"]
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask(exchange: Any, keys_folder: Path) -> Ask:
    async def asking(
        subject: str = "worker:callouts", service: str = "cases", purpose: str = "intake", **words: Any
    ) -> httpx.Response:
        signer = ServiceSigner(service, keys.load_signing(keys_folder, service), exchange.clock)
        headers = {
            "Authorization": f"Bearer {signer.token('exchange', subject, purpose)}",
            "X-Purpose": purpose,
        }
        answer: httpx.Response = await exchange.http.post(
            "/api/exchange/v1/callouts", json=QUESTION | words, headers=headers
        )
        return answer

    return asking


async def know(exchange: Any, *days: str) -> None:
    told = {"victim": VICTIM, "threateningPerson": THREATENING, "days": list(days)}
    await exchange.partners("POST", "/callouts", json=told)


async def test_the_days_within_the_window_are_told_and_nothing_else(exchange: Any, ask: Ask) -> None:
    await know(exchange, *DAYS, "2016-05-03", "2017-05-05")
    answer = await ask()
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "source": "ee-dev/GOV/70008747/polis",
        "count": 4,
        "days": ["2016-05-04", "2016-12-24", "2017-05-04", "2017-05-04"],
    }


async def test_none_is_an_answer(exchange: Any, ask: Ask) -> None:
    await know(exchange)
    assert (await ask()).json()["count"] == 0


async def test_each_question_is_a_message_of_its_own_and_leaves_its_rows(exchange: Any, ask: Ask) -> None:
    await know(exchange, *DAYS)
    with capture_logs(processors=PROCESSORS) as lines:
        for _ in range(2):
            assert (await ask()).status_code == 200
    rows = await exchange.rows("select action, operation from audit order by recorded_at, action")
    told = [(row["action"], row["operation"]) for row in rows]
    assert sorted(told) == [("disclose", "ask_call_outs")] * 2 + [("send", "ask_call_outs")] * 2
    sent = await exchange.rows("select what, partner, result, message_id, canonical from message_log")
    assert [(row["what"], row["result"]) for row in sent] == [("sent", "delivered")] * 2
    assert len({row["message_id"] for row in sent}) == 2
    kept = b"".join(bytes(row["canonical"]) for row in sent).decode()
    for secret in (VICTIM, THREATENING, *DAYS[1:3]):  # the first is the day of the test
        assert secret not in str(lines)
        assert secret not in kept


@pytest.mark.parametrize(
    ("rule", "status", "result"),
    [
        ({"effect": "down"}, 503, "server.serverproxy.network_error"),
        ({"effect": "cut-after"}, 503, "connection"),
        ({"effect": "garbage"}, 503, "http-502"),
        ({"effect": "partner-fault", "code": "soap:Server"}, 503, "soap:Server"),
        ({"effect": "mismatch"}, 503, "wrong-id"),
        ({"effect": "business", "code": "NO_BASIS"}, 409, "NO_BASIS"),
        ({"effect": "fault", "code": "server.serverproxy.access_denied"}, 409, None),
    ],
)
async def test_what_is_not_told_is_said_with_what_to_do(
    exchange: Any, ask: Ask, rule: dict[str, Any], status: int, result: str | None
) -> None:
    await know(exchange, *DAYS)
    await exchange.partners("POST", "/rules", json={"partner": "polis", "kind": "getCallouts", **rule})
    answer = await ask()
    assert answer.status_code == status
    slug = {409: "call-outs-refused", 503: "upstream-unavailable"}[status]
    assert answer.json()["type"].endswith(slug)
    assert not any(secret in answer.text for secret in (VICTIM, THREATENING, *DAYS))
    [row] = await exchange.rows("select result, canonical from message_log where what = 'sent'")
    assert row["result"] == "failed"
    assert (result or str(rule["code"])) in bytes(row["canonical"]).decode()


@pytest.mark.parametrize(
    "words",
    [
        {"victim": "48801010002"},
        {"victim": "4880101000"},
        {"threateningPerson": "EE38501170366"},
        {"since": "2017-05-05"},
        {"since": "2016-05-02"},
        {"until": "tomorrow"},
        {"reference": "TV-1"},
        {"name": "Mari"},
    ],
)
async def test_a_question_that_breaks_a_rule_asks_nobody(
    exchange: Any, ask: Ask, words: dict[str, str]
) -> None:
    before = (await exchange.partners("GET", "/callouts"))["asked"]
    answer = await ask(**words)
    assert answer.status_code == 422
    assert not any(value in answer.text for value in ("48801010002", "EE3850", "Mari", "tomorrow"))
    assert (await exchange.partners("GET", "/callouts"))["asked"] == before


@pytest.mark.parametrize(
    "who",
    [
        {"service": "indicators"},
        {"service": "riskscore"},
        {"subject": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11"},
        {"purpose": "statistics"},
    ],
)
async def test_only_the_worker_of_the_case_register_may_ask(
    exchange: Any, ask: Ask, who: dict[str, str]
) -> None:
    before = (await exchange.partners("GET", "/callouts"))["asked"]
    assert (await ask(**who)).status_code == (422 if "purpose" in who else 403)
    assert (await exchange.partners("GET", "/callouts"))["asked"] == before


async def test_the_longest_window_is_a_leap_year_and_its_day(exchange: Any, ask: Ask) -> None:
    await know(exchange)
    since = date(2016, 2, 28)
    for days, status in ((367, 200), (368, 422)):
        until = (since + timedelta(days=days)).isoformat()
        assert (await ask(since=since.isoformat(), until=until)).status_code == status
