"""The words of the public contracts are the words of the data: XSD and code lists name the same codes."""

from pathlib import Path

import yaml
from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
XS = "{http://www.w3.org/2001/XMLSchema}"


def _codes(service: str, name: str, key: str) -> set[str]:
    content = yaml.safe_load((ROOT / "services" / service / "data" / f"{name}.yaml").read_text())
    return {row["code"] for row in content[key]}


def _enumerations() -> list[set[str]]:
    found = []
    for path in (ROOT / "services" / "exchange" / "data").glob("turvavork.*"):
        tree = etree.fromstring(path.read_bytes())
        for restriction in tree.iter(f"{XS}restriction"):
            values = {str(each.get("value")) for each in restriction.findall(f"{XS}enumeration")}
            if values:
                found.append(values)
    return found


def test_the_wsdl_knows_the_regions() -> None:
    assert _codes("cases", "regions", "regions") in _enumerations()


def test_the_wsdl_knows_the_items_of_dash() -> None:
    [path] = (ROOT / "services" / "riskscore" / "data").glob("dash*.yaml")
    keys = {item["key"] for item in yaml.safe_load(path.read_text())["items"]}
    assert len(keys) == 24
    assert keys in _enumerations()


def test_exchange_and_cases_agree_on_the_regions_and_their_dates() -> None:
    def regions(service: str) -> dict[str, tuple[str, str | None]]:
        path = ROOT / "services" / service / "data" / "regions.yaml"
        rows = yaml.safe_load(path.read_text())["regions"]
        return {row["code"]: (str(row["valid_from"]), row.get("valid_to")) for row in rows}

    assert regions("exchange") == regions("cases")
