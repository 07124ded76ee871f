"""Documents of meetings for their readers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from services.cases.catalog import Catalog
from services.cases.model.papers import Kind
from services.cases.rules import papers as rules
from services.kit.db import Work
from services.kit.paper import Paper

_COPY: Final = 8


@dataclass(frozen=True, slots=True)
class Papers:
    """Says how what a caller was shown becomes that caller's copy."""

    catalog: Catalog

    def writer(self, work: Work, kind: Kind, region: str, language: str) -> Callable[[rules.Told], Paper]:
        """Makes the caller's copy, of the JSON that the caller would read."""
        caller, words = work.permit.caller, rules.Words(self.catalog.papers, language)
        held = [(one.role, one.attributes) for one in caller.appointments]
        reader = rules.reader(held, region, work.handle(caller.subject)[:_COPY])
        return partial(rules.paper, kind, reader=reader, words=words)
