from typing import Any

import pytest
from fastapi import Request
from pydantic import BaseModel, ConfigDict, computed_field
from pydantic.alias_generators import to_camel

from services.kit import sparse
from services.kit.problem import Malformed


class Note(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    id: str
    written_by: str

    @computed_field(alias="isLong")
    def is_long(self) -> bool:
        return len(self.id) > 9


class Notes(BaseModel):
    items: list[Note]
    next: str | None


class Either(BaseModel):
    items: list[Note | Notes]


def _asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


OWN = {"id": "id", "writtenBy": "written_by", "isLong": "is_long"}


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (Note, OWN),
        (Notes, OWN),
        (list[Note], OWN),
        (Note | None, OWN),
        (Either, {"items": "items"}),
        (None, {}),
        (dict[str, int], {}),
        (Note | Notes, {}),
    ],
)
def test_what_can_be_named_is_what_the_answer_has_or_each_of_its_items(answer: Any, names: Any) -> None:
    assert sparse.members(answer) == names


def test_our_own_names_are_what_is_wanted() -> None:
    assert sparse.wanted(_asked("fields=writtenBy,id"), Notes) == {"written_by", "id"}
    assert sparse.wanted(_asked("limit=3"), Notes) is None
    assert sparse.wanted(_asked("fields=anything"), dict[str, int]) is None


@pytest.mark.parametrize("given", ["", "written_by", "id,", "items", "next", "kanaarilind", " id", "id%20"])
def test_a_name_that_is_not_there_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(Malformed) as told:
        sparse.wanted(_asked(f"fields={given}"), Notes)
    [error] = told.value.errors
    assert (error.pointer, error.code) == ("query:fields", "unknown")
    assert error.reason.endswith("id, writtenBy, isLong")


def test_a_list_is_sent_in_either_way() -> None:
    for query in ("fields=id,writtenBy", "fields=id&fields=writtenBy", "fields=id&fields=id,writtenBy"):
        assert sparse.wanted(_asked(query), Notes) == {"id", "written_by"}
