import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.cases.model.callouts import Answered, Pair, Window
from services.cases.model.codes import Band, Ground
from services.cases.model.ids import ParticipationId
from services.cases.outbound import RELIES_ON, CallOutsRefusedError, Police, RiskScore, ScoreRefusedError
from services.kit.client import ServiceClient
from services.kit.policy import Caller
from services.kit.problem import UpstreamUnavailable, UpstreamWrong

Build = Callable[..., Any]
AT = datetime(2017, 5, 4, tzinfo=UTC)
GOOD = {
    "instrument": "dash",
    "version": "2026-11",
    "contentHash": "sha256:00",
    "status": "draft",
    "engine": "1",
    "score": 15,
    "maximum": 24,
    "band": "high",
    "bandLabels": {"et": "-"},
    "grounds": ["visible-high-risk"],
    "range": {"lowest": 15, "highest": 24, "lowestBand": "high", "highestBand": "high"},
    "unanswered": ["injury"],
    "items": [{"key": "injury", "number": 1, "answer": "not-asked", "contribution": 0}],
    "statements": [{"et": "-"}],
}


class _Signer:
    def token(self, audience: str, subject: str, purpose: str) -> str:
        return f"{audience}|{subject}|{purpose}"


@pytest.fixture
def ask(an_assessment: Build) -> Build:
    async def run(answer: httpx.Response | Exception, grounds: tuple[Ground, ...] = ()) -> Any:
        def respond(request: httpx.Request) -> httpx.Response:
            run.request = request  # type: ignore[attr-defined] # for tests that look at it
            if isinstance(answer, Exception):
                raise answer
            return answer

        client = ServiceClient(
            base_url="http://riskscore",
            audience="riskscore",
            signer=_Signer(),
            transport=httpx.MockTransport(respond),
        )
        riskscore = RiskScore(client)
        caller = Caller.system("worker:intake", "cases")
        try:
            return await riskscore.score(
                an_assessment(), grounds, caller=caller, purpose="intake", at=AT, timeout=1
            )
        finally:
            await riskscore.aclose()

    return run


async def test_a_score_comes_with_its_provenance(ask: Build) -> None:
    answer = await ask(httpx.Response(200, json=GOOD))
    score = answer.score
    assert (score.value, score.band, score.version, score.scored_at) == (15, Band.HIGH, "2026-11", AT)
    assert set(answer.result) == set(RELIES_ON["riskscore"]["create_score"])


async def test_we_ask_in_the_callers_name(ask: Build) -> None:
    await ask(httpx.Response(200, json=GOOD))
    assert ask.request.headers["authorization"] == "Bearer riskscore|worker:intake|intake"


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/answers/injury", "/assessment/answers/injury"),
        ("/instrument", "/assessment/instrument"),
        ("/onDate", "/assessment/completedOn"),
        ("/other", "/assessment"),
    ],
)
async def test_a_refusal_points_into_the_referral(ask: Build, pointer: str, place: str) -> None:
    errors = [{"pointer": pointer, "code": "unknown", "reason": "no such thing"}]
    with pytest.raises(ScoreRefusedError) as caught:
        await ask(httpx.Response(422, json={"errors": errors}))
    assert [error.pointer for error in caught.value.errors] == [place]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={**GOOD, "band": "extreme"}),
        httpx.Response(200, json={"score": 15}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="fifteen"),
        httpx.Response(403, json={}),
        httpx.Response(500),
    ],
)
async def test_an_answer_that_we_do_not_understand_is_no_score(ask: Build, answer: httpx.Response) -> None:
    with pytest.raises(UpstreamWrong):
        await ask(answer)


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("away"), httpx.ReadTimeout("slow"), httpx.Response(503)]
)
async def test_a_scorer_that_is_away_is_away(ask: Build, answer: Any) -> None:
    with pytest.raises(UpstreamUnavailable):
        await ask(answer)


