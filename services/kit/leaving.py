"""What is about to leave: kept until the commit, so that a guard can look at it and change or stop it.

A guard is asked only when something sealed was opened in the transaction (``kit.sealed.OPENED``): nothing
else can get out that it is there to keep. It is asked before the rows of the audit log are written, so that
they tell what was withheld.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from pydantic import BaseModel

from services.kit.fieldclass import Excluded
from services.kit.policy import Decision

if TYPE_CHECKING:
    from services.kit.work import Work

Payload = BaseModel | Sequence[BaseModel]
Decisions = Decision | Sequence[Decision]
Cut = Callable[[Payload], bytes]
Put = Callable[[bytes, str], None]

HEADER: Final = "Withheld"
_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something that was kept back: where (a JSON pointer), and of which kind."""

    pointer: str
    kind: str


@dataclass(slots=True, repr=False)
class Leaving:
    """An answer, message or document."""

    work: "Work"
    decisions: Decisions
    objects: Sequence[str | UUID] = ()
    """Ids of what it shows."""
    payload: Payload | None = None
    excluded: Sequence[Excluded] = ()
    """Of each model of the payload what its view leaves out."""
    cut: Cut | None = None
    put: Put | None = None
    """Puts other JSON in the place of what leaves; None where it is given away already."""
    words: Sequence[str] | None = None
    """What a document says; None where nobody can tell."""
    row: int = field(default=-1)
    """The number of its row in the audit log, within the transaction."""

    @property
    def each(self) -> Sequence[Decision]:
        """The decisions by which it leaves."""
        return [self.decisions] if isinstance(self.decisions, Decision) else self.decisions

    @property
    def can_change(self) -> bool:
        """Whether something of it can be left out, or it can only be stopped."""
        return self.payload is not None and self.cut is not None and self.put is not None

    def replace(self, payload: Payload, withheld: Sequence[Withheld]) -> None:
        """Another payload leaves, and says what it lacks; programmer's error where nothing can be changed."""
        if self.cut is None or self.put is None:
            raise TypeError("what has been given away cannot be changed")
        self.payload = payload
        self.put(self.cut(payload), told(withheld))
        self.work.withheld(self.row, [one.kind for one in withheld])


class Guard(Protocol):
    """Looks at what leaves a transaction in which something sealed was opened."""

    async def __call__(self, leaving: Sequence[Leaving]) -> None:
        """Replaces what must not leave; raises a Problem where it can only be stopped."""


def told(withheld: Iterable[Withheld]) -> str:
    """The header that says where something was kept back: a list of RFC 9651, at most 32 of its members."""
    members = [f'"{_ascii(one.pointer)}";kind={one.kind}' for one in withheld]
    more = len(members) - _MOST
    return ", ".join(members[:_MOST] + ([f"more;count={more}"] if more > 0 else []))


def _ascii(pointer: str) -> str:
    return pointer.encode("ascii", "replace").decode().replace("\\", "/").replace('"', "'")
