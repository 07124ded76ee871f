import re
from typing import Any

import pytest
from sqlalchemy import column

from services.kit import policy
from services.kit.policy import (
    Appointment,
    Caller,
    Decision,
    IncompleteResourceError,
    Policy,
    PolicyError,
    subject_kind,
)
from services.kit.problem import Forbidden, NotFound

TABLE: dict[str, Any] = {
    "version": "2017-07-01",
    "status": "draft",
    "source": "a test",
    "reason": "a test",
    "relations": {
        "anywhere": {},
        "same-region": {"region": "region"},
        "own-agency": {"agencies": "agency@region"},
        "both": {"region": "region", "agencies": "agency@region"},
        "excluded": {"excluded": "subject"},
    },
    "rules": [
        {
            "id": "read-region",
            "effect": "allow",
            "roles": ["coordinator"],
            "operations": ["get_thing", "list_things"],
            "relation": "same-region",
            "purposes": ["work"],
            "fields": ["basic", "contact"],
        },
        {
            "id": "read-agency",
            "effect": "allow",
            "roles": ["agency-member"],
            "operations": ["get_thing", "list_things"],
            "relation": "own-agency",
            "states": ["open"],
            "purposes": ["work"],
            "fields": ["basic"],
        },
        {
            "id": "read-all",
            "effect": "allow",
            "roles": ["auditor", "service:exchange"],
            "operations": ["get_thing"],
            "relation": "anywhere",
            "purposes": ["supervision", "delivery"],
            "fields": ["technical"],
        },
        {
            "id": "conflict",
            "effect": "deny",
            "roles": "any",
            "operations": ["get_thing", "list_things"],
            "relation": "excluded",
            "purposes": "any",
        },
        {
            "id": "sealed",
            "effect": "deny",
            "roles": "any",
            "operations": ["list_things"],
            "relation": "anywhere",
            "states": ["sealed"],
            "purposes": "any",
        },
    ],
}
POLICY = Policy.from_data(TABLE)
THING = {"region": "polva", "agencies": {"police@polva"}, "excluded": (), "state": "open"}


def member(*appointments: Appointment, subject: str = "EE1") -> Caller:
    return Caller.member(subject, appointments)


def coordinator(region: str = "polva", subject: str = "EE1") -> Caller:
    return member(Appointment("coordinator", {"region": region}), subject=subject)


def with_rule(**change: Any) -> dict[str, Any]:
    rules = [{**TABLE["rules"][0], **change}, *TABLE["rules"][1:]]
    return {**TABLE, "rules": [{k: v for k, v in rule.items() if v is not ...} for rule in rules]}


def test_a_coordinator_sees_the_own_region_and_no_other() -> None:
    permit = POLICY.permit(coordinator(), "get_thing", "work")
    assert permit.on(THING) == Decision("read-region", frozenset({"basic", "contact"}))
    with pytest.raises(NotFound):
        permit.on({**THING, "region": "rakvere"})
    with pytest.raises(NotFound):
        permit.on({**THING, "region": None})


def test_an_agency_member_sees_what_the_agency_of_that_region_takes_part_in() -> None:
    police = member(Appointment("agency-member", {"region": "polva", "agency": "police"}))
    permit = POLICY.permit(police, "get_thing", "work")
    assert permit.on({**THING, "region": "voru"}).rule_id == "read-agency"
    for other in ({"police@voru"}, {"victim-support@polva"}, set(), None):
        with pytest.raises(NotFound):
            permit.on({**THING, "agencies": other})


def test_states_bound_a_rule() -> None:
    police = member(Appointment("agency-member", {"region": "polva", "agency": "police"}))
    with pytest.raises(NotFound):
        POLICY.permit(police, "get_thing", "work").on({**THING, "state": "closed"})


def test_an_appointment_without_the_attribute_relates_to_nothing() -> None:
    with pytest.raises(Forbidden):
        POLICY.permit(member(Appointment("coordinator")), "get_thing", "work")


def test_nothing_is_allowed_without_a_row() -> None:
    for caller, operation, purpose in (
        (coordinator(), "delete_thing", "work"),
        (coordinator(), "get_thing", "supervision"),
        (coordinator(), "get_thing", "unheard-of"),
        (member(), "get_thing", "work"),
        (member(Appointment("operator")), "get_thing", "work"),
    ):
        with pytest.raises(Forbidden):
            POLICY.permit(caller, operation, purpose)


