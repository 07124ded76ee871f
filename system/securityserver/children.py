"""STAR's child protection: takes notices about children, once by number and version."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from services.kit.clock import Clock
from system.securityserver.behaviour import Effect, Rule
from system.securityserver.partners import Answer

SERVICE: Final = "submitChildNotice"
PATH: Final = "/v1/child-notices"
_NEEDED: Final = (
    *("number", "version", "reference", "municipality", "role", "referredOn", "occurredAt", "birthDate"),
    *("givenName", "familyName", "sex"),
)
_KNOWN: Final = frozenset({*_NEEDED, "personalCode", "address"})


@dataclass(frozen=True, slots=True)
class ChildRow:
    """One delivery as STAR saw it: whom it is about is not written down."""

    order: int
    id: str
    number: str
    version: int
    reference: str
    municipality: str
    role: str
    digest: str
    at: str
    duplicate: bool
    same_bytes: bool

    def public(self) -> dict[str, object]:
        """The row in the words of the control address."""
        row = asdict(self)
        return {**row, "sameBytes": row.pop("same_bytes")}


class ChildRegister:
    """REST service ``submitChildNotice``; kept in a file if one is given: a restart forgets nothing."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock, self._file = clock, file
        self._rows: list[ChildRow] = []
        self._first: dict[tuple[str, int], ChildRow] = {}
        if file is not None and file.exists():
            whole, newline, torn = file.read_bytes().rpartition(b"\n")
            if torn:  # killed in the middle of a line: that delivery was never answered
                os.truncate(file, len(whole) + len(newline))
            for line in whole.splitlines():
                self._keep(ChildRow(**json.loads(line)))

    def take(self, message_id: str, raw: bytes, rule: Rule | None) -> Answer:
        """Take one notice, or refuse it with a status of its own."""
        notice = _words(raw)
        if rule is not None and rule.effect is Effect.STATUS:
            return _json(rule.status, {"code": rule.code})
        refusal = rule.code if rule is not None and rule.effect is Effect.BUSINESS else _fault(notice)
        if refusal is not None:
            return _json(422, {"code": refusal})
        row = self._write(message_id, notice, hashlib.sha256(raw).hexdigest())
        return _json(200 if row.duplicate else 201, {"notice": row.number, "receivedAt": row.at})

    def rows(self, reference: str | None = None) -> list[ChildRow]:
        """Deliveries in the order in which they came."""
        return [row for row in self._rows if reference in (None, row.reference)]

    def _write(self, message_id: str, notice: dict[str, Any], digest: str) -> ChildRow:
        first = self._first.get((notice["number"], notice["version"]))
        row = ChildRow(
            order=len(self._rows) + 1,
            id=message_id,
            number=notice["number"],
            version=notice["version"],
            reference=notice["reference"],
            municipality=notice["municipality"],
            role=notice["role"],
            digest=digest,
            at=self._clock.now().isoformat(),
            duplicate=first is not None,
            same_bytes=first is None or first.digest == digest,
        )
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as out:
                out.write(json.dumps(asdict(row)).encode() + b"\n")
        self._keep(row)
        return row

    def _keep(self, row: ChildRow) -> None:
        self._rows.append(row)
        self._first.setdefault((row.number, row.version), row)


def _words(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _fault(notice: dict[str, Any]) -> str | None:
    """The code with which the register refuses a notice that it cannot read; None when it can."""
    if not set(_NEEDED) <= set(notice) or not set(notice) <= _KNOWN:
        return "NOTICE_FIELDS"
    if not isinstance(notice["version"], int) or notice["version"] < 1:
        return "NOTICE_VERSION"
    municipality = notice["municipality"]
    known = isinstance(municipality, str) and len(municipality) == 4 and municipality.isdecimal()  # noqa: PLR2004 - EHAK
    return None if known else "NOTICE_MUNICIPALITY"


def _json(status: int, body: dict[str, object]) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode())
