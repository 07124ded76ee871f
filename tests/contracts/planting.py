"""Protected values, planted in every text that is written, and found again whatever way they are written."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.contracts.door import CANARY
from tests.contracts.together import Together

#: What is marked as protected of the victim of every case, in two entries.
ENTRIES = {
    "employment": {
        "text": "Salajane töökoht Sinilill",
        "institution": "Sinililleoru lasteaed",
        "address": "Kanarbiku tn 57-3, Põlva linn, Põlva maakond",
    },
    "safe-contact": {
        "kind": "call",
        "mayLeaveMessage": False,
        "phone": "+372 5557 1234",
        "email": "peidus.olija@example.ee",
    },
}
#: The same in the words of people: one of these goes into each text, in turn.
WRITINGS = (
    "Ta on Kanarbiku tänaval majas 57, tel 5557-1234.",
    "KANARBIKUL NR 57, krt 3; peidus.olija (at) example (dot) ee.",
    "Laps käib Sinililleoru lasteaias; 00372 5557 1234.",
    "Живёт на Канарбику тн 57, звонить +372 (5557) 1234.",
    "Sini\u00adlilleoru lasteaed, Kanarbiku tn. 57\u20133, peidus.olija@EXAMPLE.ee",
)
#: Read otherwise than the guard reads: letters and digits alone.
_SIGNS = ("kanarbik", "канарбик", "sinilill", "peidusolija", "55571234", "salajane")
#: Names of people, and what is told of no case (where a network meets), stay as they were.
_NAMES = {
    "place",
    "givenName",
    "familyName",
    "name",
    "unit",
    "phone",
    "address",
    "safeContact",
    "personalCode",
}


def leaks(text: str) -> list[str]:
    """What of the planted values a text holds."""
    plain = text.encode().decode("unicode_escape", "ignore") if "\\u" in text else text
    folded = unicodedata.normalize("NFKC", f"{text} {plain}").casefold()
    bare = re.sub(r"[\W_]", "", folded)
    return [sign for sign in _SIGNS if sign in bare]


@dataclass
class Planting:
    """Writes as its house writes, but for the texts; and marks what is protected in every new case."""

    house: Together
    planted: int = 0
    cases: set[str] = field(default_factory=set)
    _turns: Iterator[int] = field(default_factory=count)

    def into(self, client: httpx.AsyncClient) -> Callable[[], None]:
        """From here on the client plants; what it gives back ends it."""
        plain = client.request

        async def request(method: str, url: Any, **how: Any) -> httpx.Response:
            answer = await self._planted(plain, method, url, how)
            if method == "POST" and str(url).endswith("/screening") and answer.status_code == 200:
                await self._mark(plain, answer.json())
            return answer

        client.request = request  # type: ignore[method-assign] # until the end of the module
        return lambda: setattr(client, "request", plain)

    async def _planted(self, plain: Any, method: str, url: Any, how: dict[str, Any]) -> httpx.Response:
        """With planted texts, or as it was where those are refused."""
        body = how.get("json")
        changed = self.grown(body)
        answer: httpx.Response = await plain(method, url, **{**how, "json": changed})
        if answer.status_code == 422 and changed != body:
            return await plain(method, url, **how)
        self.planted += changed != body
        return answer

    def grown(self, body: Any, key: str = "") -> Any:
        """A body whose texts hold what is protected."""
        if isinstance(body, dict):
            found = {name: self.grown(value, name) for name, value in body.items()}
            if found.get("decision") == "accept":
                found["agencies"] = sorted({*(found.get("agencies") or ()), "probation"})
            return found
        if isinstance(body, list):
            return [self.grown(value, key) for value in body]
        if body == CANARY and key not in _NAMES:
            return WRITINGS[next(self._turns) % len(WRITINGS)]
        return body

    async def _mark(self, plain: Any, referral: dict[str, Any]) -> None:
        case = referral.get("caseId")
        if case is None or case in self.cases:
            return
        self.cases.add(case)
        victim = next(one["personId"] for one in referral["persons"] if one["role"] == "victim")
        told = {"personId": victim, "role": "victim", "source": "victim", "protected": True}
        for category, value in ENTRIES.items():
            answer = await plain(
                "POST",
                f"/api/cases/v1/cases/{case}/entries",
                json={**told, "category": category, "value": value},
                headers=self.house.person("coordinator", "case-work", "polva"),
            )
            assert answer.status_code == 201, json.dumps(answer.json())
