"""The files of ``data/``."""

from typing import Any, Final

from services.kit import datafile

PACKAGE: Final = "services.cases"


def read(name: str) -> Any:  # noqa: ANN401 - its JSON Schema says what it is
    """One file, checked by its schema; raises DataFileError, which says what to mend."""
    return datafile.load(PACKAGE, f"{name}.yaml", f"{name}.schema.json")
