"""How a network meets."""

from services.cases.catalog.files import read
from services.cases.model.meetings import MeetingRules, Statement


def meetings() -> MeetingRules:
    """Bounds of series and meetings, and the reasons for what becomes of them."""
    file = read("meetings")
    weeks, minutes = file["every_weeks"], file["minutes_per_case"]
    return MeetingRules(
        weeks_least=weeks["least"],
        weeks_most=weeks["most"],
        case_minutes_least=minutes["least"],
        case_minutes_usual=minutes["usual"],
        case_minutes_most=minutes["most"],
        longest=file["longest_minutes"],
        ahead_months=file["ahead_months"],
        agenda_states=frozenset(file["agenda_states"]),
        statement=Statement(file["statement"]["version"], file["statement"]["text"]),
        names=file["calendar"],
        reasons={what: {row["code"]: row["label"] for row in rows} for what, rows in file["reasons"].items()},
    )
