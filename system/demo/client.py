"""A front end's view of the system: through the gateway, with a development member's token."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Tokens = Callable[[str, str | None], str]
"""Role and region → a development token."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who asks, and for what."""

    role: str
    region: str | None
    purpose: str


class UnexpectedAnswer(Exception):  # noqa: N818 - it tells what happened
    """The system answered something else than the demo counts on; the problem's type is in the message."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FrontEnd:
    """Asks the API as a member does."""

    def __init__(self, http: httpx.AsyncClient, api: str, tokens: Tokens) -> None:
        self._http, self._api, self._tokens = http, api, tokens

    async def ask(  # noqa: PLR0913 - the parts of a request
        self,
        office: Office,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """The JSON of a successful answer; UnexpectedAnswer names status and problem type else."""
        own = {
            "Authorization": f"Bearer {self._tokens(office.role, office.region)}",
            "X-Purpose": office.purpose,
        }
        answer = await self._http.request(
            method, self._api + path, params=params, json=json, headers={**own, **(headers or {})}
        )
        if not answer.is_success:
            told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            message = f"{method} {path}: {answer.status_code} {told.get('type', '')}"
            raise UnexpectedAnswer(message, answer.status_code)
        return answer.json()

    async def pages(self, office: Office, path: str, **params: str) -> AsyncIterator[dict[str, Any]]:
        """The items of a list, page by page."""
        cursor: str | None = None
        while True:
            asked = {**params, "limit": "100", **({"cursor": cursor} if cursor else {})}
            page = await self.ask(office, "GET", path, params=asked)
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return
