"""What the information system of an agency works for."""

from services.cases.actions.systems import Systems
from services.cases.catalog import load

POLIS = "ee-dev/GOV/70008747/polis"


def test_a_system_works_for_its_agency_in_every_region_and_another_for_nobody() -> None:
    systems = Systems(load())
    assert {each["agency"] for each in systems.works_for(POLIS)} == {"police"}
    assert [each["region"] for each in systems.works_for(POLIS)] == [*load().regions]
    assert systems.works_for("ee-dev/GOV/70008747/other") == ()
    assert systems.works_for("ee-dev/GOV/70006317/datatracker") == ()
