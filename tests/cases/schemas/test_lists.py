from services.cases.catalog import load
from services.cases.schemas.lists import CodeListView, LifecycleView


def test_a_machine_says_what_can_be_done_and_where_it_ends() -> None:
    view = LifecycleView.of(load().lifecycles["meeting"], "ru")
    assert {one.code: one.ends for one in view.states} == {
        "planned": False,
        "agenda-closed": False,
        "held": True,
        "cancelled": True,
    }
    steps = {(one.from_state, one.action): one.to_state for one in view.transitions}
    assert steps == dict(load().lifecycles["meeting"].targets)
    assert view.transitions[0].text == view.transitions[0].label.ru != view.transitions[0].label.en


def test_a_list_speaks_the_language_that_is_asked_for() -> None:
    view = CodeListView.of(load().lists["codes.role"], "en")
    assert [one.text for one in view.entries] == ["Victim", "Threatening person", "Child", "Other person"]
