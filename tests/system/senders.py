"""POLIS and STAR as clients of the X-Road listener, who write down what they sent and what they were told."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient
from lxml import etree

from tests.system.ledger import Ledger, Receipt, Sent
from tests.system.letters import Letter

PATIENCE = httpx.Timeout(5.0)
#: What REST answers when it may be tried again; over SOAP these are faults of the server.
AGAIN = frozenset({429, 502, 503, 504})
AGAIN_CODES = frozenset({"Server", "Server.overloaded", "Server.upstream_unavailable"})
MOST_UNDER_WAY = 120
FIRST_WAIT, LONGEST_WAIT = 0.4, 6.0  # seconds before a message is sent again
TWIN, ECHO = 0.1, 0.1  # share of messages sent twice at once, and once more after their answer


class Unanswered(Exception):  # noqa: N818 - it tells what happened
    """Nobody knows whether the message was taken: it is to be sent again."""


class Refused(Exception):  # noqa: N818 - it tells what happened
    """An answer that says that sending it again does not help; its code."""


def receipt_of(letter: Letter, answer: httpx.Response) -> Receipt:
    """The success that an answer tells of; Unanswered or Refused."""
    if letter.partner == "star":
        if answer.status_code in AGAIN:
            raise Unanswered(answer.status_code)
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"{answer.status_code} {answer.json().get('type', '')}")
        told = answer.json()
        return Receipt(told["reference"], told["status"])
    texts = {
        etree.QName(element).localname: element.text or ""
        for element in etree.fromstring(answer.content).iter("{*}*")
    }
    code = texts.get("faultcode") or texts.get("faultCode")
    if code is None:
        return Receipt(texts["reference"], texts["status"])
    if code.rpartition(":")[2] in AGAIN_CODES:
        raise Unanswered(code)
    raise Refused(f"{answer.status_code} {code}")


async def post(http: httpx.AsyncClient, letter: Letter) -> Receipt:
    """Send it once; Unanswered or Refused."""
    try:
        answer = await http.post(letter.path, content=letter.body, headers=letter.headers)
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        raise Unanswered(type(error).__name__) from error
    return receipt_of(letter, answer)


def client_of(xroad: str) -> httpx.AsyncClient:
    """A client of the X-Road listener that never waits for a connection of its own."""
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=40, keepalive_expiry=10)
    return HttpxAiohttpClient(base_url=xroad, timeout=PATIENCE, trust_env=False, limits=limits)


@dataclass
class Senders:
    """Sends letters at a steady rate whatever happens to those under way, each until it is acknowledged."""

    http: httpx.AsyncClient
    letters: Iterator[Letter]
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    refused: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    held: bool = False
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event, *, rate: float) -> None:
        """Begin to send `rate` letters a second until `stop`; then wait until all are acknowledged.

        Answers that are late put off no letter, unless MOST_UNDER_WAY are not acknowledged, or `held` says
        that enough wait inside: a machine that is too slow for the rate must not drown.
        """
        clock = asyncio.get_running_loop()
        due = clock.time()
        while not stop.is_set():
            if len(self._under_way) < MOST_UNDER_WAY and not self.held:
                self._begin(next(self.letters))
            due = max(due + self.chance.expovariate(rate), clock.time() - 1)
            await asyncio.sleep(max(0.0, due - clock.time()))
        while self._under_way:
            await asyncio.wait(self._under_way)

    @property
    def under_way(self) -> int:
        """Messages that are not acknowledged yet."""
        return len(self._under_way)

    def _begin(self, letter: Letter) -> None:
        entry = Sent(
            letter.client,
            letter.message_id,
            letter.sender_reference,
            letter.version,
            letter.digest,
            letter.content,
        )
        self.ledger.sent.append(entry)
        for _ in range(2 if self.chance.random() < TWIN else 1):
            task = asyncio.create_task(self._see_through(letter, entry))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _see_through(self, letter: Letter, entry: Sent) -> None:
        """Send it until it is acknowledged, some once more afterwards."""
        once_more = self.chance.random() < ECHO
        wait = FIRST_WAIT
        while True:
            try:
                entry.receipts.append(await post(self.http, letter))
            except Unanswered as reason:
                self.unanswered[str(reason)] += 1
            except Refused as reason:
                self.refused[str(reason)] += 1
                return
            else:
                if not once_more:
                    return
                once_more = False
            await asyncio.sleep(wait * self.chance.uniform(0.5, 1.5))
            wait = min(2 * wait, LONGEST_WAIT)
