"""Doors of meetings."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from uuid import uuid4

from services.kit.calendar import local_date
from services.kit.clock import SystemClock
from tests.contracts.door import CANARY, Body, Call, Door, at, entered, referral
from tests.contracts.together import Together

_ROOM: Body = {"startsAt": "13:00", "minutes": 180, "minutesPerCase": 30, "place": CANARY}


def _soon(days: int = 7) -> str:
    return str(local_date(SystemClock().now()) + timedelta(days=days))


def a_series() -> Body:
    """A series that breaks no rule."""
    return {"region": "polva", "startsOn": _soon(), "everyWeeks": 4, "endsOn": None, **_ROOM}


def a_meeting() -> Body:
    """A meeting beside the series."""
    return {"region": "polva", "meetsOn": _soon(), "kind": "extra", **_ROOM}


async def made(house: Together, path: str, body: Body, operation: str) -> Body:
    """What a coordinator has made."""
    answer = await house.http["cases"].post(
        f"/api/cases/v1{path}", json=body, headers=house.caller("cases", operation)
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _of_series(house: Together, operation: str, last: str) -> Call:
    series = await made(house, "/meeting-series", a_series(), "create_meeting_series")
    seen = {"if-match": f'"{series["version"]}"'}
    path = f"/api/cases/v1/meeting-series/{series['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def _of_meeting(house: Together, operation: str, last: str) -> Call:
    meeting = await made(house, "/meetings", a_meeting(), "call_meeting")
    seen = {"if-match": f'"{meeting["version"]}"'}
    path = f"/api/cases/v1/meetings/{meeting['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def a_case(house: Together) -> str:
    """A case that a coordinator has accepted."""
    shown = await entered(house, referral())
    answer = await house.http["cases"].post(
        f"/api/cases/v1/referrals/{shown['id']}/screening",
        json={"decision": "accept", "reason": None, "note": None, "agencies": ["police"]},
        headers=house.caller("cases", "screen_referral") | {"if-match": f'"{shown["version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["caseId"])


async def _put(house: Together) -> Call:
    _CASE.append(await a_case(house))
    return await _of_meeting(house, "put_on_agenda", "/agenda")


async def on_agenda(house: Together) -> Body:
    """A case on the agenda of a meeting."""
    meeting = await made(house, "/meetings", a_meeting(), "call_meeting")
    body = {"caseId": await a_case(house)}
    return await made(house, f"/meetings/{meeting['id']}/agenda", body, "put_on_agenda")


async def _of_item(house: Together, operation: str, last: str) -> Call:
    item = await on_agenda(house)
    seen = {"if-match": f'"{item["version"]}"'}
    path = f"/api/cases/v1/agenda-items/{item['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def invitation(house: Together, meets_on: str) -> Body:
    """An agency that is invited: the one that the case on the agenda has."""
    meeting = await made(house, "/meetings", a_meeting() | {"meetsOn": meets_on}, "call_meeting")
    body = {"caseId": await a_case(house)}
    await made(house, f"/meetings/{meeting['id']}/agenda", body, "put_on_agenda")
    answer = await house.http["cases"].post(
        f"/api/cases/v1/meetings/{meeting['id']}/invitations",
        headers=house.caller("cases", "invite_agencies"),
    )
    assert answer.status_code == 200, answer.text
    return next(dict(each) for each in answer.json()["items"] if each["agency"] == "police")


async def _of_invitation(house: Together, operation: str, last: str) -> Call:
    invited = await invitation(house, _soon(0))
    seen = {"if-match": f'"{invited["version"]}"'}
    path = f"/api/cases/v1/invitations/{invited['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def asked(house: Together) -> Body:
    """The police are asked about a case on an agenda."""
    item = await on_agenda(house)
    answer = await house.http["cases"].post(
        f"/api/cases/v1/agenda-items/{item['id']}/research",
        json={"agencies": ["police"]},
        headers=house.caller("cases", "ask_research"),
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["items"][0])


async def _of_request(house: Together, operation: str, last: str) -> Call:
    question = await asked(house)
    seen = {"if-match": f'"{question["version"]}"'}
    path = f"/api/cases/v1/research-requests/{question['id']}{last}"
    return Call(path, lambda: house.caller("cases", operation) | seen)


async def discussed(house: Together, operation: str | None = None, last: str = "") -> Call:
    """The record of a case that is discussed today, written if something is to be done to it."""
    meeting = await made(house, "/meetings", a_meeting() | {"meetsOn": _soon(0)}, "call_meeting")
    sign = f"/meetings/{meeting['id']}/confidentiality"
    for speaker in ("write_discussion", "close_discussion"):
        headers = house.caller("cases", "sign_confidentiality") | {
            "authorization": house.caller("cases", speaker)["authorization"]
        }
        signed = await house.http["cases"].post(
            f"/api/cases/v1{sign}", json={"statement": "2026-11-29"}, headers=headers
        )
        assert signed.status_code == 201, signed.text
    late = {"caseId": await a_case(house), "lateReason": "urgent"}
    item = await made(house, f"/meetings/{meeting['id']}/agenda", late, "put_on_agenda")
    path = f"/api/cases/v1/agenda-items/{item['id']}/discussion"
    if operation is None:
        return Call(path, lambda: house.caller("cases", "write_discussion"))
    written = await house.http["cases"].put(
        path, json=said(), headers=house.caller("cases", "write_discussion")
    )
    assert written.status_code == 200, written.text
    if operation == "reopen_discussion":
        closed = await house.http["cases"].post(
            f"{path}/close",
            json={"outcome": "finish"},
            headers=house.caller("cases", "close_discussion") | {"if-match": '"1"'},
        )
        assert closed.status_code == 200, closed.text
    return Call(f"{path}{last}", lambda: house.caller("cases", operation) | {"if-match": '"1"'})


def said() -> Body:
    """A record that breaks no rule."""
    return {
        "wishes": CANARY,
        "facts": [{"agency": "police", "text": CANARY}],
        "risks": {"victim": CANARY, "children": CANARY, "staff": None, "others": None},
        "decisions": CANARY,
    }


async def known(house: Together) -> dict[str, str]:
    """Ids of meetings that are there, by the names that paths have for them."""
    series = await made(house, "/meeting-series", a_series(), "create_meeting_series")
    item = await on_agenda(house)
    invited = await invitation(house, _soon())
    return {
        "invitation_id": invited["id"],
        "research_request_id": (await asked(house))["id"],
        "series_id": series["id"],
        "meeting_id": item["meetingId"],
        "agenda_item_id": item["id"],
        "verb": "hold",
    }


#: The cases that were made to be put on an agenda.
_CASE: list[str] = []


def _on(
    of: Callable[..., Awaitable[Call]], operation: str, last: str
) -> Callable[[Together], Awaitable[Call]]:
    return partial(of, operation=operation, last=last)


MEETINGS: Sequence[Door] = (
    Door(
        "cases",
        "create_meeting_series",
        "POST",
        at("/api/cases/v1/meeting-series", "cases", "create_meeting_series"),
        lambda _: a_series(),
        (("place",), ("minutes",), ("startsAt",), ("startsOn",)),
    ),
    Door(
        "cases",
        "change_meeting_series",
        "PUT",
        _on(_of_series, "change_meeting_series", ""),
        lambda _: {name: value for name, value in a_series().items() if name != "region"},
        (("place",), ("endsOn",)),
    ),
    Door(
        "cases",
        "plan_meetings",
        "POST",
        _on(_of_series, "plan_meetings", "/meetings"),
        lambda _: {"until": _soon(30)},
        (("until",),),
    ),
    Door(
        "cases",
        "call_meeting",
        "POST",
        at("/api/cases/v1/meetings", "cases", "call_meeting"),
        lambda _: a_meeting(),
        (("place",), ("kind",)),
    ),
    Door(
        "cases",
        "move_meeting",
        "POST",
        _on(_of_meeting, "move_meeting", "/steps/cancel"),
        lambda _: {"reason": "no-cases"},
        (("reason",), ("meetsOn",)),
    ),
    Door(
        "cases",
        "put_on_agenda",
        "POST",
        _put,
        lambda _: {"caseId": _CASE[-1] if _CASE else str(uuid4())},
        (("caseId",), ("minutes",), ("lateReason",)),
    ),
    Door(
        "cases",
        "take_off_agenda",
        "POST",
        _on(_of_item, "take_off_agenda", "/take-off"),
        lambda _: {"reason": "next-meeting"},
        (("reason",),),
    ),
    Door(
        "cases",
        "reply_to_invitation",
        "PUT",
        _on(_of_invitation, "reply_to_invitation", "/reply"),
        lambda _: {"reply": "coming"},
        (("reply",),),
    ),
    Door(
        "cases",
        "record_attendance",
        "PUT",
        _on(_of_invitation, "record_attendance", "/attendance"),
        lambda _: {"presence": "present", "people": 2},
        (("presence",), ("people",)),
    ),
    Door(
        "cases",
        "sign_confidentiality",
        "POST",
        _on(_of_meeting, "sign_confidentiality", "/confidentiality"),
        lambda _: {"statement": "2026-11-29"},
        (("statement",),),
    ),
    Door(
        "cases",
        "ask_research",
        "POST",
        _on(_of_item, "ask_research", "/research"),
        lambda _: {"agencies": ["police", "health-care"]},
        (("agencies",),),
    ),
    Door(
        "cases",
        "answer_research_request",
        "POST",
        _on(_of_request, "answer_research_request", "/answer"),
        lambda _: {
            "known": "relevant",
            "text": CANARY,
            "relevant": True,
            "necessary": True,
            "proportionate": True,
        },
        (("known",), ("text",), ("relevant",)),
    ),
    Door(
        "cases",
        "write_discussion",
        "PUT",
        discussed,
        lambda _: said(),
        (("wishes",), ("facts",), ("facts", 0, "text"), ("risks", "victim"), ("decisions",)),
    ),
    Door(
        "cases",
        "close_discussion",
        "POST",
        _on(discussed, "close_discussion", "/close"),
        lambda _: {"outcome": "review"},
        (("outcome",), ("reviewOn",)),
    ),
    Door(
        "cases",
        "reopen_discussion",
        "POST",
        _on(discussed, "reopen_discussion", "/reopen"),
        lambda _: {"reason": "mistake"},
        (("reason",),),
    ),
)
