"""A Python client, generated from the published documents, compiles and works a case through.

The TypeScript one is in tests/look, where there is Node.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_python_client import Config, GeneratorError, MetaType, generate
from openapi_python_client.config import ConfigFile

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from system import openapi
from tests.contracts import doors
from tests.contracts.contract import ROOT
from tests.contracts.doors_plan import an_action
from tests.contracts.together import Together

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
#: Media types that no JSON client reads; their operations are generated without them.
OTHER_MEDIA = ("application/jsonl", "application/pdf", "wordprocessingml", "text/calendar", "*/*", "text/csv")


def _package(service: str) -> str:
    return f"turvavork_{service}_client"


def _generated(service: str, folder: Path) -> list[GeneratorError]:
    """Makes the package of a service; what its generator could not read."""
    own = ConfigFile(
        post_hooks=[],
        package_name_override=_package(service),
        project_name_override=_package(service),
        content_type_overrides={"application/cloudevents-batch+json": "application/json"},
    )
    config = Config.from_sources(
        own, MetaType.NONE, ROOT / "openapi" / f"{service}.json", "utf-8", True, folder / _package(service)
    )
    return list(generate(config=config))


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, list[GeneratorError]]]:
    folder = tmp_path_factory.mktemp("clients")
    found = {service: _generated(service, folder) for service in openapi.SERVICES}
    sys.path.insert(0, str(folder))
    yield found | {"folder": folder}  # type: ignore[dict-item] # beside the services
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith(tuple(map(_package, openapi.SERVICES)))]:
        del sys.modules[name]


@pytest.mark.parametrize("service", openapi.SERVICES)
def test_the_client_is_whole_and_compiles(clients: Mapping[str, Any], service: str) -> None:
    lost = [each for each in clients[service] if not any(word in str(each.detail) for word in OTHER_MEDIA)]
    assert lost == []
    folder = clients["folder"] / _package(service)
    operations = {
        operation["operationId"]
        for methods in openapi.read(ROOT / "openapi", service)["paths"].values()
        for operation in methods.values()
    }
    assert operations <= {path.stem for path in folder.glob("api/*/*.py")}
    for path in folder.rglob("*.py"):
        compile(path.read_text(), str(path), "exec")


def _call(house: Together, service: str, operation: str) -> Any:
    """An operation of the generated client, asked by whom the table lets in."""
    caller = house.caller(service, operation)
    package = _package(service)
    client = importlib.import_module(f"{package}.client").AuthenticatedClient(
        base_url=f"http://{service}",
        token=caller["authorization"].removeprefix("Bearer "),
        httpx_args={"transport": httpx.ASGITransport(house.apps[service])},
    )
    [path] = Path(importlib.import_module(package).__file__ or "").parent.glob(f"api/*/{operation}.py")
    module = importlib.import_module(f"{package}.api.{path.parent.name}.{operation}")

    async def call(*things: Any, **parts: Any) -> Any:
        answer = await module.asyncio_detailed(*things, client=client, x_purpose=caller["x-purpose"], **parts)
        assert answer.status_code < 300, answer.content
        return answer

    return call


async def test_a_case_is_worked_through_by_the_client(house: Together, clients: Mapping[str, Any]) -> None:
    """Referral, screening, case with what hangs on it, action; of two writers one is told to look again."""
    assert clients
    taken = next(door for door in doors.DOORS if door.operation == "take_referral")
    call = await taken.call(house)
    await house.http["cases"].put(call.path, json=taken.body(house), headers=call.headers)
    models = importlib.import_module(f"{_package('cases')}.models")

    page = (
        await _call(house, "cases", "list_referrals")(limit=100, status=models.Status("AWAITING_SCREENING"))
    ).parsed
    listed = page.items[0]
    referral = (await _call(house, "cases", "get_referral")(listed.id)).parsed
    assert referral.reference == listed.reference
    accept = models.ScreeningIn(decision=models.Decision("accept"), agencies=["police"])
    tag = f'"{referral.version}"'
    screened = (await _call(house, "cases", "screen_referral")(referral.id, body=accept, if_match=tag)).parsed
    assert screened.status.value == "ACCEPTED"

    due = local_date(SystemClock().now()) + timedelta(days=7)
    wanted = models.ProposalIn.from_dict({**an_action(), "dueOn": str(due)})
    propose = _call(house, "cases", "propose_action")
    first = (await propose(screened.case_id, body=wanted, idempotency_key="once")).parsed
    again = (await propose(screened.case_id, body=wanted, idempotency_key="once")).parsed
    assert first.id == again.id
    case = (
        await _call(house, "cases", "get_case")(
            screened.case_id, expand=[models.GetCaseExpandItem("actions"), models.GetCaseExpandItem("people")]
        )
    ).parsed
    parts = case.expanded.additional_properties
    assert parts["actions"].body["items"][0]["id"] == str(first.id)
    assert parts["people"].status == 200

    stale = await house.http["cases"].post(
        f"/api/cases/v1/actions/{first.id}/cancel",
        json={"reason": "no-longer-needed"},
        headers=house.caller("cases", "cancel_action") | {"if-match": '"99"'},
    )
    assert stale.status_code == 412
    problem = models.Problem.from_dict(stale.json())
    assert problem.type_.endswith("stale-version")