def test_a_deny_wins_and_answers_like_an_unknown_thing() -> None:
    permit = POLICY.permit(coordinator(), "get_thing", "work")
    with pytest.raises(NotFound) as denied:
        permit.on({**THING, "excluded": {"EE1"}})
    with pytest.raises(NotFound) as foreign:
        permit.on({**THING, "region": "rakvere"})
    assert denied.value.body("1") == foreign.value.body("1")
    assert (denied.value.rule_id, foreign.value.rule_id) == ("conflict", None)


def test_a_deny_with_fields_takes_only_these_away() -> None:
    rule = {**TABLE["rules"][3], "id": "no-contact", "fields": ["contact"], "relation": "anywhere"}
    policy = Policy.from_data({**TABLE, "rules": [*TABLE["rules"], rule]})
    assert policy.permit(coordinator(), "get_thing", "work").on(THING).fields == {"basic"}


def test_several_rules_add_up_and_all_are_named() -> None:
    both = Caller.member(
        "EE1",
        (
            Appointment("coordinator", {"region": "polva"}),
            Appointment("agency-member", {"region": "polva", "agency": "police"}),
        ),
    )
    decision = POLICY.permit(both, "get_thing", "work").on(THING)
    assert decision == Decision("read-region+read-agency", frozenset({"basic", "contact"}))


def test_a_service_lends_its_rights_to_no_member() -> None:
    permit = POLICY.permit(Caller.system("service:exchange", "exchange"), "get_thing", "delivery")
    assert permit.on(THING).fields == {"technical"}
    for subject in ("ee-dev/GOV/1/polis", "worker:delivery"):
        assert POLICY.permit(Caller.system(subject, "exchange"), "get_thing", "delivery").grants
    with pytest.raises(Forbidden):
        POLICY.permit(Caller.member("EE1", (), "exchange"), "get_thing", "delivery")


def test_a_rule_may_say_that_a_service_speaks_for_members() -> None:
    data = with_rule(roles=["service:cases"], relation="anywhere", **{"for": ["member"]})
    policy = Policy.from_data(data)
    assert policy.permit(Caller.member("EE1", (), "cases"), "get_thing", "work").on(THING)
    with pytest.raises(Forbidden):
        policy.permit(Caller.system("worker:intake", "cases"), "get_thing", "work")


def test_a_resource_must_tell_all_that_rules_ask() -> None:
    permit = POLICY.permit(coordinator(), "list_things", "work")
    for missing in ("region", "excluded", "state"):
        part = {name: value for name, value in THING.items() if name != missing}
        with pytest.raises(IncompleteResourceError, match=missing):
            permit.on(part)
    with pytest.raises(IncompleteResourceError, match="region"):
        permit.sql({"excluded": column("excluded").in_}, column("state"))
    with pytest.raises(TypeError):
        permit.on({**THING, "region": 7})


def test_facts_say_what_row_level_security_needs() -> None:
    caller = member(
        Appointment("coordinator", {"region": "polva"}),
        Appointment("coordinator", {"region": "rakvere"}),
        Appointment("agency-member", {"region": "polva", "agency": "police"}),
    )
    assert POLICY.permit(caller, "list_things", "work").facts() == {
        "turvavork.actor": "EE1",
        "turvavork.operation": "list_things",
        "turvavork.purpose": "work",
        "turvavork.anywhere": "off",
        "turvavork.same_region": "polva,rakvere",
        "turvavork.own_agency": "police@polva#open",
        "turvavork.both": "",
        "turvavork.excluded": "",
        "turvavork.not_anywhere": "on#sealed",
        "turvavork.not_excluded": "EE1",
    }


def test_facts_of_anywhere() -> None:
    auditor = member(Appointment("auditor"))
    facts = POLICY.permit(auditor, "get_thing", "supervision").facts()
    assert (facts["turvavork.anywhere"], facts["turvavork.same_region"]) == ("on", "")


@pytest.mark.parametrize("value", ["a,b", "a b", "a@b", "a#b", "a|b", "", "a\n", "a'", 'a"', "{a}", "a\\b"])
def test_no_value_can_break_out_of_a_fact(value: str) -> None:
    with pytest.raises(ValueError, match="region"):
        Appointment("coordinator", {"region": value})
    with pytest.raises(ValueError, match="subject"):
        Caller.member(value)


def test_an_appointment_cannot_say_who_the_caller_is() -> None:
    with pytest.raises(ValueError, match="subject"):
        Appointment("coordinator", {"subject": "EE2"})
    with pytest.raises(ValueError, match="role"):
        Appointment("Coordinator, auditor")


def test_reprs_do_not_name_people() -> None:
    permit = POLICY.permit(coordinator(subject="EE48012310016"), "get_thing", "work")
    assert "48012310016" not in repr(permit) + repr(permit.caller)


