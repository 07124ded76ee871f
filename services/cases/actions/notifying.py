"""Members are told by e-mail that something waits: how much and where, never what.

Looking, sending and noting are three transactions; none is open while the mail server is spoken to. A message
that was handed to the server and not noted, because the process ended between, is sent once more.
"""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from services.cases.actions.members import as_appointment
from services.cases.catalog import Catalog
from services.cases.model.notifications import Letter, Reader, Slot, Waiting
from services.cases.outbound import Mailer, MailRefusedError
from services.cases.rules import notifications as rules
from services.cases.rules.duties import seats
from services.cases.store import members
from services.cases.store import notifications as store
from services.kit import log
from services.kit.calendar import local_date
from services.kit.db import Database
from services.kit.policy import Caller, Permit, Policy
from services.kit.problem import Forbidden, UpstreamUnavailable
from services.kit.sealed import KeyRing

WORKER: Final = "worker:notifications"
PURPOSE: Final = "operations"
BATCH: Final = 50
_NOTHING: Final = Waiting(0, 0)
_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notifier:
    """Tells members; any number may run, each message is one's at a time. ``link`` leads to the front end."""

    database: Database
    policy: Policy
    catalog: Catalog
    ring: KeyRing
    mailer: Mailer
    link: str

    async def round(self) -> int:
        """Looks for whom something waits, and sends what is due; how many messages were taken."""
        slot = rules.slot(self.database.clock.now(), self.catalog.notifications)
        if slot is not None:
            await self._look(slot)
        return await self._send()

    async def _look(self, slot: Slot) -> None:
        async with self.database.work(self._permit(), str(uuid4())) as work:
            found = await store.readers(work, slot, BATCH)
        for reader in found:
            waiting = await self._waiting(reader)
            count = waiting.count if waiting.fresh else 0
            async with self.database.work(self._permit(), str(uuid4())) as work:
                if await store.plan(work, reader.member, slot, count) is not None and count:
                    work.audit("create", [reader.member], ["basic"])

    async def _waiting(self, reader: Reader) -> Waiting:
        """What waits for a member, counted by the member's own rights: nobody is told of more."""
        today = local_date(self.database.clock.now())
        async with self.database.work(self._permit(), str(uuid4())) as work:
            held = await members.held(work, reader.subject, today)
        caller = Caller.member(reader.subject, tuple(as_appointment(each) for each in held))
        try:
            permit = self.policy.permit(caller, "list_duties", "case-work")
        except Forbidden:
            return _NOTHING
        async with self.database.work(permit, str(uuid4())) as work:
            return await store.waiting(work, seats(caller), reader.last_at, reader.last_day)

    async def _send(self) -> int:
        async with self.database.work(self._permit(), str(uuid4())) as work:
            claimed = await store.claim(work, self.ring, BATCH)
            for letter in claimed.nowhere:
                _log.warning("notification-nowhere", object_id=letter)
                await store.settle(work, letter, "dropped")
        for each in claimed.letters:
            await self._deliver(each)
        return len(claimed.letters) + len(claimed.nowhere)

    async def _deliver(self, letter: Letter) -> None:
        subject, body = rules.words(
            letter.address.language, letter.count, self.link, self.catalog.notifications
        )
        state, again = "sent", None
        try:
            await self.mailer.send(letter.id, letter.address.email or "", subject, body)
        except MailRefusedError:
            _log.warning("notification-refused", object_id=letter.id)
            state = "dropped"
        except UpstreamUnavailable:
            now = self.database.clock.now()
            again = rules.again(letter.tries, now, self.catalog.notifications)
            _log.warning("notification-later", object_id=letter.id, attempt=letter.tries)
            state = "dropped"
        async with self.database.work(self._permit(), str(uuid4())) as work:
            if again is not None:
                await store.later(work, letter.id, again)
            else:
                await store.settle(work, letter.id, state)
            if state == "sent":
                work.audit("disclose", [letter.id], ["basic"])

    def _permit(self) -> Permit:
        return self.policy.permit(Caller.system(WORKER, "cases"), "notify_members", PURPOSE)
