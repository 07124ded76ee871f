"""The files of ``data/``."""

from copy import deepcopy
from functools import cache
from typing import Any, Final

from services.kit import datafile

PACKAGE: Final = "services.cases"


def read(name: str) -> Any:  # noqa: ANN401 - its JSON Schema says what it is
    """One file, checked by its schema; raises DataFileError, which says what to mend."""
    return deepcopy(_read(name))


@cache
def _read(name: str) -> Any:  # noqa: ANN401 - see read
    """Read and checked once: several parts of the catalog are about the same file."""
    return datafile.load(PACKAGE, f"{name}.yaml", f"{name}.schema.json")
