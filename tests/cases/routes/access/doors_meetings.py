"""Doors of meetings; there is none in the house, so that who may come in hears so, and nothing changes."""

from collections.abc import Iterator
from typing import Any

from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import AWAY, HOME
from tests.cases.routes.access.knock import NOTHING, Door, Knock, Purpose
from tests.cases.routes.access.oracle import Asker, Expected, Thing, at_the_door, expected, granted

_SEEN = {"If-Match": '"1"'}
_ROOM = {"startsAt": "13:00", "minutes": 180, "place": "Põlva"}


def _none(operation: str, path: str, method: str = "GET", json: Any = None) -> Door:
    """What the address names is not there."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        word = at_the_door(asker, operation, purpose) or Expected(404, "not-found")
        headers = _SEEN if method != "GET" else {}
        yield Knock(path.format(NOTHING), Wanted(word), method, json, dict(headers))

    return door


def _empty(operation: str, path: str, body: dict[str, Any] | str) -> Door:
    """A list in which nothing is."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        rules = tuple(dict.fromkeys(rule["id"] for rule, _ in granted(asker, operation, purpose)))
        shown = Expected(200, rules=rules, fields=frozenset({"basic"}))
        word = at_the_door(asker, operation, purpose) or shown
        yield Knock(path, Wanted(word, body))

    return door


def _wrong(operation: str, path: str, json: dict[str, Any]) -> Door:
    """Whoever may make it there hears that it breaks a rule."""

    def door(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
        for region in (HOME, AWAY):
            word = expected(asker, operation, purpose, Thing(region))
            wanted = Wanted(Expected(422, "malformed") if word.status == 200 else word)
            yield Knock(path, wanted, "POST", {"region": region, **json})

    return door


_SERIES = {"startsOn": "2017-05-11", "everyWeeks": 99, **_ROOM}
_ABSENT = {"presence": "absent", "people": 0}
_CALENDAR = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//turvavork//meetings//EN", "METHOD:PUBLISH")
_NO_MEETINGS = "".join(f"{line}\r\n" for line in (*_CALENDAR, "END:VCALENDAR"))
_SAID = {"wishes": None, "facts": [], "risks": {}, "decisions": None}
MEETINGS: dict[str, Door] = {
    "list_meeting_series": _empty("list_meeting_series", "/meeting-series", {"items": []}),
    "create_meeting_series": _wrong("create_meeting_series", "/meeting-series", _SERIES),
    "change_meeting_series": _none("change_meeting_series", "/meeting-series/{}", "PUT", _SERIES),
    "plan_meetings": _none("plan_meetings", "/meeting-series/{}/meetings", "POST", {"until": "2017-05-11"}),
    "list_meetings": _empty("list_meetings", "/meetings", {"items": [], "next": None}),
    "call_meeting": _wrong("call_meeting", "/meetings", {"meetsOn": "2017-01-01", "kind": "extra", **_ROOM}),
    "get_meeting": _none("get_meeting", "/meetings/{}"),
    "move_meeting": _none("move_meeting", "/meetings/{}/steps/hold", "POST", {"reason": None}),
    "list_agenda": _none("list_agenda", "/meetings/{}/agenda"),
    "list_agenda_proposals": _none("list_agenda_proposals", "/meetings/{}/proposals"),
    "put_on_agenda": _none("put_on_agenda", "/meetings/{}/agenda", "POST", {"caseId": str(NOTHING)}),
    "take_off_agenda": _none("take_off_agenda", "/agenda-items/{}/take-off", "POST", {"reason": "other"}),
    "invite_agencies": _none("invite_agencies", "/meetings/{}/invitations", "POST"),
    "list_invitations": _none("list_invitations", "/meetings/{}/invitations"),
    "reply_to_invitation": _none("reply_to_invitation", "/invitations/{}/reply", "PUT", {"reply": "coming"}),
    "record_attendance": _none("record_attendance", "/invitations/{}/attendance", "PUT", _ABSENT),
    "get_confidentiality": _none("get_confidentiality", "/meetings/{}/confidentiality"),
    "sign_confidentiality": _none(
        "sign_confidentiality", "/meetings/{}/confidentiality", "POST", {"statement": "2026-11-29"}
    ),
    "ask_research": _none("ask_research", "/agenda-items/{}/research", "POST", {"agencies": ["police"]}),
    "list_research_requests": _empty(
        "list_research_requests", "/research-requests", {"items": [], "next": None}
    ),
    "get_research_request": _none("get_research_request", "/research-requests/{}"),
    "answer_research_request": _none(
        "answer_research_request", "/research-requests/{}/answer", "POST", {"known": "nothing-known"}
    ),
    "get_calendar": _empty("get_calendar", "/calendar", _NO_MEETINGS),
    "get_discussion": _none("get_discussion", "/agenda-items/{}/discussion"),
    "write_discussion": _none("write_discussion", "/agenda-items/{}/discussion", "PUT", _SAID),
    "close_discussion": _none(
        "close_discussion", "/agenda-items/{}/discussion/close", "POST", {"outcome": "finish"}
    ),
    "reopen_discussion": _none(
        "reopen_discussion", "/agenda-items/{}/discussion/reopen", "POST", {"reason": "mistake"}
    ),
    "get_agenda_pack": _none("get_agenda_pack", "/meetings/{}/pack"),
    "get_minutes": _none("get_minutes", "/meetings/{}/minutes"),
}
