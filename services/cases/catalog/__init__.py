"""The published data of this service, read once and turned into things."""

from services.cases.catalog.files import PACKAGE
from services.cases.catalog.whole import Catalog, load

__all__ = ["PACKAGE", "Catalog", "load"]
