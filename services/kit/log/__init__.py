"""Logs as JSON lines that cannot carry personal data."""

from services.kit.log.fields import Rule, allow, code, flag, matching, number, uuid, whole
from services.kit.log.output import (
    DROPPED,
    REQUEST_ID,
    LogRefusedError,
    configure,
    exception_fields,
    get_logger,
)

__all__ = [
    "DROPPED",
    "REQUEST_ID",
    "LogRefusedError",
    "Rule",
    "allow",
    "code",
    "configure",
    "exception_fields",
    "flag",
    "get_logger",
    "matching",
    "number",
    "uuid",
    "whole",
]
