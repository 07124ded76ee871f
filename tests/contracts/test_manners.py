"""Good manners of a published document: what a front end's author counts on in every operation."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from system import openapi
from tests.contracts import contract

FOLDER = Path(__file__).resolve().parents[2] / "openapi"
#: Open to everybody: the login itself.
OPEN = {"create_session", "receive_logout"}


def _operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for service in openapi.SERVICES:
        for path, methods in openapi.read(FOLDER, service)["paths"].items():
            for method, operation in methods.items():
                yield service, path, method, operation


ALL = [pytest.param(*each, id=f"{each[2]} {each[1]}") for each in _operations()]


@pytest.mark.parametrize(("service", "path", "method", "operation"), ALL)
def test_an_operation_minds_its_manners(
    service: str, path: str, method: str, operation: dict[str, Any]
) -> None:
    assert path.startswith(f"/api/{service}/v1/")
    assert re.fullmatch(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z_]+\}|:[a-z]+))+", path), path
    assert operation["operationId"]
    assert operation["summary"]
    assert operation["description"]
    if operation["operationId"] not in OPEN:
        assert operation["security"], "no caller is asked for"
        names = {each.get("name") or each.get("$ref", "") for each in operation.get("parameters", ())}
        assert any("Purpose" in name for name in names), "no purpose is asked for"
    refusals = [status for status in operation["responses"] if status.startswith(("4", "5"))]
    assert refusals, "no problem is promised"
    for status in refusals:
        assert "application/problem+json" in operation["responses"][status].get("content", {}), status


@pytest.mark.parametrize("service", openapi.SERVICES)
def test_every_request_and_answer_has_an_example_that_fits_it(service: str) -> None:
    wrong = []
    for name, _, _, operation in _operations():
        answers = [one for status, one in operation["responses"].items() if status.startswith("2")]
        for holder in (operation.get("requestBody", {}), *answers) if name == service else ():
            for media, content in holder.get("content", {}).items():
                if "example" not in content:
                    wrong.append((operation["operationId"], media, "there is none"))
                    continue
                errors = contract.validator(service, content.get("schema", {})).iter_errors(
                    content["example"]
                )
                found = [(each.json_path, each.message[:80]) for each in errors]
                wrong.extend((operation["operationId"], *each) for each in found)
    assert wrong == []


@pytest.mark.parametrize(("service", "path", "method", "operation"), ALL)
def test_a_list_is_paged_or_bounded(service: str, path: str, method: str, operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    if name.startswith("list_") and name in {"list_referrals", "list_cases", "list_messages", "list_events"}:
        assert "limit" in {each.get("name") for each in operation["parameters"]}


def test_what_can_be_asked_for_beside_a_thing_has_an_address_of_its_own() -> None:
    """And whatever is read as JSON can be asked for by its members."""
    for service in openapi.SERVICES:
        paths = openapi.read(FOLDER, service)["paths"]
        for path, methods in paths.items():
            told = {each["name"]: each for each in methods.get("get", {}).get("parameters", ())}
            for name in told.get("expand", {"schema": {"items": {"enum": []}}})["schema"]["items"]["enum"]:
                assert "get" in paths[f"{path}/{name}"], f"{path}: {name}"
            media = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            if set(media) == {"application/json"} and service != "riskscore":  # it keeps nothing to be read
                assert "fields" in told, path


def test_schemas_are_named_in_public_words() -> None:
    for service in openapi.SERVICES:
        schemas = openapi.read(FOLDER, service)["components"]["schemas"]
        assert [name for name in schemas if not re.fullmatch("[A-Z][A-Za-z0-9]+", name)] == []


def test_operation_ids_are_unique_in_a_service() -> None:
    for service in openapi.SERVICES:
        ids = [each[3]["operationId"] for each in _operations() if each[0] == service]
        assert len(ids) == len(set(ids))
