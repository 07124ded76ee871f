from datetime import date

from services.cases.model.members import Appointed
from services.cases.schemas.members import MeView, OfficesView, OfficeView

OFFICE = Appointed("agency-member", "polva", "police", date(2017, 1, 1), None)
TOLD = {
    "role": "agency-member",
    "region": "polva",
    "agency": "police",
    "validFrom": "2017-01-01",
    "validTo": None,
    "principal": None,
}


def test_an_office_is_told_with_every_name() -> None:
    office = OfficeView.model_validate(OFFICE)
    assert office.model_dump(mode="json", by_alias=True) == TOLD
    assert OfficesView(items=[office]).model_dump(mode="json", by_alias=True) == {
        "items": [TOLD],
        "sessionEnded": False,
    }
    me = MeView(subject="m-1", offices=[office])
    assert me.model_dump(mode="json", by_alias=True) == {"subject": "m-1", "offices": [TOLD]}
