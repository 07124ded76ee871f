from datetime import date

from services.exchange.catalog import regions
from services.exchange.wire import schema
from services.kit import datafile


def test_the_contract_names_the_regions_of_the_data() -> None:
    assert set(schema.values("Region")) == set(regions.load())


def test_the_case_register_has_the_same_regions_on_the_same_days() -> None:
    kept = datafile.load("services.cases", "regions.yaml", None)["regions"]
    told = {code: (v.valid_from, v.valid_to) for code, v in regions.load().items()}
    assert told == {
        row["code"]: (date.fromisoformat(row["valid_from"]), _day(row.get("valid_to"))) for row in kept
    }


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
