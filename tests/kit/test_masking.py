"""Texts are changed in the model, at every depth, and nowhere else."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.kit.fieldclass import FieldClass, view
from services.kit.leaving import Withheld, told
from services.kit.masking import masked


class Kind(StrEnum):
    SECRET = "secret"


class Inner(BaseModel):
    text: str = "secret"
    maybe: str | None = "secret"
    named: str | None = Field(default="secret", serialization_alias="newName")
    kind: Kind = Kind.SECRET
    number: int = 5
    coded: Literal["secret"] | None = "secret"
    several: list[Literal["secret"]] = ["secret"]


class Outer(BaseModel):
    inner: Inner = Inner()
    several: list[Inner] = [Inner(), Inner(text="open", maybe=None, named=None)]
    by_name: dict[str, str | list[str]] = {"secret": "secret", "more": ["open", "secret"]}
    pair: tuple[str, str] = ("open", "secret")
    hidden: Annotated[str, FieldClass("contact")] = "secret"


def _look(model: Any, excluded: Any = None) -> tuple[Any, list[str]]:
    seen: list[str] = []

    def change(text: str, pointer: str, may_be_none: bool) -> str | None:  # noqa: FBT001 - kit.masking's
        if text != "secret":
            return text
        seen.append(pointer)
        return None if may_be_none else "***"

    return masked(model, excluded or {}, change), seen


def test_every_text_is_looked_at_and_what_may_be_nothing_is() -> None:
    before = Outer()
    found, seen = _look(before)
    assert seen == [
        *("/inner/text", "/inner/maybe", "/inner/newName"),
        *("/several/0/text", "/several/0/maybe", "/several/0/newName"),
        *("/by_name/secret", "/by_name/more/1", "/pair/1", "/hidden"),
    ]
    assert found.inner == Inner(text="***", maybe=None, named=None)
    assert (found.by_name, found.pair) == ({"secret": "***", "more": ["open", "***"]}, ("open", "***"))
    assert found.inner.kind is Kind.SECRET
    assert (found.inner.coded, found.inner.several) == ("secret", ["secret"])
    assert before == Outer()


def test_what_a_view_leaves_out_is_not_looked_at() -> None:
    excluded, _ = view(Outer, frozenset({"basic"}))
    assert "/hidden" not in _look(Outer(), excluded)[1]
    some = {"several": {0: True, "__all__": {"text": True}}, "inner": True}
    assert not any(pointer.startswith(("/several", "/inner")) for pointer in _look(Outer(), some)[1])


def test_a_model_without_anything_to_change_stays_the_same() -> None:
    plain = Inner(text="open", maybe=None, named="open")
    assert _look(plain)[0] is plain


def test_the_header_says_where_and_of_which_kind_and_stays_short() -> None:
    assert told([Withheld("/a/0", "phone")]) == '"/a/0";kind=phone'
    many = told([Withheld(f'/õ"{n}', "address") for n in range(40)])
    assert many.endswith(", more;count=8")
    assert many.isascii()
    assert many.count('"') == 64
