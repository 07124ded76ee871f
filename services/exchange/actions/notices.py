"""From an event to a message: whom it concerns, what the register lets us tell, in the partner's words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.exchange.catalog.contracts import Directory
from services.exchange.model.contract import Contract
from services.exchange.model.feed import ChildNumber, Event, NoticeRefused, NoticeStopped, ResidenceUnknown
from services.exchange.model.outbox import ChildNotice, Envelope, NoticeUnfit, Told
from services.exchange.outbound.feed import CaseFeed, ToldOfChild
from services.exchange.rules.delivery import Reason
from services.exchange.store.bodies import Bodies
from services.exchange.wire import notices
from services.kit import log
from services.kit.db import Work
from services.kit.disclose import reveal
from services.kit.problem import Problem

_log = log.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """A partner is to be told of an event, by this contract."""

    event_id: UUID
    partner: str
    kind: str
    contract: Contract
    about: ChildNumber | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, and its bytes."""

    notice: Told
    envelope: Envelope


class Notices:
    """Makes the content of messages."""

    def __init__(self, directory: Directory, feed: CaseFeed, bodies: Bodies) -> None:
        self._directory, self._feed, self._bodies = directory, feed, bodies

    def wishes(self, event: Event) -> Iterator[Wish]:
        """Who is to be told of an event: by subscription, its sender, or child protection of each child."""
        for subscription in self._directory.subscriptions.get(event.type, ()):
            if subscription.through is not None:
                partner = str(subscription.through)
                told = (self.wish(event.id, partner, subscription.kind, one) for one in event.children)
                yield from (one for one in told if one is not None)
                continue
            wish = self.wish(event.id, event.sender or "", subscription.kind)
            if wish is not None:
                yield wish
            elif event.sender is not None:
                _log.warning("sender-without-contract", event_id=event.id)

    def wish(self, event_id: UUID, partner: str, kind: str, about: ChildNumber | None = None) -> Wish | None:
        """The wish that a partner be told; None when there is no contract by which it could be."""
        known = self._directory.partners.get(partner)
        contract = None if known is None else known.contracts.get(kind)
        return None if contract is None else Wish(event_id, partner, kind, contract, about)

    async def say(self, wish: Wish, message_id: UUID) -> Said | Reason:
        """Fetches what may be told and writes it in the partner's words; no transaction is open meanwhile.

        A reason instead of it means that a person must look. Raises UpstreamUnavailable, and UpstreamWrong
        when the register's answer is not as agreed.
        """
        notice = await self._feed.notice(wish.event_id)
        if isinstance(notice, NoticeRefused):
            return _refused(wish, notice)
        if str(notice.recipient) != wish.partner:
            return Reason.RECIPIENT_MISMATCH
        return self._write(wish, message_id, notice)

    async def say_of_children(
        self, asked: Sequence[tuple[Wish, ChildNumber, UUID]]
    ) -> Sequence[Said | NoticeStopped | Reason | Problem]:
        """The same of children, each with the id of its message: unless a person stopped it, it has left.

        A problem instead of it means that the register could not be asked, or answered wrongly.
        """
        told = await self._feed.child_notices([(wish.event_id, about) for wish, about, _ in asked])
        return [
            self._said_of_child(wish, message_id, notice)
            for (wish, _, message_id), notice in zip(asked, told, strict=True)
        ]

    def _said_of_child(
        self, wish: Wish, message_id: UUID, notice: ToldOfChild
    ) -> Said | NoticeStopped | Reason | Problem:
        match notice:
            case ChildNotice():
                return self._write(wish, message_id, notice)
            case ResidenceUnknown():
                return Reason.RESIDENCE_UNKNOWN
            case NoticeRefused():
                return _refused(wish, notice)
            case _:
                return notice

    def _write(self, wish: Wish, message_id: UUID, notice: Told) -> Said | Reason:
        try:
            rendered = notices.render(wish.contract, self._directory.us, message_id, notice)
        except NoticeUnfit as error:
            _log.error("notice-unfit", event_id=wish.event_id, exc_info=error)
            return Reason.NOTICE_INVALID
        return Said(notice, self._bodies.seal(message_id, rendered))


def _refused(wish: Wish, notice: NoticeRefused) -> Reason:
    _log.error("notice-refused", event_id=wish.event_id, status=notice.status)
    return Reason.NOTICE_UNAVAILABLE


def release(work: Work, said: Said, message_id: UUID, partner: str) -> Envelope | Reason:
    """Lets a message out, once: cut to the fields that the policy allows, with its row in the audit log.

    A message that says more than is allowed is not sent.
    """
    allowed = reveal(
        work,
        notices.words(said.notice),
        decisions=work.permit.on({}),
        objects=[message_id, said.notice.reference],
        action="send",
        client=partner,
    )
    told = {name: word for name, word in json.loads(allowed).items() if word is not None}
    return said.envelope if told == said.notice.words() else Reason.NOTICE_INVALID
