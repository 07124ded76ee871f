import hashlib
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from services.kit import datafile
from services.kit.datafile import DataFileError

SCHEMA = """{
  "type": "object",
  "additionalProperties": false,
  "required": ["code"],
  "properties": {
    "code": {"type": "string", "pattern": "^[a-z]+$", "description": "small letters", "examples": ["polva"]},
    "from": {"type": "string", "format": "date"},
    "share": {"type": "number", "maximum": 1}
  }
}"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package ``house`` with a data folder."""
    data = tmp_path / "house" / "data"
    data.mkdir(parents=True)
    (tmp_path / "house" / "__init__.py").touch()
    (data / "thing.schema.json").write_text(SCHEMA)
    monkeypatch.syspath_prepend(tmp_path)
    datafile._validator.cache_clear()
    yield data
    sys.modules.pop("house", None)
    datafile._validator.cache_clear()


def load(package: Path, text: str, schema: str | None = None) -> object:
    (package / "thing.yaml").write_text(text)
    return datafile.load("house", "thing.yaml", schema)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("NULL", "NULL"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("2017-03-02", "2017-03-02"),
        ("2017-03-02 10:00:00", "2017-03-02 10:00:00"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("'7'", "7"),
    ],
)
def test_only_json_words_are_more_than_text(package: Path, text: str, value: object) -> None:
    read = load(package, f"a: {text}")
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


def test_decimals_are_exact(package: Path) -> None:
    read = load(package, "a: 0.10")
    assert isinstance(read, dict)
    assert isinstance(read["a"], Decimal)
    assert str(read["a"]) == "0.10"


def test_an_empty_value_is_null_and_lists_and_merges_work(package: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nother:\n  <<: *base\n  b: 3\nlist: [x, 2]\nempty:\n"
    assert load(package, text) == {
        "base": {"a": 1, "b": 2},
        "other": {"a": 1, "b": 3},
        "list": ["x", 2],
        "empty": None,
    }


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "x: [{a: 1, 'a': 2}]", "{a: 1, a: 1}"])
def test_a_key_that_is_there_twice_is_refused_with_its_line(package: Path, text: str) -> None:
    with pytest.raises(DataFileError, match=r"(?s)house/data/thing\.yaml.*'a' is there twice.*line \d"):
        load(package, text)


@pytest.mark.parametrize("text", ["1: a", "true: a", "null: a", "0.5: a"])
def test_a_key_that_is_not_text_is_refused(package: Path, text: str) -> None:
    with pytest.raises(DataFileError, match="put it in quotes"):
        load(package, text)


@pytest.mark.parametrize("text", ["a: [", "a: !!python/object:os.system x", "a: *nowhere", "\ta: 1"])
def test_broken_or_dangerous_yaml_is_refused(package: Path, text: str) -> None:
    with pytest.raises(DataFileError, match=r"thing\.yaml"):
        load(package, text)


def test_bytes_that_are_no_utf8_are_refused(package: Path) -> None:
    (package / "thing.yaml").write_bytes(b"a: \xff")
    with pytest.raises(DataFileError, match=r"thing\.yaml"):
        datafile.load("house", "thing.yaml", None)


def test_what_fits_the_schema_is_read(package: Path) -> None:
    text = "code: polva\nfrom: 2017-03-02\nshare: 0.5\n"
    assert load(package, text, "thing.schema.json") == {
        "code": "polva",
        "from": "2017-03-02",
        "share": Decimal("0.5"),
    }


def test_an_unknown_key_is_told_with_those_that_are_allowed(package: Path) -> None:
    with pytest.raises(DataFileError, match=r"at /: .*'cod'.*allowed keys: code, from, share"):
        load(package, "code: polva\ncod: x\n", "thing.schema.json")


def test_a_wrong_value_is_told_with_its_place_and_an_example(package: Path) -> None:
    with pytest.raises(
        DataFileError, match=r"house/data/thing\.yaml: at /code: .*small letters; for example: polva"
    ):
        load(package, "code: 7x\n", "thing.schema.json")


@pytest.mark.parametrize(
    "text", ["code: a\nfrom: 2017-02-30\n", "code: a\nshare: 1.5\n", "from: 2017-01-01\n"]
)
def test_formats_limits_and_required_keys_are_checked(package: Path, text: str) -> None:
    with pytest.raises(DataFileError):
        load(package, text, "thing.schema.json")


def test_a_schema_with_a_key_twice_is_refused(package: Path) -> None:
    (package / "thing.schema.json").write_text('{"type": "object", "type": "array"}')
    with pytest.raises(DataFileError, match=r"thing\.schema\.json: .*twice"):
        load(package, "a: 1", "thing.schema.json")


def test_a_schema_that_is_none_is_refused(package: Path) -> None:
    (package / "thing.schema.json").write_text('{"type": "objekt"}')
    with pytest.raises(DataFileError, match=r"thing\.schema\.json: no JSON Schema"):
        load(package, "a: 1", "thing.schema.json")


@pytest.mark.parametrize(
    "name", ["../secret.yaml", "/etc/passwd", "a/../../x.yaml", "", "Thing.yaml", ".hidden"]
)
def test_a_name_does_not_leave_the_folder(package: Path, name: str) -> None:
    (package.parent / "secret.yaml").write_text("a: 1")
    with pytest.raises(DataFileError, match="make a name"):
        datafile.load("house", name, None)


def test_a_missing_file_is_named(package: Path) -> None:
    with pytest.raises(DataFileError, match=r"house/data/nothing\.yaml: cannot be read"):
        datafile.load("house", "nothing.yaml", None)
    with pytest.raises(DataFileError, match="cannot be read"):
        datafile.load("no_such_house", "thing.yaml", None)
    assert package.exists()


def test_each_reading_gives_new_objects(package: Path) -> None:
    first = load(package, "a: [1]")
    second = datafile.load("house", "thing.yaml", None)
    assert isinstance(first, dict)
    first["a"].append(2)
    assert second == {"a": [1]}


def test_the_hash_is_that_of_the_bytes(package: Path) -> None:
    content = b"a: 1\r\n"
    (package / "thing.yaml").write_bytes(content)
    assert datafile.content_hash("house", "thing.yaml") == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert datafile.read_bytes("house", "thing.yaml") == content


def test_names_are_those_of_the_folder_in_order(package: Path) -> None:
    folder = package / "dash"
    folder.mkdir()
    for name in ("2020-01-01.yaml", "2017-01-01.yaml", "notes.txt"):
        (folder / name).write_text("a: 1")
    (folder / "deeper.yaml").mkdir()
    assert datafile.names("house", "dash") == ("dash/2017-01-01.yaml", "dash/2020-01-01.yaml")
    assert datafile.names("house", suffix=".schema.json") == ("thing.schema.json",)
    assert datafile.load("house", "dash/2017-01-01.yaml", None) == {"a": 1}
