import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.exchange.catalog import offered
from services.exchange.catalog import offered as module
from services.exchange.model.offered import STATUS, SUBMIT
from services.exchange.model.xroad import ClientId
from services.exchange.rules.admission import rights_of, within
from services.kit import datafile
from services.kit.datafile import DataFileError
from services.kit.policy import Caller, Policy

Changed = Callable[[str, Callable[[Any], object]], None]


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Changed:
    """Has a data file read as it would be after a change."""
    real = datafile.load

    def change(file: str, how: Callable[[Any], object]) -> None:
        def load(package: str, name: str, schema: str | None) -> object:
            data = real(package, name, schema)
            if name == file:
                how(data)
            return data

        monkeypatch.setattr(module.datafile, "load", load)

    return change


def test_the_instance_is_put_before_every_identifier() -> None:
    found = offered.load("EE")
    assert str(found.provider) == "EE/GOV/70001975/turvavork"
    assert {client.instance for client in found.rights} == {"EE"}


@pytest.mark.parametrize("client", ["ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"])
def test_polis_and_star_may_submit_and_ask_about_what_they_sent(client: str) -> None:
    rights = offered.load("ee-dev").rights[ClientId.parse(client)]
    assert {SUBMIT, STATUS} <= set(rights)
    assert {rights[name].scope for name in (SUBMIT, STATUS)} == {"own-referrals"}


def test_every_right_is_one_that_the_table_of_access_can_give() -> None:
    known, policy = offered.load("ee-dev"), Policy.load("services.exchange")
    rows = {**known.rights, **known.member_rights}
    assert rows
    for client, rights in rows.items():
        caller = Caller.system(str(client), "exchange")
        for operation, right in rights.items():
            (purpose,) = policy.purposes(operation)
            within(policy.permit(caller, operation, purpose), right)  # else it is refused


def test_whatever_the_table_opens_to_clients_somebody_has_a_right_to() -> None:
    known, policy = offered.load("ee-dev"), Policy.load("services.exchange")
    opened = {
        (operation, rule.relation)
        for rule in policy.rules
        if "xroad-client" in (rule.roles or ())
        for operation in rule.operations
    }
    rows = [*known.rights.values(), *known.member_rights.values()]
    assert opened == {(operation, right.relation) for row in rows for operation, right in row.items()}


def test_every_operation_has_a_row_in_the_table_of_access() -> None:
    assert set(offered.load("ee-dev").operations) <= Policy.load("services.exchange").operations()


def test_a_right_to_an_operation_that_is_not_offered_is_an_error(changed: Changed) -> None:
    def without_status(data: Any) -> None:
        data["operations"] = [row for row in data["operations"] if row["operation"] != STATUS]

    changed("operations.yaml", without_status)
    with pytest.raises(DataFileError, match=r"GOV/70008747/polis .*get_referral_status"):
        offered.load("ee-dev")


def test_a_scope_that_nobody_has_explained_is_an_error(changed: Changed) -> None:
    changed("partners.yaml", lambda data: data["scopes"].pop("own-referrals"))
    with pytest.raises(DataFileError, match="own-referrals"):
        offered.load("ee-dev")


@pytest.mark.parametrize("name", ["GOV/1/a", "GOV/1", "GOV/1/*"])
def test_a_client_with_two_rows_is_an_error(changed: Changed, name: str) -> None:
    row = {"client": name, "operations": {SUBMIT: "own-referrals"}}
    changed("partners.yaml", lambda data: data["partners"].extend([row, row]))
    with pytest.raises(DataFileError, match="two rows"):
        offered.load("ee-dev")


def test_all_subsystems_of_a_member_are_written_with_a_star(changed: Changed) -> None:
    row = {"client": "GOV/1/*", "operations": {STATUS: "own-referrals"}}
    changed("partners.yaml", lambda data: data["partners"].append(row))
    found = offered.load("ee-dev")
    assert list(found.member_rights) == [ClientId.parse("ee-dev/GOV/1")]
    assert set(rights_of(found, ClientId.parse("ee-dev/GOV/1/any"))) == {STATUS}


@pytest.mark.parametrize("name", ["*", "GOV/*", "GOV/*/*", "GOV/1/a*", "*/1/a", "GOV/1/*/a"])
def test_a_star_stands_for_a_subsystem_alone(name: str) -> None:
    schema = json.loads(datafile.read_bytes("services.exchange", "partners.schema.json"))
    assert not Draft202012Validator({**schema["$defs"]["client"]}).is_valid(name)
