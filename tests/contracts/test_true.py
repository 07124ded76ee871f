"""The published documents are true: whatever they allow or forbid to ask, they promise what is answered."""

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contracts import (
    contract,
    corpora,
    doors,
    doors_assessments,
    doors_contacts,
    doors_meetings,
    doors_networks,
    doors_offers,
    doors_offices,
    doors_people,
    doors_plan,
    doors_quality,
    doors_removals,
    doors_safety,
    doors_transfers,
)
from tests.contracts.together import POLIS, Together

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("true")]
#: Questions for one operation, of each kind: such as the document allows, and such as it forbids.
MOST = 1_000 if corpora.SOAK else 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
#: What opens the door, whatever else is wrong.
KEYS = {"authorization", "x-turvavork-gateway"}
KINDS = {
    "allowed": (schemathesis.GenerationMode.POSITIVE, CHECKS),
    "forbidden": (schemathesis.GenerationMode.NEGATIVE, [*CHECKS, negative_data_rejection]),
}


@cache
def published(name: str) -> Any:
    """A document without its last resort: an answer that only ``default`` promises is not promised.

    And without ``fields``, which leaves out what the schema requires: test_sparse is about them.
    """
    own = copy.deepcopy(dict(contract.document(name)))
    for methods in own["paths"].values():
        for operation in methods.values():
            operation["responses"].pop("default")
            told = operation.get("parameters", [])
            operation["parameters"] = [each for each in told if each["name"] != "fields"]
    return schemathesis.openapi.from_dict(own)


def _operations() -> Iterator[Any]:
    for name in contract.DOCUMENTS:
        for method, path, operation in contract.operations(name):
            yield pytest.param(name, method, path, id=operation["operationId"])


def questions(operation: Any, mode: schemathesis.GenerationMode) -> list[Any]:
    """The same ones each time, but for a soak."""
    found: list[Any] = []

    @settings(
        max_examples=MOST,
        derandomize=not corpora.SOAK,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        found.append(case)

    ask()
    assert found
    return found


def wrong_headers(case: Any) -> bool:
    """Whether the headers are what is forbidden in this question: then ours would put them right."""
    made = case.meta.components.get(ParameterLocation.HEADER)
    return made is not None and made.mode.is_negative


@pytest.fixture(scope="session")
async def known(house: Together) -> Mapping[str, str]:
    """Ids of things that are there, by the names that paths have for them."""
    return await things(house)


async def things(house: Together) -> Mapping[str, str]:
    """Makes one of each kind of thing; their ids by the names that paths have for them."""
    taken = next(door for door in doors.DOORS if door.operation == "take_referral")
    call = await taken.call(house)
    client = house.http["cases"]
    await client.put(call.path, json=taken.body(house), headers=call.headers)
    screened = next(door for door in doors.DOORS if door.operation == "screen_referral")
    call = await screened.call(house)
    shown = (await client.post(call.path, json=screened.body(house), headers=call.headers)).json()
    await house.read_feed()
    (event,) = await house.rows("cases", "select id from event where type = 'referral.accepted' limit 1")
    (sent,) = await house.rows("cases", "select reference from referral where sender = $1 limit 1", POLIS)
    return {
        "referral_id": shown["id"],
        "case_id": shown["caseId"],
        "person_id": shown["persons"][0]["personId"],
        "event_id": str(event["id"]),
        "number": shown["persons"][0]["id"],
        "message_id": await house.put_aside(),
        "pause_id": await house.pause(),
        "reference": sent["reference"],
        "version": "1",
        "instrument": "dash",
        "indicator": "people-served",
        "log": "audit",
        "name": "reasons",
        "machine": "case",
        "receipt": "5e" * 32,
        **await doors_meetings.known(house),
        **await doors_networks.known(house),
        **await doors_offices.known(house),
        **await doors_plan.known(house),
        **await doors_contacts.known(house),
        **await doors_offers.known(house),
        **await doors_removals.known(house),
        **await doors_people.known(house),
        **await doors_safety.known(house),
        **await doors_quality.known(house),
        **await doors_transfers.known(house),
        **await doors_assessments.known(house),
        "agency": "police",
        "exclusion_id": await _excluded(house, shown["caseId"]),
        **{name: await _made_for(house, operation) for name, operation in BY_DOOR.items()},
    }


#: Ids of things that the door of an operation makes before it knocks, before the address's last word.
BY_DOOR = {
    "incident_id": "retract_incident",
    "checkpoint_id": "hold_checkpoint",
    "assignment_id": "end_support",
    "fact_id": "void_consent_fact",
    "share_id": "end_share",
    "proposal_id": "decide_repeat_proposal",
    "seal_id": "name_members",
    "report_id": "acknowledge_access_report",
    "hold_id": "lift_hold",
    "erasure_id": "refuse_erasure",
    "request_id": "decide_access_request",
}


async def _excluded(house: Together, case: str) -> str:
    """Somebody is kept from the case."""
    door = next(door for door in doors.DOORS if door.operation == "exclude_member")
    path = f"/api/cases/v1/cases/{case}/exclusions"
    caller = house.caller("cases", "exclude_member")
    made = await house.http["cases"].post(path, json=door.body(house), headers=caller)
    assert made.status_code == 201, made.text
    found = made.json()
    return str(found["id"] if "id" in found else found["items"][0]["id"])


async def _made_for(house: Together, operation: str) -> str:
    door = next(door for door in doors.DOORS if door.operation == operation)
    return (await door.call(house)).path.split("/")[-2]


async def sent(house: Together, name: str, case: Any, headers: Mapping[str, str]) -> Any:
    """Sends what schemathesis made of the document, with our caller's headers where it made none."""
    parts = case.as_transport_kwargs(base_url=f"http://{contract.served_by(name)}")
    parts.pop("cookies", None)
    own = {key: value for key, value in parts.pop("headers", {}).items() if value is not None}
    prepared = requests.Request(
        parts["method"], parts["url"], params=parts.get("params"), **_body(parts)
    ).prepare()
    given = {key.lower(): _encoded(value) for key, value in {**prepared.headers, **own}.items()}
    client = house.http[contract.served_by(name)]
    return await client.request(
        case.method,
        str(prepared.url),
        content=prepared.body,
        headers={**given, **{key: value.encode() for key, value in headers.items()}},
    )


def _body(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: parts[key] for key in ("json", "data") if parts.get(key) is not None}


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "method", "path"), [*_operations()])
async def test_an_answer_is_one_that_the_document_promises(  # noqa: PLR0913, PLR0917 - an operation's address
    house: Together, known: Mapping[str, str], name: str, method: str, path: str, kind: str
) -> None:
    mode, checks = KINDS[kind]
    operation = published(name)[path][method]
    operation_id = contract.document(name)["paths"][path][method.lower()]["operationId"]
    for number, case in enumerate(questions(operation, mode)):
        if kind == "allowed" and number % 2:
            case.path_parameters = {key: known[key] for key in case.path_parameters or {}}
        headers = _caller(house, name, operation_id)
        if wrong_headers(case):
            headers = {key: value for key, value in headers.items() if key in KEYS}
        case.validate_response(await sent(house, name, case, headers), checks=checks)


def _caller(house: Together, name: str, operation_id: str) -> dict[str, str]:
    if name == contract.MARAC:
        return house.xroad(POLIS)
    return {} if operation_id == "create_session" else house.caller(name, operation_id)
