from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.catalog import offered
from services.exchange.model.offered import Offered, Right
from services.exchange.model.problems import AccessDenied, MissingHeaderField, UnknownService
from services.exchange.model.xroad import ClientId, Headers, ServiceId
from services.exchange.rules.admission import admit, called, rights_of, within
from services.kit.policy import Caller, Policy
from services.kit.problem import NotFound

POLIS = ClientId.parse("ee-dev/GOV/70008747/polis")
OWN = Right("own-referrals", "own-message")
PARTS = st.sampled_from(["a", "b", "*", "%2A", "a b"])
CLIENTS = st.builds(
    ClientId,
    st.sampled_from(["ee-dev", "EE"]),
    st.sampled_from(["GOV", "COM", "*"]),
    st.sampled_from(["1", "2", "*"]),
    st.none() | PARTS,
)
ROWS = st.dictionaries(
    CLIENTS, st.dictionaries(st.sampled_from(["submit_referral", "get_referral_status"]), st.just(OWN))
)


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
    closed = replace(known, rights={POLIS: {"get_referral_status": OWN}})
    with pytest.raises(AccessDenied):
        admit(closed, Headers(POLIS, "1"), known.operations["submit_referral"])


def test_an_operation_may_demand_header_fields(known: Offered) -> None:
    strict = replace(known.operations["submit_referral"], requires=frozenset({"userId", "issue"}))
    admit(known, Headers(POLIS, "1", user_id="EE1", issue="2"), strict)
    with pytest.raises(MissingHeaderField, match="issue"):
        admit(known, Headers(POLIS, "1", user_id="EE1"), strict)


@given(clients=ROWS, members=ROWS, caller=CLIENTS)
def test_the_most_exact_row_counts_and_a_wildcard_never_reaches_another_member(
    clients: dict[ClientId, dict[str, Right]], members: dict[ClientId, dict[str, Right]], caller: ClientId
) -> None:
    members = {replace(client, subsystem=None): rights for client, rights in members.items()}
    known = replace(offered.load("ee-dev"), rights=clients, member_rights=members)
    if caller in clients:
        expected = clients[caller]
    elif caller.subsystem is None:
        expected = {}
    else:
        same = [
            rights
            for member, rights in members.items()
            if (member.instance, member.member_class, member.member_code)
            == (caller.instance, caller.member_class, caller.member_code)
        ]
        expected = same[0] if same else {}
    assert rights_of(known, caller) == expected
    for name, operation in known.operations.items():
        if name in expected:
            assert admit(known, Headers(caller, "1"), replace(operation, requires=frozenset())) == OWN
        else:
            with pytest.raises(AccessDenied):
                admit(known, Headers(caller, "1"), operation)


def test_a_right_narrows_what_the_table_allows_and_never_widens_it() -> None:
    data = {
        "version": "2026-11-29",
        "status": "draft",
        "source": "a test",
        "reason": "a test",
        "relations": {"anywhere": {}, "own-message": {"client": "subject"}},
        "rules": [
            {
                "id": relation,
                "effect": "allow",
                "roles": ["xroad-client"],
                "operations": ["ask"],
                "relation": relation,
                "purposes": ["intake"],
                "fields": ["basic"],
            }
            for relation in ("anywhere", "own-message")
        ],
    }
    permit = Policy.from_data(data).permit(Caller.system(str(POLIS), "exchange"), "ask", "intake")
    assert permit.on({"client": "another"}).rule_id == "anywhere"
    narrow = within(permit, OWN)
    assert narrow.on({"client": str(POLIS)}).rule_id == "own-message"
    with pytest.raises(NotFound):
        narrow.on({"client": "another"})
    with pytest.raises(AccessDenied):
        within(permit, Right("own-children", "own-children"))
