"""What POLIS and STAR received, in order; kept in a file if one is given: a restart forgets nothing."""

import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from services.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as the partner saw it; ``duplicate``: its id was here before, so nothing more happens."""

    order: int
    partner: str
    id: str
    kind: str
    reference: str
    sender_reference: str
    status: str
    occurred_at: str
    digest: str
    at: str
    duplicate: bool
    same_bytes: bool

    def public(self) -> dict[str, object]:
        """The row in the words of the control address."""
        return {_camel(name): value for name, value in asdict(self).items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class Ledger:
    """Append-only record of deliveries; a partner keeps one effect per message id."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock = clock
        self._file = file
        self._rows: list[Received] = []
        self._first: dict[tuple[str, str], Received] = {}
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():
                self._load(file)

    def _load(self, file: Path) -> None:
        content = file.read_bytes()
        whole, newline, torn = content.rpartition(b"\n")
        if torn:  # killed in the middle of a line: that delivery was never answered, it will come again
            os.truncate(file, len(whole) + len(newline))
        for line in whole.splitlines():
            self._keep(Received(**json.loads(line)))

    def _keep(self, row: Received) -> None:
        self._rows.append(row)
        self._first.setdefault((row.partner, row.id), row)

    def take(self, partner: str, message_id: str, notice: dict[str, str], raw: bytes) -> Received:
        """Write one delivery down before it is answered; ``notice`` holds the four words of a caseNotice."""
        digest = hashlib.sha256(raw).hexdigest()
        first = self._first.get((partner, message_id))
        row = Received(
            order=len(self._rows) + 1,
            partner=partner,
            id=message_id,
            kind="caseNotice",
            reference=notice["reference"],
            sender_reference=notice["senderReference"],
            status=notice["status"],
            occurred_at=notice["occurredAt"],
            digest=digest,
            at=self._clock.now().isoformat(),
            duplicate=first is not None,
            same_bytes=first is None or first.digest == digest,
        )
        if self._file is not None:
            with self._file.open("ab") as out:
                out.write(json.dumps(asdict(row)).encode() + b"\n")
        self._keep(row)
        return row

    def rows(self, partner: str | None = None, reference: str | None = None) -> list[Received]:
        """Deliveries in the order in which they came."""
        return [
            row
            for row in self._rows
            if (partner is None or row.partner == partner)
            and (reference is None or row.reference == reference)
        ]

    def totals(self) -> dict[str, dict[str, int]]:
        """For each partner: deliveries, effects, duplicates, and conflicts (known id with other bytes)."""
        counts: dict[str, Counter[str]] = {}
        for row in self._rows:
            count = counts.setdefault(row.partner, Counter())
            count["received"] += 1
            count["effects"] += not row.duplicate
            count["duplicates"] += row.duplicate
            count["conflicts"] += not row.same_bytes
        return {partner: dict(count) for partner, count in counts.items()}
