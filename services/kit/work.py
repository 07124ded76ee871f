"""One transaction in which something is done, and the rows of the audit log that tell of it."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.kit import audit, driver, outage
from services.kit.driver import Row
from services.kit.leaving import Guard, Leaving
from services.kit.policy import Decision, Permit

if TYPE_CHECKING:
    from services.kit.sealed import DataKey


class Work:
    """One open transaction: its connection (SQLAlchemy Core), its permit, the moment at which it began."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a transaction is made with
        self,
        conn: AsyncConnection,
        permit: Permit,
        request_id: str,
        now: datetime,
        handles: audit.Handles,
        guard: Guard | None = None,
    ) -> None:
        self.conn = conn
        self.permit = permit
        self.request_id = request_id
        self.now = now
        self.only: frozenset[str] | None = None
        """What the reader asks to see of the answer (``kit.sparse``), by our own names."""
        self._handles = handles
        self.opened: dict[UUID, DataKey] = {}
        """The keys that were opened in this transaction, by id."""
        self._entries: list[audit.Entry] = []
        self._leaving: list[Leaving] = []
        self._guard = guard

    async def fetch(self, statement: str, *values: object) -> Sequence[Row]:
        """The rows of a constant statement with ``$1``, ``$2``; see ``kit.driver``."""
        return await driver.fetch(self.conn, statement, *values)

    def audit(  # noqa: PLR0913 - the words of one row
        self,
        action: audit.Action,
        objects: Sequence[str | UUID],
        fields: Iterable[str] = (),
        decision: Decision | Sequence[Decision] | None = None,
        *,
        basis: str | None = None,
        client: str | None = None,
    ) -> None:
        """Adds a row to the audit log, written right before the commit of this transaction.

        Args:
            action: what was done.
            objects: ids or references of what was touched; the row keeps keyed handles of them.
            fields: classes of the fields shown or changed.
            decision: by which rule or rules; without one, the rules of the permit.
            basis: code of the legal basis, where there is one beyond the purpose.
            client: the X-Road client, or another receiver outside the house.
        """
        decisions = [decision] if isinstance(decision, Decision) else decision
        allowing = [grant for grant in self.permit.grants if grant.effect == "allow"]
        rules = [one.rule_id for one in decisions or allowing]
        self._entries.append(
            audit.Entry(
                **audit.capacity(self.permit.caller, self._handles),
                recorded_at=self.now,
                purpose=self.permit.purpose,
                basis=basis,
                operation=self.permit.operation,
                action=action,
                objects=[self._handles.of(thing) for thing in objects],
                fields=sorted(fields),
                decision="allow",
                rule_id="+".join(dict.fromkeys(rules)) or None,
                problem=None,
                request_id=self.request_id,
                client=client,
            )
        )

    def leaves(self, one: Leaving) -> None:
        """Something is about to leave, by the row that was added last; ``kit.disclose`` says so."""
        one.row = len(self._entries) - 1
        self._leaving.append(one)

    def withheld(self, row: int, kinds: Iterable[str]) -> None:
        """The row tells of which kinds something was kept back: beside its rules, ``withheld:<kind>``."""
        entry = self._entries[row]
        words = [*filter(None, [entry.rule_id]), *(f"withheld:{kind}" for kind in sorted(set(kinds)))]
        self._entries[row] = replace(entry, rule_id="+".join(dict.fromkeys(words)))

    def handle(self, thing: str | UUID) -> str:
        """The keyed handle under which the logs know a thing; it tells nothing without the key."""
        return self._handles.of(thing)

    def of_request(self, request_id: str, permit: Permit) -> Self:
        """The same transaction for one of the requests that it serves (``kit.together``)."""
        one = copy(self)  # shares the lists of entries and of what leaves
        one.request_id, one.permit = request_id, permit
        return one

    async def finish(self) -> None:
        """Asks the guard, writes the audit rows and commits, for ``kit.db`` alone.

        Without its row an answer is a 503.
        """
        if self._guard is not None and self.opened and self._leaving:
            await self._guard(self._leaving)
        try:
            await audit.write(self.conn, self._entries)
        except outage.DRIVER_ERRORS as error:
            if outage.sqlstate(error) == outage.ABORTED:
                raise
            raise outage.unavailable(error) from error
        await driver.commit(self.conn)
