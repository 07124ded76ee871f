"""What is plugged into what."""

from services.cases.app.names import LOGS, NAME, PERSONAL
from services.cases.app.service import create_app, create_worker, found, rotate, seed

__all__ = ["LOGS", "NAME", "PERSONAL", "create_app", "create_worker", "found", "rotate", "seed"]
