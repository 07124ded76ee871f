"""The API as commands ask it: with a token, for a purpose; what goes wrong is told in a sentence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:  # heavy: `turvavork --help` needs it not
    import httpx

TOKEN: Final = "TURVAVORK_TOKEN"  # noqa: S105 - the variable's name
SECONDS: Final = 30.0
_UNAUTHENTICATED: Final = 401
_AGO: Final = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Unanswered(Exception):  # noqa: N818 - it says what happened
    """There is no answer, or it is a refusal; the message says what to do."""


@dataclass(frozen=True)
class Api:
    """Where the API is, and as whom it is asked."""

    url: str
    token: str = field(repr=False)
    authority: Path | None
    language: str

    def __post_init__(self) -> None:
        if not self.token:
            raise Unanswered(f"There is no token: put one into {TOKEN} (`turvavork token --role operator`).")

    def get(self, path: str, params: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """The JSON of an answer; raises Unanswered."""
        return self._ask("GET", path, "operations", params=params or {}).json()

    def bytes_of(self, path: str, purpose: str) -> bytes:
        """The bytes of an answer; raises Unanswered."""
        return self._ask("GET", path, purpose, params={}).content

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Has something done, once, also when the connection breaks and it is sent again."""
        key = {"Idempotency-Key": str(uuid4())}
        return self._ask("POST", path, "operations", json=body, headers=key).json()

    def pages(self, path: str, most: int, params: Mapping[str, object]) -> Iterator[dict[str, Any]]:
        """The items of a list, page by page, up to ``most``."""
        left, cursor = most, None
        while left > 0:
            page = self.get(path, {**params, "limit": min(left, 100), "cursor": cursor})
            yield from page["items"]
            left, cursor = left - len(page["items"]), page["next"]
            if cursor is None:
                return

    def _ask(
        self,
        method: str,
        path: str,
        purpose: str,
        *,
        headers: Mapping[str, str] | None = None,
        **words: Any,  # noqa: ANN401 - httpx's
    ) -> "httpx.Response":
        import httpx  # noqa: PLC0415

        own = {
            "Authorization": f"Bearer {self.token}",
            "X-Purpose": purpose,
            "Accept-Language": self.language,
            **(headers or {}),
        }
        if "params" in words:
            words["params"] = {name: value for name, value in words["params"].items() if value is not None}
        try:
            with self._client() as client:
                answer = _twice(client, method, self.url + path, headers=own, **words)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unanswered(
                f"{self.url} does not answer ({type(error).__name__}). `turvavork status` shows what runs; "
                "--api says where else the gateway is."
            ) from error
        if not answer.is_success:
            raise Unanswered(_refusal(answer))
        return answer

    def _client(self) -> "httpx.Client":
        import ssl  # noqa: PLC0415

        import httpx  # noqa: PLC0415

        context = ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))
        return httpx.Client(verify=context, timeout=SECONDS, trust_env=False)


def moment(text: str) -> str:
    """A time for the API: an RFC 3339 instant as it is, or `30m`, `2h`, `7d` ago; raises ValueError."""
    from services.kit.calendar import format_instant, parse_instant  # noqa: PLC0415
    from services.kit.clock import SystemClock  # noqa: PLC0415

    ago = _AGO.fullmatch(text)
    if ago is not None:
        return format_instant(SystemClock().now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    try:
        told: datetime = parse_instant(text)
    except ValueError:
        raise ValueError(
            "a time is 30m, 2h or 7d ago, or like 2017-03-02T14:05:00Z or 2017-03-02T16:05:00+02:00"
        ) from None
    return format_instant(told)


def _twice(client: "httpx.Client", method: str, url: str, **words: Any) -> "httpx.Response":  # noqa: ANN401 - httpx's
    """Asks once more when the connection broke off: reading changes nothing, writing has its key."""
    import httpx  # noqa: PLC0415

    try:
        return client.request(method, url, **words)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return client.request(method, url, **words)


def _refusal(answer: "httpx.Response") -> str:
    """The problem in words, with the request's id under which the service's log tells more."""
    told: Any = {}
    if "json" in answer.headers.get("content-type", ""):
        told = answer.json()
    title = told.get("title") or answer.reason_phrase
    code = str(told.get("type", "")).rpartition(":")[2]
    lines = [f"Refused: {title} ({answer.status_code} {code})".rstrip(" )") + ")"]
    lines += [f"  {each['pointer'] or '/'}: {each['reason']}" for each in told.get("errors", ())]
    if answer.status_code == _UNAUTHENTICATED:
        lines.append("  The token is missing, wrong or older than 15 minutes: get a new one.")
    request_id = answer.headers.get("x-request-id")
    if request_id is not None:
        lines.append(f"  In the log: request {request_id}")
    return "\n".join(lines)
