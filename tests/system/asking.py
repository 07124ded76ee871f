"""Single questions to a running system, as partners and members ask them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from lxml import etree

from system.securityserver import referrals
from system.securityserver.partners import NAMES
from tests.system.letters import REST_PATH, SOAP_PATH, Letter
from tests.system.running import Running

PATIENCE = 60.0
Answer = TypeVar("Answer")


async def send(running: Running, letter: Letter) -> httpx.Response:
    """A letter as its security server brings it, once."""
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        return await http.post(letter.path, content=letter.body, headers=letter.headers)


async def told(running: Running, letter: Letter) -> dict[str, str]:
    """What the sender reads in the answer: reference and status, or code and words of a fault."""
    return words(await send(running, letter))


def words(answer: httpx.Response) -> dict[str, str]:
    """The words of an answer, over SOAP or REST."""
    if "json" in answer.headers.get("content-type", ""):
        return {"http": str(answer.status_code), **answer.json()}
    texts = {
        etree.QName(element).localname: element.text or ""
        for element in etree.fromstring(answer.content).iter("{*}*")
    }
    return {"http": str(answer.status_code), **texts}


async def status_over_soap(running: Running, name: str, value: str, partner: str = "polis") -> dict[str, str]:
    """`getReferralStatus.v1` by `reference`, `senderReference` or `messageId`."""
    body = referrals.status_query(NAMES[partner], str(uuid4()), name, value)
    headers = {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""'}
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        return words(await http.post(SOAP_PATH, content=body, headers=headers))


async def status_over_rest(
    running: Running, reference: str | None, partner: str = "star", **query: str
) -> dict[str, str]:
    """The same over REST, by our reference or a query."""
    path = REST_PATH if reference is None else f"{REST_PATH}/{reference}"
    headers = {"X-Road-Client": NAMES[partner], "X-Road-Id": str(uuid4()), "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=running.xroad, trust_env=False, timeout=30) as http:
        return words(await http.get(path, headers=headers, params=query))


async def status(running: Running, partner: str, reference: str) -> str:
    """The status that a sender is told now."""
    if partner == "polis":
        return (await status_over_soap(running, "reference", reference))["status"]
    return (await status_over_rest(running, reference))["status"]


async def referral_of(running: Running, region: str, reference: str) -> dict[str, Any]:
    """A referral as the coordinator of its region finds it in the list."""
    async with running.member("coordinator", region) as member:
        cursor: str | None = None
        while True:
            asked = {"region": region, "limit": "100", **({"cursor": cursor} if cursor else {})}
            page = (await member.get("/api/cases/v1/referrals", params=asked)).raise_for_status().json()
            for item in page["items"]:
                if item["reference"] == reference:
                    return dict(item)
            cursor = page["next"]
            assert cursor is not None, f"{reference} is not among the referrals of {region}"


async def screen(
    running: Running, region: str, reference: str, decision: str = "accept", **said: Any
) -> httpx.Response:
    """The coordinator's decision about a referral, as soon as it has come and has its score."""

    async def waiting() -> dict[str, Any]:
        try:
            return await referral_of(running, region, reference)
        except AssertionError:
            return {"status": "RECEIVED"}

    referral = await until("a decision", waiting, lambda found: found["status"] != "RECEIVED")
    body = {"decision": decision, **({"agencies": ["police"]} if decision == "accept" else {}), **said}
    async with running.member("coordinator", region) as member:
        return await member.post(
            f"/api/cases/v1/referrals/{referral['id']}/screening",
            json=body,
            headers={"If-Match": f'"{referral["version"]}"'},
        )


async def control(running: Running, method: str, path: str, wish: Mapping[str, Any] | None = None) -> Any:
    """Tells the simulated security server how to behave."""
    async with httpx.AsyncClient(base_url=running.simulator, trust_env=False, timeout=30) as http:
        answer = await http.request(method, f"/control{path}", json=wish)
        return answer.raise_for_status().json()


async def until(
    what: str,
    ask: Callable[[], Awaitable[Answer]],
    good: Callable[[Answer], object],
    seconds: float = PATIENCE,
) -> Answer:
    """Ask until the answer is good; the last answer is shown when it never is."""
    deadline = time.monotonic() + seconds
    while not good(answer := await ask()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s, but {answer}"
        await asyncio.sleep(0.1)
    return answer