def test_the_form_of_a_subject_tells_its_kind() -> None:
    kinds = {"EE1": "member", "ee-dev/GOV/1/x": "xroad", "worker:feed": "worker", "service:cases": "service"}
    assert {subject: subject_kind(subject) for subject in kinds} == kinds
    with pytest.raises(ValueError, match="member"):
        Caller.member("worker:feed")
    with pytest.raises(ValueError, match="own name"):
        Caller.system("service:cases", "exchange")
    with pytest.raises(ValueError, match="no system"):
        Caller.system("EE1", "exchange")


def test_guards_can_list_operations_purposes_and_cells() -> None:
    assert POLICY.operations() == {"get_thing", "list_things"}
    assert POLICY.purposes("list_things") == {"work"}
    assert POLICY.purposes() == {"work", "supervision", "delivery"}
    assert POLICY.purposes("unheard_of") == frozenset()
    assert POLICY.asks_for_members("get_thing")
    cells = POLICY.matrix()
    assert len(cells) == 2 + 2 + 4 + 2 + 1
    assert [cell.rule_id for cell in cells if cell.role == "auditor"] == ["read-all", "read-all"]
    alone = Policy.from_data(with_rule(roles=["service:cases"], operations=["score"]))
    assert not alone.asks_for_members("score")


def test_what_an_x_road_client_works_for_bounds_the_service_that_speaks_for_it() -> None:
    """The rule of the service holds where the client works, and nowhere for a client that works nowhere."""
    bound = with_rule(roles=["service:exchange"], operations=["help"], relation="same-region")
    policy = Policy.from_data(bound)
    assert policy.asks_for_bounds("help")
    assert not POLICY.asks_for_bounds("get_thing")
    bounds = [{"region": "polva"}, {"region": "rakvere"}]
    permit = policy.permit(Caller.system("ee/GOV/1/a", "exchange", bounds), "help", "work")
    assert [grant.match["region"] for grant in permit.grants] == ["polva", "rakvere"]
    with pytest.raises(Forbidden):
        policy.permit(Caller.system("ee/GOV/1/a", "exchange"), "help", "work")
    with pytest.raises(Forbidden):  # a worker works for nobody
        policy.permit(Caller.system("worker:intake", "exchange", bounds), "help", "work")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_rule(rolls=["x"]), ["/rules/0", "rolls", "allowed keys: id, effect, roles", "access.yaml"]),
        (with_rule(fields=...), ["/rules/0", "fields", "for example"]),
        (with_rule(effect="maybe"), ["/rules/0/effect", "for example: allow"]),
        (with_rule(effect="deny"), ["/rules/0/roles", "for example: any"]),
        (with_rule(states="some"), ["/rules/0/states", "any"]),
        (with_rule(roles="any"), ["/rules/0/roles", "for example"]),
        (with_rule(purposes=[]), ["/rules/0/purposes"]),
        (with_rule(id="sealed"), ["'sealed' is there twice"]),
        (with_rule(relation="near"), ["read-region", "'near'", "allowed: anywhere, same-region"]),
        (with_rule(**{"for": ["member"]}), ["read-region", "'for'", "service:exchange"]),
        ({**TABLE, "relations": {"anywhere": {"region": "region"}}}, ["/relations/anywhere"]),
        ({**TABLE, "relations": {**TABLE["relations"], "actor": {"a": "b"}}}, ["'actor'"]),
        ({**TABLE, "version": "first"}, ["/version", "for example: 2017-07-01"]),
        (
            {key: value for key, value in TABLE.items() if key != "source"},
            ["'source'", "allowed keys: version"],
        ),
        ([], ["at /"]),
    ],
)
def test_a_wrong_table_names_place_allowed_and_example(data: Any, words: list[str]) -> None:
    with pytest.raises(PolicyError) as error:
        Policy.from_data(data)
    assert [word for word in words if word not in str(error.value)] == []


def test_a_deny_may_not_hang_on_an_appointment() -> None:
    deny = {**TABLE["rules"][3], "relation": "same-region"}
    with pytest.raises(PolicyError, match="caller alone"):
        Policy.from_data({**TABLE, "rules": [*TABLE["rules"][:3], deny]})


def test_a_deny_of_what_nobody_may_is_refused() -> None:
    deny = {**TABLE["rules"][3], "operations": ["get_thing", "lose_thing"]}
    with pytest.raises(PolicyError, match="lose_thing"):
        Policy.from_data({**TABLE, "rules": [*TABLE["rules"][:3], deny]})


def test_the_documented_policy_uses_the_facts_that_are_set() -> None:
    documented = set(re.findall(r"told\('([a-z_]+)'\)", policy.__doc__ or ""))
    assert {f"turvavork.{name}" for name in documented} <= set(POLICY.fact_names)
