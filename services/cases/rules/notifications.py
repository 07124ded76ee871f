"""When a member is told that something waits, in which words, and when it is tried again."""

from datetime import datetime, timedelta

from services.cases.model.notifications import Language, NotificationRules, Slot
from services.kit.calendar import TALLINN


def slot(now: datetime, rules: NotificationRules) -> Slot | None:
    """The slot that an instant lies in; None before the first of the day."""
    local = now.astimezone(TALLINN)
    begun = [hour for hour in rules.hours if hour <= local.hour]
    return Slot(local.date(), begun[-1]) if begun else None


def again(tries: int, now: datetime, rules: NotificationRules) -> datetime | None:
    """When a message is tried again after so many tries that failed; None when it is given up."""
    if tries > len(rules.retry_minutes):
        return None
    return now + timedelta(minutes=rules.retry_minutes[tries - 1])


def words(language: Language, count: int, link: str, rules: NotificationRules) -> tuple[str, str]:
    """Subject and body: a number and an address, nothing else."""
    body = rules.body[language.value].replace("{count}", str(count)).replace("{link}", link)
    return rules.subject[language.value], body