class Several:
    """A scorer that is asked at once: what it was asked, and how it answers for several."""

    def __init__(self, whole: Callable[[int], httpx.Response] | None = None) -> None:
        self.whole = whole
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path.rpartition("/")[2])
        if not request.url.path.endswith("/batch"):
            return httpx.Response(200, json=GOOD)
        number = len(json.loads(request.content)["items"])
        return self.whole(number) if self.whole else httpx.Response(200, json={"items": [GOOD] * number})

    async def run(self, assessment: Any, number: int) -> list[Any]:
        client = ServiceClient(
            base_url="http://riskscore",
            audience="riskscore",
            signer=_Signer(),
            transport=httpx.MockTransport(self),
        )
        riskscore = RiskScore(client)
        caller = Caller.system("worker:intake", "cases")
        asking = (
            riskscore.score(assessment, (), caller=caller, purpose="intake", at=AT, timeout=1)
            for _ in range(number)
        )
        try:
            return await asyncio.gather(*asking)
        finally:
            await riskscore.aclose()


async def test_what_is_asked_at_the_same_time_is_one_question(an_assessment: Build) -> None:
    scorer = Several()
    answers = await scorer.run(an_assessment(), 5)
    assert [answer.score.value for answer in answers] == [15] * 5
    assert scorer.asked == ["batch"]


@pytest.mark.parametrize(
    "whole",
    [
        lambda _: httpx.Response(422, json={"errors": []}),
        lambda number: httpx.Response(200, json={"items": [GOOD] * (number - 1)}),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(500),
    ],
)
async def test_what_is_refused_together_is_asked_by_itself(an_assessment: Build, whole: Any) -> None:
    scorer = Several(whole)
    assert len(await scorer.run(an_assessment(), 3)) == 3
    assert scorer.asked == ["batch", "scores", "scores", "scores"]


PAIR = Pair(ParticipationId(UUID(int=1)), ParticipationId(UUID(int=2)), "48801010001", "38501170366")
WINDOW = Window(date(2016, 3, 3), date(2017, 3, 3))
TOLD = {"source": "ee-dev/GOV/70008747/polis", "count": 2, "days": ["2017-03-02", "2016-03-03"]}


async def ask_police(answer: httpx.Response | Exception) -> tuple[Answered, httpx.Request]:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(respond)
    police = Police(
        ServiceClient(base_url="http://exchange", audience="exchange", signer=_Signer(), transport=transport)
    )
    try:
        caller = Caller.system("worker:callouts", "cases")
        return await police.call_outs("TV-0000-0000-0000-0000-0", PAIR, WINDOW, caller), seen[0]
    finally:
        await police.aclose()


async def test_the_police_are_asked_in_the_name_of_the_worker_and_codes_are_in_the_body_alone() -> None:
    found, request = await ask_police(httpx.Response(200, json=TOLD))
    assert request.headers["authorization"] == "Bearer exchange|worker:callouts|intake"
    assert json.loads(request.content) == {
        "reference": "TV-0000-0000-0000-0000-0",
        "victim": PAIR.victim_code,
        "threateningPerson": PAIR.threatening_code,
        "since": "2016-03-03",
        "until": "2017-03-03",
    }
    assert PAIR.victim_code not in str(request.url) + str(request.headers)
    assert found == Answered(
        PAIR.victim, PAIR.threatening, TOLD["source"], [date(2016, 3, 3), date(2017, 3, 2)]
    )
    assert not any(code in repr((found, PAIR)) for code in (PAIR.victim_code, "2017"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ConnectError("away"), UpstreamUnavailable),
        (httpx.Response(503), UpstreamUnavailable),
        (httpx.Response(409, json={}), CallOutsRefusedError),
        (httpx.Response(403, json={}), UpstreamWrong),
        (httpx.Response(422, json={}), UpstreamWrong),
        (httpx.Response(200, json={}), UpstreamWrong),
        (httpx.Response(200, json={**TOLD, "count": 3}), UpstreamWrong),
        (httpx.Response(200, json={**TOLD, "days": ["2017-03-03", "2017-03-02"]}), UpstreamWrong),
        (httpx.Response(200, json={**TOLD, "days": ["soon", "later"]}), UpstreamWrong),
        (httpx.Response(200, json={**TOLD, "days": None}), UpstreamWrong),
    ],
)
async def test_an_answer_of_the_police_is_checked(answer: Any, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        await ask_police(answer)
    assert "2017" not in str(raised.value)
