"""A new route without a permit, or a permit without a row in the table, does not get past this."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.kit.openapi import permit_operation
from services.kit.policy import Policy

SERVICES = ("cases", "riskscore", "exchange", "indicators")
#: Open on purpose: documents without personal data, probes behind the gateway, and the login itself.
OPEN = {"openapi_document", "docs", "healthz", "readyz", "figures", "create_session", "receive_logout"}


def _app(service: str) -> FastAPI:
    app = importlib.import_module(f"services.{service}.app").create_app()
    assert isinstance(app, FastAPI)
    return app


def _routes(app: FastAPI) -> Iterator[tuple[str, str, str | None]]:
    """Path, name and the operation of the permit, of every route."""
    for context in iter_route_contexts(app.routes):
        if hasattr(context, "dependant"):
            yield str(context.path_format), str(context.name), permit_operation(context.dependant)


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_permit_with_a_row_in_the_table(service: str) -> None:
    known = Policy.load(f"services.{service}").operations()
    found = list(_routes(_app(service)))
    assert len(found) > len(OPEN) - 1
    for path, name, operation in found:
        if path.startswith("/xroad/") or name in OPEN:
            continue  # X-Road calls are let in by client and operation; see tests/exchange
        assert operation in known, f"{service}: {path} ({name}) has no row"


#: Operations of people that show and change nothing of any case; of a new one somebody decides.
ABOUT_NO_CASE = {
    "get_me",
    "enter_referral",
    "list_support_persons",
    "add_support_person",
    "get_support_person",
    "change_support_person",
    "record_training",
    "list_supervisions",
    "record_supervision",
    "break_glass",
    "get_erasure_certificate",
    "record_access_request",
    "list_access_requests",
    "get_access_request",
    "decide_access_request",
    "get_log_checkpoint",
    "get_inclusion_proof",
    "get_consistency_proof",
    "export_log",
    # meetings
    "list_meeting_series",
    "create_meeting_series",
    "change_meeting_series",
    "plan_meetings",
    "list_meetings",
    "call_meeting",
    "get_meeting",
    "move_meeting",
    "get_calendar",
    "invite_agencies",
    "list_invitations",
    "reply_to_invitation",
    "record_attendance",
    "get_confidentiality",
    "sign_confidentiality",
    # addresses
    "get_my_address",
    "set_my_address",
    # safety plans
    "list_safety_plan_sections",
    # services by need
    "list_services",
    "list_removal_measures",
    "list_case_types",
    # published lists
    "list_code_lists",
    "get_code_list",
    "list_lifecycles",
    "get_lifecycle",
    # networks
    "list_regions",
    "get_region",
    "list_region_sets",
    "list_agencies",
    "list_network_members",
    "get_network_member",
    "add_network_member",
    "change_network_member",
    "end_network_member",
    # offices
    "list_appointments",
    "get_appointment",
    "propose_appointment",
    "approve_appointment",
    "refuse_appointment",
    "withdraw_appointment",
    "end_appointment",
    "name_deputy",
    "end_absence",
    # starts of regions
    "get_region_start",
    "confirm_start_item",
    "withdraw_start_item",
    "record_first_meeting",
    "list_advice",
    "write_advice",
    # quality
    "record_observation",
    "list_observations",
    "get_observation",
    "list_recommendations",
    "get_recommendation",
    "answer_recommendation",
    "get_observation_figures",
    # sessions
    "list_my_sessions",
    "end_my_session",
}


def test_what_is_about_a_case_is_kept_from_who_is_excluded_and_from_whom_the_seal_does_not_name() -> None:
    """Each operation stands in both denies (`of-a-case` of access.yaml), or is listed above."""
    rules = Policy.load("services.cases").rules
    denied = [set(rule.operations) for rule in rules if rule.effect == "deny" and rule.fields is None]
    people = {
        operation
        for rule in rules
        for operation in rule.operations
        if not all(role.startswith(("service:", "worker:", "xroad-client")) for role in rule.roles or ())
    }
    assert len(denied) == 2
    for operations in denied:
        assert people - operations == ABOUT_NO_CASE, "a new operation is about a case, or is about none"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_of_the_table_is_somewhere_in_the_code(service: str) -> None:
    """A row for an operation that is gone is a right that nobody reviews."""
    services = Path(__file__).resolve().parents[2] / "services"
    rooms = [path for name in (service, "kit") for path in (services / name).rglob("*.py")]
    code = "\n".join(path.read_text() for path in rooms)
    for operation in Policy.load(f"services.{service}").operations():
        assert f'"{operation}"' in code, f"{service}: no code asks for {operation}"
