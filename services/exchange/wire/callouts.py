"""``getCallouts`` of POLIS: the question as its contract has it, and the days in its answer."""

from datetime import date
from uuid import UUID

from lxml import etree

from services.exchange.model.callouts import CallOutQuestion
from services.exchange.model.contract import SoapContract
from services.exchange.model.outbox import Rendered
from services.exchange.model.xroad import ClientId, Headers
from services.exchange.wire import consumer


class AnswerUnfit(Exception):  # noqa: N818 - it tells what is wrong with the answer
    """An answer that does not fit the contract, or contradicts itself; never a part of it."""


def render(contract: SoapContract, us: ClientId, message_id: UUID, question: CallOutQuestion) -> Rendered:
    """The message that asks."""
    headers = Headers(us, str(message_id), issue=question.reference)
    body = consumer.render(contract, question.words(), headers)
    return Rendered("soap", "POST", "/", consumer.CONTENT_TYPE, body)


def days(contract: SoapContract, question: CallOutQuestion, payload: etree._Element) -> tuple[date, ...]:
    """The days of the call-outs, in order; AnswerUnfit.

    ``count`` is told as well, so that none is another answer than one that was cut short; a day outside the
    window was not asked for.
    """
    if not consumer.fits(contract, payload):
        raise AnswerUnfit("the answer does not fit the schema")
    found = sorted(
        date.fromisoformat(str(one.text).strip()) for one in payload.iterfind("callOut/occurredOn")
    )
    if int(payload.findtext("count", "-1")) != len(found):
        raise AnswerUnfit("the answer has another number of call-outs than it says")
    if any(not question.since <= day < question.until for day in found):
        raise AnswerUnfit("the answer has call-outs that were not asked for")
    return tuple(found)
