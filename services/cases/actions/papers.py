"""Documents of meetings for their readers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.cases.catalog import Catalog
from services.cases.model.papers import Kind, Reader
from services.cases.rules import papers as rules
from services.kit.db import Work
from services.kit.paper import Paper
from services.kit.policy import Appointment

_COPY: Final = 8


@dataclass(frozen=True, slots=True)
class Papers:
    """Says how what a caller was shown becomes that caller's copy."""

    catalog: Catalog

    def writer(self, work: Work, kind: Kind, region: str, language: str) -> Callable[[rules.Told], Paper]:
        """Makes the caller's copy, of the JSON that the caller would read."""
        words = rules.Words(self.catalog.papers, language)
        return partial(rules.paper, kind, reader=_reader(work, region), words=words)


def _reader(work: Work, region: str) -> Reader:
    """The office in which the caller reads; the subject's handle, as it is opaque to everybody else."""
    copy = work.handle(work.permit.caller.subject)[:_COPY]
    held = [one for one in work.permit.caller.appointments if one.attributes.get("region") == region]
    if not held:
        return Reader(None, None, region, copy)
    one = min(held, key=_rank)
    return Reader(one.role, one.attributes.get("agency"), region, copy)


def _rank(one: Appointment) -> tuple[str, str]:
    return one.role, one.attributes.get("agency", "")
