"""What we ask of ``riskscore``, through ``exchange`` of the police, and of a mail server, in our words."""

import asyncio
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, Literal
from uuid import UUID

from services.cases.model.callouts import Answered, Pair, Window
from services.cases.model.codes import Band, Ground
from services.cases.model.referral import AssessmentFacts
from services.cases.model.states import Score
from services.kit.calendar import parse_date
from services.kit.client import Response, ServiceClient
from services.kit.policy import Caller
from services.kit.problem import FieldError, UpstreamUnavailable, UpstreamWrong
from services.kit.together import Together

#: What we rely on in the other's contract: operation → fields of its answer.
RELIES_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "riskscore": {
        "create_score": (
            "instrument",
            "version",
            "contentHash",
            "status",
            "engine",
            "score",
            "maximum",
            "band",
            "grounds",
            "range",
            "unanswered",
            "items",
        ),
        "create_scores": ("items",),
    },
    "exchange": {"ask_call_outs": ("source", "count", "days")},
}
_MAIL_SECONDS: Final = 10.0
_FOR_GOOD: Final = 550
_KEPT: Final = RELIES_ON["riskscore"]["create_score"]
_SCORES: Final = "/api/riskscore/v1/scores"
_AT_ONCE: Final = 64  # what the scorer takes in one question
_OK: Final = 200
_REFUSED: Final = 422
_CALL_OUTS: Final = "/api/exchange/v1/callouts"
_CALL_OUTS_SECONDS: Final = 30.0  # longer than exchange waits for the police
_CONFLICT: Final = 409
_PURPOSE: Final = "intake"


class ScoreRefusedError(Exception):
    """The scorer will never score these answers; says where they are wrong, by pointers into a referral."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("the answers cannot be scored")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """A score, and what the scorer said of it item by item."""

    score: Score
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked in whose name; ``patience`` in seconds."""

    caller: Caller
    purpose: str
    patience: float
    body: Mapping[str, Any]


class RiskScore:
    """The scorer."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._asking: Together[_Question, Any] = Together(self._ask, most=_AT_ONCE)

    async def score(  # noqa: PLR0913 - one question, said in full
        self,
        facts: AssessmentFacts,
        grounds: Sequence[Ground],
        *,
        caller: Caller,
        purpose: str,
        at: datetime,
        timeout: float,  # noqa: ASYNC109 - the limit for the whole question, in seconds
    ) -> ScoreAnswer:
        """Asks for a score; sends item keys, coded answers and three facts, nothing else.

        What is asked for one caller at the same time goes as one question. Raises ScoreRefusedError when the
        answers are wrong for good, UpstreamUnavailable or UpstreamWrong when the scorer should be asked again
        later.
        """
        question = {
            "instrument": facts.instrument,
            "version": None,
            "onDate": facts.completed_on.isoformat(),
            "answers": {key: answer.value for key, answer in facts.answers.items()},
            "professionalJudgement": Ground.PROFESSIONAL_JUDGEMENT in grounds,
            "repeat": Ground.REPEAT in grounds,
            "callOuts12Months": None,
        }
        asked = _Question(caller, purpose, timeout, question)
        try:
            async with asyncio.timeout(timeout):
                return _read(await self._asking.add((caller.subject, purpose), asked), at)
        except TimeoutError:
            raise UpstreamUnavailable from None

    async def _ask(self, asked: Sequence[_Question]) -> Sequence[Any]:
        """The answers to questions of one caller, all of them or an error."""
        if len(asked) == 1:
            return [await self._request(_SCORES, asked[0], asked[0].body)]
        told = await self._request(f"{_SCORES}/batch", asked[0], {"items": [one.body for one in asked]})
        try:
            items = list(told["items"])
        except (KeyError, TypeError):
            raise UpstreamWrong("the scorer's answer has another form") from None
        if len(items) != len(asked):
            raise UpstreamWrong("the scorer answers something else than it was asked")
        return items

    async def _request(self, path: str, asked: _Question, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        answer = await self._client.request(
            "POST", path, act_for=asked.caller, purpose=asked.purpose, json=body, timeout=asked.patience
        )
        if answer.status_code == _REFUSED:
            raise ScoreRefusedError(_errors(answer))
        if answer.status_code != _OK:
            raise UpstreamWrong("the scorer does not let us ask")
        return answer.json()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


class CallOutsRefusedError(Exception):
    """The police do not tell, and to ask again is of no use."""


class Police:
    """The police, whom ``exchange`` asks for us over X-Road."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def call_outs(self, reference: str, pair: Pair, window: Window, caller: Caller) -> Answered:
        """The call-outs about two people within a window.

        Raises CallOutsRefusedError for good, UpstreamUnavailable or UpstreamWrong when to ask again later.
        """
        question = {
            "reference": reference,
            "victim": pair.victim_code,
            "threateningPerson": pair.threatening_code,
            "since": window.since.isoformat(),
            "until": window.until.isoformat(),
        }
        answer = await self._client.request(
            "POST",
            _CALL_OUTS,
            act_for=caller,
            purpose=_PURPOSE,
            json=question,
            timeout=_CALL_OUTS_SECONDS,
        )
        if answer.status_code == _CONFLICT:
            raise CallOutsRefusedError
        if answer.status_code != _OK:
            raise UpstreamWrong("exchange does not let us ask")
        return _told(answer.json(), pair, window)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _told(body: Any, pair: Pair, window: Window) -> Answered:  # noqa: ANN401 - another's JSON
    try:
        days = sorted(map(parse_date, body["days"]))
        source, count = str(body["source"]), int(body["count"])
    except (KeyError, TypeError, ValueError):
        raise UpstreamWrong("the answer about call-outs has another form") from None
    if count != len(days) or any(not window.since <= day < window.until for day in days):
        raise UpstreamWrong("the answer about call-outs is not of what was asked")
    return Answered(pair.victim, pair.threatening, source, days)


