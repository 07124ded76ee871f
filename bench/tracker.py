"""Whether the Data Tracker's answer tells by its time that something is withheld.

Questions about people of four kinds are asked in turn, in an order that chance gives: nobody, nobody again,
somebody about whom everything is withheld, somebody who is shown rows. The first two must be alike, or the
measurement is worth nothing; the last must differ, or it sees nothing. What is withheld must be like nobody.
"""

import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import aiohttp
from scipy.stats import mannwhitneyu

from bench import running
from bench.load import Measured
from bench.results import Results, Row, row
from services.kit import keys
from services.kit.sealed import BlindIndex
from system.run import System

_TRACKER: Final = "ee-dev/GOV/70006317/datatracker"
#: Of each kind; codes that no sample has.
PEOPLE: Final = {
    "nobody": "EE10001010002",
    "nobody else": "EE10001010013",
    "withheld": "EE10001010024",
    "shown": "EE10001010035",
}
#: Beyond it a difference is no chance: one comparison in a thousand of answers that are alike.
CHANCE: Final = 0.001
_ROWS: Final = 1_000
_OTHERS: Final = 20_000
_WARM: Final = 100
_KEEP: Final = """
    insert into data_usage (id, subject, occurred_at, action, receiver_code, receiver_system, receiver_name,
        case_handle, state, recorded_at)
    select gen_random_uuid(), coalesce($1, sha256(convert_to(n::text, 'UTF8'))),
        now() - make_interval(mins => n), 'Teade', '70009770', 'star', 'STAR',
        md5(n::text), $2, now()
    from generate_series(1, $3::int) n
"""
_SOAP: Final = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd"
    xmlns:i="http://x-road.eu/xsd/identifiers"><e:Header>
<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>ee-dev</i:xRoadInstance><i:memberClass>GOV</i:memberClass>
<i:memberCode>70006317</i:memberCode><i:subsystemCode>datatracker</i:subsystemCode></x:client>
<x:service i:objectType="SERVICE"><i:xRoadInstance>ee-dev</i:xRoadInstance><i:memberClass>GOV</i:memberClass>
<i:memberCode>70001975</i:memberCode><i:subsystemCode>turvavork</i:subsystemCode>
<i:serviceCode>findUsage</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></x:service>
<x:id>bench</x:id><x:userId>{code}</x:userId><x:protocolVersion>4.0</x:protocolVersion></e:Header>
<e:Body><d:findUsage xmlns:d="http://dumonitor.x-road.eu/producer"/></e:Body></e:Envelope>"""
Ask = Callable[[aiohttp.ClientSession, str], Awaitable[tuple[int, bytes]]]
_OK: Final = 200


async def silence(results: Results, system: System, seconds: float) -> None:
    """Both forms of the question, each for half of the time."""
    await _fill(system)
    for name, ask in (("REST", _rest(system)), ("SOAP", _soap(system))):
        times, wall = await _interleaved(ask, seconds / 2)
        for kind, latencies in times.items():
            results.add(row(f"findUsage over {name}: {kind}", Measured(latencies, seconds=wall)))
        for kind, expected in (("nobody else", True), ("withheld", True), ("shown", False)):
            results.add(
                _compared(f"findUsage over {name}: {kind}", times[kind], times["nobody"], expected=expected)
            )


def _compared(name: str, one: Sequence[float], nobody: Sequence[float], *, expected: bool) -> Row:
    """Whether chance explains the difference in ranks (Mann-Whitney); ``slower`` is a half when alike."""
    found = mannwhitneyu(one, nobody, method="asymptotic")
    alike = bool(found.pvalue > CHANCE)
    verdict = "" if alike is expected else " - NOT AS IT MUST BE"
    return {
        "name": f"{name} is {'like' if alike else 'unlike'} nobody{verdict}",
        "slower": round(found.statistic / (len(one) * len(nobody)), 4),
        "p": round(found.pvalue, 5),
    }


async def _fill(system: System) -> None:
    """Rows about them, and about thousands of others."""
    index = BlindIndex(keys.load_secret(system.layout.keys, keys.DISCLOSURES))
    async with running.database(system, "exchange") as database:
        for kind, state in (("withheld", "withheld"), ("shown", "released")):
            subject = index.of("personal-code", PEOPLE[kind].removeprefix("EE"))
            await database.execute(_KEEP, subject, state, _ROWS)
        for state in ("withheld", "released"):
            await database.execute(_KEEP, None, state, _OTHERS)
        await database.execute("analyze data_usage")


async def _interleaved(ask: Ask, seconds: float) -> tuple[Mapping[str, list[float]], float]:
    """Seconds of each answer by kind: one question at a time, on one connection."""
    times: dict[str, list[float]] = defaultdict(list)
    kinds, chance = list(PEOPLE), random.Random(7)  # noqa: S311 - an order, not a secret
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        for number in range(_WARM):
            await _timed(session, ask, kinds[number % len(kinds)])
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            chance.shuffle(kinds)
            for kind in kinds:
                times[kind].append(await _timed(session, ask, kind))
        return times, time.perf_counter() - began


async def _timed(session: aiohttp.ClientSession, ask: Ask, kind: str) -> float:
    began = time.perf_counter()
    status, told = await ask(session, PEOPLE[kind])
    took = time.perf_counter() - began
    if status != _OK or (b"Teade" in told) is not (kind == "shown"):
        raise RuntimeError(f"{kind} is answered with {status}")
    return took


def _rest(system: System) -> Ask:
    url = f"{system.xroad_url}/xroad/rest/findUsage/v2/findUsage"

    async def ask(session: aiohttp.ClientSession, code: str) -> tuple[int, bytes]:
        said = {"X-Road-Client": _TRACKER, "X-Road-Id": "bench", "X-Road-UserId": code}
        async with session.get(url, params={"userCode": code}, headers=said) as answer:
            return answer.status, await answer.read()

    return ask


def _soap(system: System) -> Ask:
    said = {"Content-Type": "text/xml; charset=utf-8"}

    async def ask(session: aiohttp.ClientSession, code: str) -> tuple[int, bytes]:
        body = _SOAP.format(code=code).encode()
        async with session.post(running.soap_url(system), data=body, headers=said) as answer:
            return answer.status, await answer.read()

    return ask
