import pytest

from services.exchange.model.problems import DuplicateHeaderField, InvalidHeaderField, MissingHeaderField
from services.exchange.wire import rest

GIVEN = {
    "x-road-client": "ee-dev/GOV/70009770/star",
    "x-road-id": "ee-dev-4c2b8a1e",
    "x-road-userid": "EE38501170364",
    "x-road-issue": "2017-1203 õ",
    "x-road-represented-party": "COM/12345678",
    "x-road-security-server": "ee-dev/GOV/70009770/ss1",
    "x-road-request-id": "c0ffee",
    "content-type": "application/json",
}


def raw(fields: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in fields.items()]


def test_all_fields_are_read() -> None:
    assert rest.read(raw(GIVEN)).record() == {
        "client": "ee-dev/GOV/70009770/star",
        "id": "ee-dev-4c2b8a1e",
        "userId": "EE38501170364",
        "issue": "2017-1203 õ",
        "representedParty": "COM/12345678",
        "securityServer": "ee-dev/GOV/70009770/ss1",
        "requestId": "c0ffee",
    }


@pytest.mark.parametrize("name", ["x-road-client", "x-road-id"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_client_and_id_must_be_there(name: str, value: str | None) -> None:
    fields = {key: text for key, text in GIVEN.items() if key != name} | (
        {} if value is None else {name: value}
    )
    with pytest.raises(MissingHeaderField):
        rest.read(raw(fields))


@pytest.mark.parametrize("name", [name for name in GIVEN if name.startswith("x-road")])
def test_a_field_may_stand_there_once(name: str) -> None:
    with pytest.raises(DuplicateHeaderField):
        rest.read([*raw(GIVEN), *raw({name: GIVEN[name]})])


WRONG: list[tuple[str, str]] = [
    ("x-road-client", "ee-dev/GOV"),
    ("x-road-client", "ee-dev/GOV/1/a/b"),
    ("x-road-client", "ee-dev/GOV/1/a, ee-dev/GOV/2/b"),
    ("x-road-id", "a b"),
    ("x-road-id", "õ"),
    ("x-road-id", "a" * 256),
    ("x-road-userid", "a" * 256),
    ("x-road-issue", "a\tb"),
    ("x-road-represented-party", "COM/1/2"),
    ("x-road-represented-party", "COM/"),
    ("x-road-security-server", "ee-dev/GOV/1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_field_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(InvalidHeaderField) as caught:
        rest.read(raw({**GIVEN, name: value}))
    assert value not in str(caught.value)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(InvalidHeaderField):
        rest.read([*raw({k: v for k, v in GIVEN.items() if k != "x-road-issue"}), (b"x-road-issue", b"\xff")])


@pytest.mark.parametrize(
    ("values", "echoed"), [(["a-1"], "a-1"), ([], None), (["a", "a"], None), (["a b"], None), ([" a "], "a")]
)
def test_only_a_sound_id_is_echoed(values: list[str], echoed: str | None) -> None:
    assert rest.message_id([(b"x-road-id", value.encode()) for value in values]) == echoed


def test_the_digest_covers_every_part_apart() -> None:
    digests = {
        rest.digest(*parts)
        for parts in [
            ("POST", b"/a", b"b", b"c"),
            ("PUT", b"/a", b"b", b"c"),
            ("POST", b"/ab", b"", b"c"),
            ("POST", b"/a", b"", b"bc"),
            ("POST", b"/a", b"bc", b""),
        ]
    }
    assert len(digests) == 5
    assert all(len(digest) == 32 for digest in digests)
