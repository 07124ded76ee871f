from dataclasses import replace

import pytest

from services.exchange.catalog import offered
from services.exchange.model.offered import Offered
from services.exchange.model.problems import AccessDenied, MissingHeaderField, UnknownService
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.rules.admission import admit, called

POLIS = ClientId.parse("ee-dev/GOV/70008747/polis")


@pytest.fixture(scope="module")
def known() -> Offered:
    return offered.load("ee-dev")


def test_a_service_is_found_by_code_and_version(known: Offered) -> None:
    assert called(known, ServiceId(known.provider, "submitReferral", "v1")).name == "submit_referral"


@pytest.mark.parametrize(
    ("code", "version"),
    [("submitReferral", "v2"), ("submitReferral", None), ("SubmitReferral", "v1"), ("x", "v1")],
)
def test_another_code_or_version_is_unknown(known: Offered, code: str, version: str | None) -> None:
    with pytest.raises(UnknownService):
        called(known, ServiceId(known.provider, code, version))


def test_a_service_of_another_member_is_unknown(known: Offered) -> None:
    with pytest.raises(UnknownService):
        called(known, ServiceId(POLIS, "submitReferral", "v1"))


def test_partners_are_admitted_and_nobody_else(known: Offered) -> None:
    operation = known.operations["submit_referral"]
    admit(known, Headers(POLIS, "1"), operation)
    for other in (
        replace(POLIS, subsystem="other"),
        replace(POLIS, instance="EE"),
        replace(POLIS, subsystem=None),
    ):
        with pytest.raises(AccessDenied):
            admit(known, Headers(other, "1"), operation)


def test_a_partner_may_call_only_what_is_open_to_it(known: Offered) -> None:
    closed = replace(known, rights={POLIS: frozenset({"get_referral_status"})})
    with pytest.raises(AccessDenied):
        admit(closed, Headers(POLIS, "1"), known.operations["submit_referral"])


def test_an_operation_may_demand_header_fields(known: Offered) -> None:
    strict = replace(known.operations["submit_referral"], requires=frozenset({"userId", "issue"}))
    admit(known, Headers(POLIS, "1", user_id="EE1", issue="2"), strict)
    with pytest.raises(MissingHeaderField, match="issue"):
        admit(known, Headers(POLIS, "1", user_id="EE1"), strict)
