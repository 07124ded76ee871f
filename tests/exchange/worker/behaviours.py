"""What a partner, its security server or the network may do with a message: each by its name and its nature.

Fine: it counts as delivered. Passing: it is tried again for as long as it takes. Unknown: five tries, then a
person. Refused: a person, at once.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from tests.exchange.worker.faultproxy import Behaviour, Exchange

FINE, PASSING, UNKNOWN, REFUSED = "fine", "passing", "unknown", "refused"
BEHAVIOURS: Final[dict[str, tuple[str, Behaviour]]] = {}
LONG = 30.0  # seconds; longer than anybody waits here
GARBAGE: Final = bytes(range(1, 256)) * 4


def _is(nature: str) -> Callable[[Behaviour], Behaviour]:
    def register(behaviour: Behaviour) -> Behaviour:
        BEHAVIOURS[behaviour.__name__] = (nature, behaviour)  # type: ignore[attr-defined]
        return behaviour

    return register


def _http(status: str, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _fault(code: str, status: str = "500 Internal Server Error") -> bytes:
    body = f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>
        <faultcode>{code}</faultcode><faultstring>told to</faultstring>
    </e:Fault></e:Body></e:Envelope>"""
    return _http(status, body.encode(), "text/xml; charset=utf-8")


def _says(nature: str, name: str, answer: bytes, *, taken: bool = False) -> None:
    async def behaviour(exchange: Exchange) -> None:
        if taken:
            await exchange.answer()
        await exchange.say(answer)

    BEHAVIOURS[name] = (nature, behaviour)


def _cuts(name: str, place: Callable[[bytes], int], *, reset: bool = False) -> None:
    async def behaviour(exchange: Exchange) -> None:
        answer = await exchange.answer()
        await exchange.say(answer[: place(answer)])
        if reset:
            await asyncio.sleep(0.02)
            exchange.reset()

    BEHAVIOURS[name] = (PASSING, behaviour)


def _parts(answer: bytes, size: int) -> Sequence[bytes]:
    return [answer[start : start + size] for start in range(0, len(answer), size)]


@_is(PASSING)
async def closed_before(exchange: Exchange) -> None: ...


@_is(PASSING)
async def reset_before(exchange: Exchange) -> None:
    exchange.reset()


@_is(PASSING)
async def half_open_before(exchange: Exchange) -> None:
    await asyncio.sleep(LONG)


@_is(PASSING)
async def request_cut_in_its_body(exchange: Exchange) -> None:
    await exchange.proxy.send_part(exchange.request[:-40])


@_is(PASSING)
async def request_cut_in_its_head(exchange: Exchange) -> None:
    await exchange.proxy.send_part(exchange.request[:60])


@_is(PASSING)
async def closed_after(exchange: Exchange) -> None:
    await exchange.answer()


@_is(PASSING)
async def reset_after(exchange: Exchange) -> None:
    await exchange.answer()
    exchange.reset()


@_is(PASSING)
async def half_open_after(exchange: Exchange) -> None:
    await exchange.answer()
    await asyncio.sleep(LONG)


@_is(PASSING)
async def late(exchange: Exchange) -> None:
    answer = await exchange.answer()
    await asyncio.sleep(LONG)
    await exchange.say(answer)


@_is(PASSING)
async def trickle(exchange: Exchange) -> None:
    answer = await exchange.answer()
    await exchange.say(*_parts(answer, 1), pause=0.3)


@_is(PASSING)
async def reordered(exchange: Exchange) -> None:
    """It is held back, and arrives when the next try has arrived already."""

    async def later() -> bytes:
        await asyncio.sleep(0.3)
        return await exchange.answer()

    exchange.proxy.later.add(asyncio.ensure_future(later()))


@_is(FINE)
async def latency(exchange: Exchange) -> None:
    answer = await exchange.answer()
    await asyncio.sleep(0.1)
    await exchange.say(answer)


@_is(FINE)
async def narrow(exchange: Exchange) -> None:
    await exchange.say(*_parts(await exchange.answer(), 200), pause=0.005)


