from typing import Annotated, Any, Generic, TypeVar

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    PlainSerializer,
    RootModel,
    SerializeAsAny,
    computed_field,
    field_serializer,
    model_serializer,
)

from services.kit.fieldclass import FieldClass, shape_of, view

Name = Annotated[str, FieldClass("identity")]
Item = TypeVar("Item")


class Person(BaseModel):
    role: str
    name: Name | None = None
    aliases: list[Name] = []
    phone: Annotated[str, FieldClass("contact")] = ""


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None = None


def test_a_mark_on_a_part_of_a_type_is_the_fields() -> None:
    classes = {name: set(one.classes) for name, one in shape_of(Person).fields.items()}
    assert classes == {
        "role": {"basic"},
        "name": {"identity"},
        "aliases": {"identity"},
        "phone": {"contact"},
    }


def test_models_are_found_within_lists_mappings_optionals_and_generic_pages() -> None:
    class Case(BaseModel):
        victim: Person | None
        others: list[Person]
        by_role: dict[str, list[Person]]

    excluded, shown = view(Page[Case], frozenset({"basic", "contact"}))
    person = {"name": True, "aliases": True}
    assert excluded == {
        "items": {
            "__all__": {
                "victim": person,
                "others": {"__all__": person},
                "by_role": {"__all__": {"__all__": person}},
            }
        }
    }
    assert shown == {"basic", "contact"}


def test_computed_fields_are_fields() -> None:
    class Full(BaseModel):
        name: Name

        @computed_field  # type: ignore[prop-decorator] # as pydantic documents it
        @property
        def initial(self) -> Name:
            return self.name[0]

    assert view(Full, frozenset({"basic"}))[0] == {"name": True, "initial": True}


def test_members_of_a_union_may_differ_but_not_disagree() -> None:
    class Agency(BaseModel):
        code: str

    class Liar(BaseModel):
        name: str

    class Fine(BaseModel):
        who: Person | Agency

    class Torn(BaseModel):
        who: Person | Liar

    assert view(Fine, frozenset({"basic"}))[0] == {"who": {"name": True, "aliases": True, "phone": True}}
    with pytest.raises(TypeError, match="name has another class"):
        shape_of(Torn)


def test_what_can_hold_anything_must_be_marked() -> None:
    for anything in (Any, object, dict[str, Any], JsonValue, BaseModel, SerializeAsAny[Person], list, dict):
        open_model = type("Open", (BaseModel,), {"__annotations__": {"data": anything}})
        with pytest.raises(TypeError, match=r"Open\.data can hold anything"):
            shape_of(open_model)
        marked = type(
            "Marked", (BaseModel,), {"__annotations__": {"data": Annotated[anything, FieldClass("risk")]}}
        )
        assert view(marked, frozenset({"basic"})) == ({"data": True}, frozenset())


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")


class Root(RootModel[list[Person]]):
    pass


class Own(BaseModel):
    name: Name

    @model_serializer
    def write(self) -> dict[str, str]:
        return {"n": self.name}


class Rewritten(BaseModel):
    person: Person

    @field_serializer("person")
    def write(self, person: Person) -> str:
        return person.role + str(person.name)


class RewrittenByType(BaseModel):
    person: Annotated[Person, PlainSerializer(lambda person: person.phone)]


class Both(BaseModel):
    people: Person | list[Person]


class Endless(BaseModel):
    role: str
    parent: "Endless | None" = None


@pytest.mark.parametrize("model", [Extra, Root, Own, Rewritten, RewrittenByType, Both, Endless])
def test_what_could_show_more_than_it_declares_is_refused(model: type[BaseModel]) -> None:
    class Around(BaseModel):
        inner: model  # type: ignore[valid-type] # the parameter

    for refused in (model, Around):
        with pytest.raises(TypeError):
            shape_of(refused)


def test_there_are_no_other_classes() -> None:
    with pytest.raises(ValueError, match="no class of fields"):
        FieldClass("secret")  # type: ignore[arg-type] # the subject
