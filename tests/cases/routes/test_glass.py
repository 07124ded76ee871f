"""The glass is broken, and who is told of it, over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.kit import keys
from services.kit.clock import FixedClock, SystemClock
from services.kit.tokens import AccessTokenIssuer
from services.kit.tokens.signing import DEVELOPMENT_ISSUER

Build = Callable[..., Any]
OWNER, POLICE = "dev:coordinator:polva:", "dev:agency-member:polva:police"
STRANGER = "dev:agency-member:rakvere:police"
WHY = "Kannatanu seisab öösel meie ukse taga."


@pytest.fixture
async def case(served: Any, a_message: Build) -> str:
    return str(await served.opened(a_message(), "police", "probation"))


def _token(served: Any, subject: str, seconds: int | None) -> str:
    key = keys.load_issuer(served.folder, "development")
    at = None if seconds is None else int(SystemClock().now().timestamp()) - seconds
    return AccessTokenIssuer(DEVELOPMENT_ISSUER, key).issue(subject, authenticated_at=at)


async def _break(served: Any, case: str, who: str = STRANGER, *, ago: int | None = 5, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {_token(served, who, ago)}"}
    said = {"caseId": case, "reason": WHY, **body}
    return await served.ask("/break-glass", who, "POST", json=said, headers=headers)


def _bytes(answer: Any, case: str) -> tuple[int, str, dict[str, str]]:
    """An answer bar what differs from one to the next."""
    body = answer.json()
    same = answer.text
    for name in ("id", "openedAt", "until"):
        same = same.replace(str(body[name]), name)
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, same.replace(case, "case"), headers


async def test_a_case_is_there_for_an_hour(served: Any, case: str) -> None:
    assert (await served.ask(f"/cases/{case}", STRANGER)).status_code == 404
    broken = await _break(served, case)
    assert broken.status_code == 201
    read = await served.ask(f"/cases/{case}", STRANGER)
    assert read.status_code == 200
    assert read.json()["persons"][0]["contact"]
    referral = read.json()["referrals"][0]["id"]
    assert (await served.ask(f"/referrals/{referral}", STRANGER)).status_code == 200
    assert [one["id"] for one in (await served.ask("/cases", STRANGER)).json()["items"]] == [case]
    seen = (await served.ask(f"/cases/{case}/accesses?by={STRANGER}", OWNER)).json()["items"]
    by_rule = {(one["action"], *one["rules"]) for one in seen if one["operation"] == "get_case"}
    assert by_rule == {("refuse",), ("read", "glass-broken")}  # in vain at first
    later = FixedClock(SystemClock().now() + timedelta(minutes=60, seconds=5))
    served.app.state.database.clock = later
    assert (await served.ask(f"/cases/{case}", STRANGER)).status_code == 404
    assert (await served.ask("/cases", STRANGER)).json()["items"] == []


async def test_nothing_else_is_opened_and_nothing_is_changed(
    served: Any, case: str, a_message: Build
) -> None:
    other = await served.opened(a_message(), "police")
    await _break(served, case)
    assert (await served.ask(f"/cases/{other}", STRANGER)).status_code == 404
    why = {"kind": "declared", "reason": "-"}
    assert (await served.ask(f"/cases/{case}/conflicts", STRANGER, "POST", json=why)).status_code == 404
    assert (await served.ask(f"/cases/{case}", "dev:agency-member:rakvere:probation")).status_code == 404


async def test_the_owner_and_a_second_agency_are_told_at_once(served: Any, case: str) -> None:
    await _break(served, case)
    [report] = (await served.ask("/access-reports", OWNER)).json()["items"]
    told = {name: report[name] for name in ("caseId", "rule", "actor", "secondAgency", "barred", "reason")}
    assert told == {
        "caseId": case,
        "rule": "break-glass",
        "actor": STRANGER,
        "secondAgency": "probation",  # of the case, and not the actor's own
        "barred": False,
        "reason": WHY,
    }
    second = (await served.ask("/access-reports", "dev:agency-member:polva:probation")).json()["items"]
    assert second == [report]
    for who in (POLICE, STRANGER, "dev:coordinator:rakvere:"):
        assert (await served.ask("/access-reports", who)).json()["items"] == []
    [row] = await served.world.rows("select reason_sealed from broken_glass")
    assert WHY.encode() not in bytes(row[0])


async def test_a_report_is_acknowledged_once_and_not_by_the_one_who_is_reported(
    served: Any, case: str
) -> None:
    await _break(served, case, OWNER)
    [report] = (await served.ask("/access-reports?state=new", OWNER)).json()["items"]
    path = f"/access-reports/{report['id']}/acknowledgement"
    note, tag = {"note": "Rääkisin valvekorraga."}, {"If-Match": f'"{report["version"]}"'}
    own = await served.ask(path, OWNER, "POST", json=note, headers=tag)
    assert own.json()["type"].endswith(":own-access")
    done = await served.ask(path, POLICE, "POST", json=note, headers=tag)
    assert (done.status_code, done.json()["state"], done.json()["note"]) == (
        200,
        "acknowledged",
        note["note"],
    )
    assert (await served.ask(path, POLICE, "POST", json=note, headers=tag)).status_code == 412
    again = {"If-Match": done.headers["etag"]}
    refused = await served.ask(path, POLICE, "POST", json=note, headers=again)
    assert refused.json()["type"].endswith(":transition-refused")
    assert (await served.ask("/access-reports?state=new", OWNER)).json()["items"] == []


@pytest.mark.parametrize("closing", ["exclusion", "seal"])
async def test_neither_an_exclusion_nor_a_seal_is_broken(served: Any, case: str, closing: str) -> None:
    if closing == "exclusion":
        body: dict[str, Any] = {"member": POLICE, "kind": "relative", "reason": "Vend."}
        assert (await served.ask(f"/cases/{case}/exclusions", OWNER, "POST", json=body)).status_code == 201
    else:
        body = {"reason": "Oht.", "members": [OWNER]}
        assert (await served.ask(f"/cases/{case}/seal", OWNER, "POST", json=body)).status_code == 201
    closed, unknown = await _break(served, case, POLICE), str(uuid4())
    assert _bytes(closed, case) == _bytes(await _break(served, unknown, POLICE), unknown)
    for path in (f"/cases/{case}", f"/cases/{case}/history"):
        assert (await served.ask(path, POLICE)).status_code == 404
    assert (await served.ask("/cases", POLICE)).json()["items"] == []
    [report] = (await served.ask("/access-reports", OWNER)).json()["items"]
    assert (report["actor"], report["barred"]) == (POLICE, True)


async def test_a_case_that_there_is_not_alarms_nobody(served: Any, case: str) -> None:
    assert (await _break(served, str(uuid4()))).status_code == 201
    assert await served.world.count("access_report") == 0


@pytest.mark.parametrize("ago", [None, 301, 900])
async def test_without_a_fresh_login_the_glass_holds(served: Any, case: str, ago: int | None) -> None:
    answer = await _break(served, case, ago=ago)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (401, "fresh-login-required")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
    assert await served.world.count("broken_glass") == 0


async def test_a_reason_that_says_too_little_is_malformed(served: Any, case: str) -> None:
    answer = await _break(served, case, reason="vaja    vaja    vaja")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert await served.world.count("broken_glass") == 0
