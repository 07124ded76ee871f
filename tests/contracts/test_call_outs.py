"""One number in two services: from how many call-outs on they are a ground."""

import yaml

from services.cases import catalog
from services.kit import datafile


def test_the_register_and_the_instrument_say_the_same_of_call_outs() -> None:
    instrument = yaml.safe_load(datafile.read_bytes("services.riskscore", "dash-safelives-2026-11-21.yaml"))
    rule = catalog.load().call_outs
    [found] = [one for one in instrument["grounds"] if one["id"] == rule.ground.value]
    assert found["when"] == {"fact": "call-outs-12-months", "at_least": rule.at_least}
