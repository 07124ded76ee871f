"""``data/regions.yaml``: the regions that a referral may name, with their days."""

from collections.abc import Mapping

from services.exchange.rules.referral import Validity
from services.kit import datafile
from services.kit.calendar import parse_date


def load() -> Mapping[str, Validity]:
    """Validity by code of region; DataFileError when the file is wrong."""
    data = datafile.load("services.exchange", "regions.yaml", "regions.schema.json")
    return {
        row["code"]: Validity(
            parse_date(row["valid_from"]), parse_date(row["valid_to"]) if "valid_to" in row else None
        )
        for row in data["regions"]
    }
