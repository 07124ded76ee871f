"""The call-outs that the simulated POLIS knows of, and its service that tells them: ``getCallouts.v1``."""

from collections import defaultdict
from datetime import date
from typing import Final

from lxml import etree

from system.securityserver import soap

SERVICE: Final = "getCallouts"
NAMESPACE: Final = "http://polis.x-road.eu/producer"
_WORDS: Final = ("victim", "threateningPerson", "since", "until")


class CallOutRegister:
    """Call-outs by victim and threatening person; kept as long as the process lives."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], list[date]] = defaultdict(list)
        self.asked = 0

    def put(self, victim: str, threatening: str, days: list[date]) -> None:
        """From now on these are the call-outs about both."""
        self._days[victim, threatening] = days

    def tell(self, message: soap.Message) -> etree._Element:
        """The wrapper that answers a question, or refuses it."""
        told = {etree.QName(child).localname: child.text or "" for child in message.payload}
        wrapper = etree.Element(f"{{{NAMESPACE}}}{SERVICE}Response", nsmap={"pol": NAMESPACE})
        try:
            victim, threatening, since, until = (told[name] for name in _WORDS)
            first, end = date.fromisoformat(since), date.fromisoformat(until)
        except (KeyError, ValueError):
            return refuse(wrapper, "QUESTION_FIELDS")
        self.asked += 1
        days = [day for day in self._days[victim, threatening] if first <= day < end]
        etree.SubElement(wrapper, "count").text = str(len(days))
        for day in days:
            etree.SubElement(etree.SubElement(wrapper, "callOut"), "occurredOn").text = day.isoformat()
        return wrapper


def refuse(wrapper: etree._Element, code: str) -> etree._Element:
    """The same wrapper with a refusal in it."""
    etree.SubElement(wrapper, "faultCode").text = code
    etree.SubElement(wrapper, "faultString").text = "Question refused"
    return wrapper
