"""Doors of safety plans; there is none in the house, so that nothing changes."""

from collections.abc import Iterator

from services.cases import catalog as published
from services.cases.schemas.safety import SafetySectionsView
from tests.cases.routes.access.doors_plan import nothing
from tests.cases.routes.access.full import Full, Wanted
from tests.cases.routes.access.house import HOME, Kept
from tests.cases.routes.access.knock import Door, Knock, Purpose, on_each_case, refused
from tests.cases.routes.access.oracle import Asker, Expected, Thing, expected

_UNKNOWN = {"sections": [{"code": "no-such-section", "text": "Tekst."}]}


def _sections(_: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    word = expected(asker, "list_safety_plan_sections", purpose, Thing(HOME))
    body = SafetySectionsView.of(published.load().safety).model_dump(by_alias=True)
    yield Knock("/safety-plan-sections", Wanted(word, body))


def _empty(kept: Kept, word: Expected) -> Wanted:
    return Wanted(word, {"items": []}, frozenset({kept.case}))


_KEEPERS = {"victim-support", "womens-support-centre"}


def _draw_up(full: Full, asker: Asker, purpose: Purpose) -> Iterator[Knock]:
    """An agency of the case that keeps no plans is answered as if there were no such case."""
    door = on_each_case(
        "draw_up_safety_plan",
        lambda kept: f"/cases/{kept.case}/safety-plans",
        refused(422, "malformed"),
        method="POST",
        json=_UNKNOWN,
    )
    keeps = any(
        office.holds and (office.role == "coordinator" or office.agency in _KEEPERS)
        for office in asker.offices
    )
    for knock in door(full, asker, purpose):
        is_inside = knock.wanted.expected.status == 422 and knock.wanted.expected.slug == "malformed"
        word = knock.wanted if keeps or not is_inside else Wanted(Expected(404, "not-found"))
        yield Knock(knock.path, word, knock.method, knock.json, knock.headers)


SAFETY: dict[str, Door] = {
    "list_safety_plan_sections": _sections,
    "list_safety_plans": on_each_case(
        "list_safety_plans", lambda kept: f"/cases/{kept.case}/safety-plans", _empty
    ),
    "draw_up_safety_plan": _draw_up,
    "get_safety_plan": nothing("get_safety_plan", "/safety-plans/{}"),
    "list_safety_plan_versions": nothing("list_safety_plan_versions", "/safety-plans/{}/versions"),
    "amend_safety_plan": nothing("amend_safety_plan", "/safety-plans/{}", "PUT", _UNKNOWN),
    "agree_safety_plan": nothing(
        "agree_safety_plan",
        "/safety-plans/{}/agree",
        "POST",
        {"agreedOn": "2017-05-04", "reviewOn": "2017-08-04"},
    ),
    "end_safety_plan": nothing("end_safety_plan", "/safety-plans/{}/end", "POST", {"reason": "replaced"}),
}
