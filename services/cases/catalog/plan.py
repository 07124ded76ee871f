"""What is published about the plan of a case."""

from services.cases.catalog.files import read
from services.cases.model.plan import PlanRules


def plan() -> PlanRules:
    """Reasons by action, and how far ahead something may be due."""
    file = read("plan")
    reasons = {
        action: {row["code"]: row["label"] for row in rows} for action, rows in file["reasons"].items()
    }
    return PlanRules(file["horizon_months"], reasons)
