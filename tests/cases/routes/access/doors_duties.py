"""Doors of what waits for whom."""

from collections.abc import Iterator

from tests.cases.routes.access.full import Full
from tests.cases.routes.access.knock import Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker


def _list_duties(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/duties", full.inbox(asker, purpose))


def _count_duties(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    yield Knock("/duties/counts", full.counts(asker, purpose))


DUTIES: dict[str, Door] = {"list_duties": _list_duties, "count_duties": _count_duties}
