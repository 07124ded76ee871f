"""What the information system of an agency works for: its agency, in every region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.cases.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Systems:
    """Tells it, as published; of who is in no list nothing."""

    catalog: Catalog

    def works_for(self, subject: str) -> Sequence[Mapping[str, str]]:
        """The bounds of an X-Road client; its first part is the instance, which is a setting."""
        agency = self.catalog.systems.get(subject.partition("/")[2])
        if agency is None:
            return ()
        return [{"agency": agency, "region": region} for region in self.catalog.regions]