@_is(FINE)
async def twice_to_the_partner(exchange: Exchange) -> None:
    await exchange.answer()
    await exchange.say(await exchange.answer())


@_is(FINE)
async def answered_twice(exchange: Exchange) -> None:
    answer = await exchange.answer()
    await exchange.say(answer + answer)


@_is(FINE)
async def reset_behind_the_answer(exchange: Exchange) -> None:
    await exchange.say(await exchange.answer())
    await asyncio.sleep(0.1)
    exchange.reset()


@_is(UNKNOWN)
async def answer_of_another(exchange: Exchange) -> None:
    await exchange.answer()
    await exchange.say(exchange.proxy.last_answer)


@_is(UNKNOWN)
async def answer_cut_within_its_length(exchange: Exchange) -> None:
    _, _, body = (await exchange.answer()).partition(b"\r\n\r\n")
    await exchange.say(_http("200 OK", body[: len(body) // 2], "text/xml; charset=utf-8"))


@_is(UNKNOWN)
async def request_sent_back(exchange: Exchange) -> None:
    body = exchange.request.partition(b"\r\n\r\n")[2]
    await exchange.say(_http("200 OK", body, "text/xml; charset=utf-8"))


@_is(PASSING)
async def endless_head(exchange: Exchange) -> None:
    await exchange.answer()
    await exchange.say(b"HTTP/1.1 200 OK\r\n", *([b"X-A: " + b"a" * 1000 + b"\r\n"] * 100))


_cuts("answer_cut_at_byte_1", lambda _: 1)
_cuts("answer_cut_in_its_status", lambda _: 12)
_cuts("answer_cut_in_its_head", lambda answer: answer.index(b"\r\n\r\n") - 5)
_cuts("answer_cut_before_its_body", lambda answer: answer.index(b"\r\n\r\n") + 4)
_cuts("answer_cut_in_its_body", lambda answer: len(answer) - 100)
_cuts("answer_cut_at_its_last_byte", lambda answer: len(answer) - 1)
_cuts("answer_reset_in_its_body", lambda answer: len(answer) - 100, reset=True)
_says(PASSING, "garbage", GARBAGE)
_says(PASSING, "garbage_after", GARBAGE, taken=True)
_says(PASSING, "bad_chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx", taken=True)
_says(PASSING, "bad_gateway", _http("502 Bad Gateway", b"<html/>", "text/html"))
_says(PASSING, "unavailable", _http("503 Service Unavailable", Retry_After="0"))
_says(PASSING, "gateway_timeout_after", _http("504 Gateway Timeout"), taken=True)
_says(PASSING, "too_many", _http("429 Too Many Requests"))
_says(UNKNOWN, "empty", _http("200 OK"), taken=True)
_says(UNKNOWN, "page", _http("200 OK", b"<html><body>Tere</body></html>", "text/html"))
_says(UNKNOWN, "nothing_at_all", _http("204 No Content"), taken=True)
_says(PASSING, "internal_error", _http("500 Internal Server Error", b"oops"))
_says(UNKNOWN, "too_large", _http("200 OK", b"a" * (1024 * 1024 + 1), "text/xml"), taken=True)
_says(UNKNOWN, "doctype", _http("200 OK", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "text/xml"))
_says(UNKNOWN, "forbidden", _http("403 Forbidden"))  # by something between: a security server speaks SOAP
_says(UNKNOWN, "not_found", _http("404 Not Found"))
_says(UNKNOWN, "redirect", _http("302 Found", Location="http://127.0.0.1:9/elsewhere"))
_says(PASSING, "fault_network", _fault("Server.ServerProxy.NetworkError"))
_says(PASSING, "fault_maintenance", _fault("server.clientproxy.maintenance_mode", "200 OK"))
_says(UNKNOWN, "fault_never_seen", _fault("Server.ServerProxy.NeverSeen"), taken=True)
_says(UNKNOWN, "fault_of_the_partner", _fault("soap:Server"))
_says(REFUSED, "fault_access_denied", _fault("Server.ServerProxy.AccessDenied"))
_says(REFUSED, "fault_of_ours", _fault("soap:Client", "200 OK"))
