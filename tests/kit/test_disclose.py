import json
from typing import Annotated, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import text

from services.kit.db import Database
from services.kit.disclose import FieldClass, disclose, disclose_document, reveal
from services.kit.fieldclass import CLASSES
from services.kit.leaving import Leaving
from services.kit.policy import Decision

Name = Annotated[str, FieldClass("identity")]


class Person(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    role: str = "basic-1"
    given_name: Name | None = "identity-1"
    aliases: list[Name] = ["identity-2"]
    phone: Annotated[str, FieldClass("contact")] = "contact-1"


class Case(BaseModel):
    id: str = "basic-2"
    victim: Person | None = Person()
    others: list[Person] = [Person()]
    answers: Annotated[dict[str, Any], FieldClass("risk")] = {"a": "risk-1"}
    note: Annotated[str, FieldClass("narrative")] = "narrative-1"


class Cases(BaseModel):
    items: list[Case]
    next: str | None = "basic-3"


class Recorder:
    """Stands for a Work: what would be written to the audit log."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.only: frozenset[str] | None = None
        self.leaving: list[Leaving] = []

    def audit(self, *row: Any, **_: Any) -> None:
        self.rows.append(row)

    def leaves(self, one: Leaving) -> None:
        self.leaving.append(one)


def _allow(*fields: str) -> Decision:
    return Decision("rule-1", frozenset(fields))


def _canaries(value: object) -> set[str]:
    """The classes of the values in a JSON text."""
    if isinstance(value, dict):
        return set().union(*map(_canaries, value.values()))
    if isinstance(value, list):
        return set().union(*map(_canaries, value))
    return {str(value).split("-")[0]}


def _shown(body: bytes) -> set[str]:
    return _canaries(json.loads(body)) - {"None"}


SETS = st.sets(st.sampled_from(sorted(CLASSES)))
PRESENT = {"basic", "identity", "contact", "risk", "narrative"}


@given(SETS)
def test_exactly_the_allowed_classes_leave(fields: set[str]) -> None:
    work: Any = Recorder()
    for payload in (Case(), [Case(), Case()], Cases(items=[Case(), Case()])):
        body = reveal(work, payload, decisions=_allow(*fields), objects=["c"])
        # Persons are in basic fields: without those nothing of them is shown.
        within = PRESENT if "basic" in fields else {"risk", "narrative"}
        inside_items = isinstance(payload, Cases) and "basic" not in fields
        assert _shown(body) == (set() if inside_items else fields & within)


@given(st.lists(SETS, max_size=6))
def test_each_item_is_cut_by_its_own_decision(sets: list[set[str]]) -> None:
    work: Any = Recorder()
    decisions = [_allow("basic", *fields) for fields in sets]
    cases = [Case() for _ in sets]
    array = json.loads(reveal(work, cases, decisions=decisions, objects=[]))
    page = json.loads(reveal(work, Cases(items=cases), decisions=decisions, objects=[]))
    assert page == {"items": array, "next": "basic-3"}
    assert [_canaries(item) for item in array] == [({"basic"} | fields) & PRESENT for fields in sets]
    assert work.rows[0][2] == frozenset().union(*(({"basic"} | fields) & PRESENT for fields in sets))


def test_what_is_not_allowed_is_absent_not_null() -> None:
    work: Any = Recorder()
    body = json.loads(
        reveal(work, Person(given_name=None), decisions=_allow("basic", "identity"), objects=[])
    )
    assert body == {"role": "basic-1", "givenName": None, "aliases": ["identity-2"]}
    assert json.loads(reveal(work, Person(), decisions=_allow("basic"), objects=[])) == {"role": "basic-1"}


def test_items_of_a_class_that_is_not_allowed_are_left_out() -> None:
    class Named(BaseModel):
        items: Annotated[list[Person], FieldClass("identity")]

    work: Any = Recorder()
    payload = Named(items=[Person(role="first"), Person(role="second")])
    body = reveal(work, payload, decisions=[_allow("basic"), _allow("basic", "identity")], objects=[])
    assert [item["role"] for item in json.loads(body)["items"]] == ["second"]


@pytest.mark.parametrize("decisions", [[], [_allow("basic")] * 3])
def test_as_many_decisions_as_items(decisions: list[Decision]) -> None:
    work: Any = Recorder()
    for payload in ([Case(), Case()], Cases(items=[Case(), Case()])):
        with pytest.raises(ValueError, match=r"shorter|longer|as many items"):
            reveal(work, payload, decisions=decisions, objects=[])
    assert not work.rows


def test_a_value_of_another_type_than_declared_is_an_error_not_an_answer() -> None:
    class Hidden(BaseModel):
        secret: Name = "identity-9"

    work: Any = Recorder()
    smuggled = Case.model_construct(id=Hidden())  # type: ignore[arg-type] # the subject
    with pytest.raises(Exception, match="serialized value may not be as expected"):
        reveal(work, smuggled, decisions=_allow("basic"), objects=[])


def test_a_subclass_shows_no_more_than_what_is_declared() -> None:
    class Nosy(Person):
        secret: str = "secret"

    work: Any = Recorder()
    body = reveal(work, Case(victim=Nosy()), decisions=_allow(*CLASSES), objects=[])
    assert b"secret" not in body


def test_a_document_shows_no_more_than_its_maker_may() -> None:
    work: Any = Recorder()
    answer = disclose_document(
        work, b"a;b", "text/csv", fields=["basic"], decisions=_allow("basic"), objects=["r"]
    )
    assert (answer.body, answer.media_type) == (b"a;b", "text/csv")
    with pytest.raises(PermissionError):
        disclose_document(work, b"", "text/csv", fields=["risk"], decisions=[_allow("basic")], objects=[])
    assert len(work.rows) == 1


async def test_the_answer_and_its_row(database: Database, kit: Any) -> None:
    decision = _allow("basic", "identity")
    async with database.work(kit.permit("get_note"), kit.request) as work:
        answer = disclose(
            work, Case(), decisions=decision, objects=["case-1"], status=201, headers={"ETag": '"1"'}
        )
    assert (answer.status_code, answer.media_type, answer.headers["etag"]) == (201, "application/json", '"1"')
    async with database.work(kit.permit("get_note"), kit.request) as work:
        row = (await work.conn.execute(text("select * from audit"))).one()
    assert (row.action, row.fields, row.rule_id) == ("read", ["basic", "identity"], "rule-1")
    assert "case-1" not in str(row)


NAMES = st.sets(st.sampled_from(["id", "victim", "others", "answers", "note"]))


@given(NAMES, SETS)
def test_what_the_reader_did_not_name_is_neither_shown_nor_told(names: set[str], fields: set[str]) -> None:
    """One decision, one for each item, an array, the thing itself: the same cut on top of the right."""
    allowed, work, whole = _allow("basic", *fields), cast("Any", Recorder()), cast("Any", Recorder())
    work.only = frozenset(names)
    page = Cases(items=[Case()])
    body = json.loads(disclose(whole, Case(), decisions=allowed, objects=[]).body)
    left = {name: value for name, value in body.items() if name in names}
    answers = [
        json.loads(disclose(work, payload, decisions=decisions, objects=[]).body)
        for payload, decisions in ((Case(), allowed), ([Case()], allowed), (page, allowed), (page, [allowed]))
    ]
    assert answers == [left, [left], *[{"items": [left], "next": "basic-3"}] * 2]
    told = [row[2] for row in work.rows]
    kept = {"answers": "risk", "note": "narrative", "id": "basic", "victim": "basic", "others": "basic"}
    own = {kept[name] for name in left} | (
        {"identity", "contact"} & fields if left.keys() & {"victim", "others"} else set()
    )
    assert told == [own, own, own | {"basic"}, own | {"basic"}]
