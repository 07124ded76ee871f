import pytest

from services.exchange.catalog import offered
from services.exchange.catalog import offered as module
from services.exchange.model.offered import STATUS, SUBMIT
from services.exchange.model.xroad import ClientId
from services.kit import datafile
from services.kit.datafile import DataFileError
from services.kit.policy import Policy


def test_the_instance_is_put_before_every_identifier() -> None:
    found = offered.load("EE")
    assert str(found.provider) == "EE/GOV/70001975/turvavork"
    assert {client.instance for client in found.rights} == {"EE"}


def test_polis_and_star_may_submit_and_ask() -> None:
    found = offered.load("ee-dev")
    for client in ("ee-dev/GOV/70008747/polis", "ee-dev/GOV/70009770/star"):
        assert found.rights[ClientId.parse(client)] == {SUBMIT, STATUS}


def test_every_operation_has_a_row_in_the_table_of_access() -> None:
    assert set(offered.load("ee-dev").operations) <= Policy.load("services.exchange").operations()


def test_a_right_to_an_operation_that_is_not_offered_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = datafile.load

    def load(package: str, name: str, schema: str | None) -> object:
        data = real(package, name, schema)
        if name == "operations.yaml":
            data["operations"].pop()
        return data

    monkeypatch.setattr(module.datafile, "load", load)
    with pytest.raises(DataFileError, match="get_referral_status"):
        offered.load("ee-dev")
