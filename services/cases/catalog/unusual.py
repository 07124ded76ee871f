"""Rules about unusual accesses."""

from datetime import time

from services.cases.catalog.files import read
from services.cases.model.unusual import UnusualRules


def unusual() -> UnusualRules:
    """The published rules."""
    file = read("unusual")
    hours = file["out_of_hours"]
    return UnusualRules(
        operations=frozenset(file["operations"]),
        except_rules=frozenset(file["except_rules"]),
        out_of_hours=hours["rule"],
        opens=time.fromisoformat(hours["from"]),
        closes=time.fromisoformat(hours["until"]),
        out_of_region=file["out_of_region"]["rule"],
        many_cases=file["many_cases"]["rule"],
        more_than=file["many_cases"]["more_than"],
        closed=file["closed"]["rule"],
    )
