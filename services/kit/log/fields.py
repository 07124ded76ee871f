"""Which fields a log line may have, and what each may hold."""

import math
import re
from collections.abc import Callable
from typing import Final
from uuid import UUID

Rule = Callable[[object], bool]

MOST_FRAMES: Final = 40


def matching(pattern: str) -> Rule:
    """A rule for texts that match a pattern as a whole."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def whole(value: object) -> bool:
    """A rule for integers."""
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: object) -> bool:
    """A rule for finite numbers."""
    return whole(value) or (isinstance(value, float) and math.isfinite(value))


def flag(value: object) -> bool:
    """A rule for booleans."""
    return isinstance(value, bool)


_uuid_text = matching(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uuid(value: object) -> bool:
    """A rule for UUIDs, as such or in canonical text."""
    return isinstance(value, UUID) or _uuid_text(value)


code: Final = matching(r"[a-z][a-z0-9_.:/-]{0,79}")
_python_name: Final = matching(r"[A-Za-z_][A-Za-z0-9_.<>]{0,119}")
_place: Final = matching(r"[A-Za-z0-9_.<>/-]{1,120}:[0-9]{1,7}")
_template: Final = matching(r"[A-Za-z0-9_./{}:-]{1,160}")


def _frames(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MOST_FRAMES and all(map(_place, value))


_FIELDS: Final[dict[str, Rule]] = {
    "attempt": whole,
    "audience": code,
    "bytes": whole,
    "check": code,
    "code": code,
    "count": whole,
    "delay_ms": number,
    "duration_ms": number,
    "epoch": whole,
    "event_id": uuid,
    "exception": _python_name,
    "cause": _python_name,
    "frames": _frames,
    "job": code,
    "room": _python_name,
    "message_id": uuid,
    "method": matching(r"[A-Z]{1,10}|other"),
    "object_id": uuid,
    "operation": code,
    "outcome": code,
    "pid": whole,
    "place": _place,
    "port": whole,
    "position": whole,
    "problem": code,
    "reason": code,
    "request_id": uuid,
    "route": _template,
    "rule_id": code,
    "status": whole,
    "stream_id": uuid,
    "target": code,
    "version": whole,
    "worker": code,
}


def allow(**rules: Rule) -> None:
    """Adds fields of a service's own vocabulary; ValueError when the name is taken by another rule."""
    for name, rule in rules.items():
        if _FIELDS.setdefault(name, rule) is not rule:
            msg = f"the log field {name} has a rule already"
            raise ValueError(msg)


def fits(name: str, value: object) -> bool:
    """Whether the log may carry this value in this field."""
    rule = _FIELDS.get(name)
    return rule is not None and (value is None or rule(value))
