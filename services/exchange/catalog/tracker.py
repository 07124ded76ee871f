"""``data/tracker.yaml``."""

from functools import cache
from typing import Any, Final

from services.exchange.model.usage import Limit, TrackerTerms
from services.kit import datafile
from services.kit.calendar import parse_instant

_PACKAGE: Final = "services.exchange"


@cache
def load() -> TrackerTerms:
    """Limits, hidden receivers and the beginning of the records; DataFileError when the file is wrong."""
    file: Any = datafile.load(_PACKAGE, "tracker.yaml", "tracker.schema.json")
    return TrackerTerms(
        recorded_from=parse_instant(file["recorded_from"]),
        rest=Limit(**file["limits"]["rest"]),
        soap=Limit(**file["limits"]["soap"]),
        hidden=frozenset(row["code"] for row in file["hidden"]),
    )