def _read(body: Any, at: datetime) -> ScoreAnswer:  # noqa: ANN401 - another's JSON
    try:
        score = Score(
            instrument=str(body["instrument"]),
            version=str(body["version"]),
            content_hash=str(body["contentHash"]),
            engine=str(body["engine"]),
            value=int(body["score"]),
            band=Band(body["band"]),
            grounds=tuple(map(Ground, body["grounds"])),
            scored_at=at,
        )
        return ScoreAnswer(score, {name: body[name] for name in _KEPT})
    except (KeyError, TypeError, ValueError):
        raise UpstreamWrong("the scorer's answer has another form") from None


def _errors(answer: Response) -> list[FieldError]:
    body = answer.json()
    errors = body.get("errors", ()) if isinstance(body, dict) else ()
    return [FieldError(_place(error["pointer"]), error["code"], error["reason"]) for error in errors] or [
        FieldError("/assessment", "cannot-be-scored", "the assessment cannot be scored")
    ]


def _place(pointer: str) -> str:
    """Where the scorer's words stand in a referral."""
    if pointer.startswith(("/answers", "/instrument")):
        return f"/assessment{pointer}"
    return "/assessment/completedOn" if pointer == "/onDate" else "/assessment"


class MailRefusedError(Exception):
    """The server will never take this message for this address; says nothing of either."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """Hands messages to a mail server over SMTP, each on a connection of its own."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    async def send(self, message_id: UUID, recipient: str, subject: str, body: str) -> None:
        """Sends a plain message; every try of a message has its id, so that a mailbox can know it again.

        Raises MailRefusedError for what would be refused again, UpstreamUnavailable for what may pass.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, recipient, subject
        message["Message-ID"] = f"<{message_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by a machine
        message.set_content(body)
        try:
            await asyncio.to_thread(self._hand_over, message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _trouble(min(code for code, _ in error.recipients.values())) from None
        except smtplib.SMTPResponseException as error:
            raise _trouble(error.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            raise UpstreamUnavailable(f"the mail server: {type(error).__name__}") from None

    def _hand_over(self, message: EmailMessage) -> None:
        context = self.context or ssl.create_default_context()
        with self._connection(context) as connection:
            if self.security == "starttls":
                connection.starttls(context=context)
            if self.user is not None and self.password is not None:
                connection.login(self.user, self.password)
            connection.send_message(message)

    def _connection(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, self._domain, timeout=_MAIL_SECONDS, context=context
            )
        return smtplib.SMTP(self.host, self.port, self._domain, timeout=_MAIL_SECONDS)

    @property
    def _domain(self) -> str:
        """How we introduce ourselves: by the sender's domain, not by the name of a machine."""
        return self.sender.rpartition("@")[2]


def _trouble(code: int) -> Exception:
    """From 550 on a mailbox, a message or a domain is refused for good; the rest is the server's trouble."""
    if code >= _FOR_GOOD:
        return MailRefusedError(f"the mail server: {code}")
    return UpstreamUnavailable(f"the mail server: {code}")
