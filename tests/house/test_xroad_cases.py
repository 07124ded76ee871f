"""The table of X-Road cases is true: what it calls met has a test of that number, and no case is left out."""

import ast
import re
from pathlib import Path

_ROW = re.compile(r"^\| ([PACRD]\d\d) \| (.+) \| (met|not met) \| (?:`(\w+)`)? ?\|$", re.MULTILINE)
#: What the table must speak of, whatever the result.
_CASES = {f"P{n:02}" for n in range(1, 37)} | {f"A{n:02}" for n in range(1, 13)}


def _rows(root: Path) -> list[tuple[str, str, str, str]]:
    text = (root / "docs" / "xroad-cases.md").read_text()
    rows = [found.groups(default="") for found in _ROW.finditer(text)]
    assert len(rows) == len(re.findall(r"^\| [A-Z]\d", text, re.MULTILINE)), "a row is written in another way"
    return [(case, what, result, test) for case, what, result, test in rows]


def _tests(root: Path) -> set[str]:
    found: set[str] = set()
    for path in (root / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
    return found


def test_every_case_is_in_the_table_once(root: Path) -> None:
    cases = [case for case, *_ in _rows(root)]
    assert len(cases) == len(set(cases))
    assert set(cases) >= _CASES


def test_what_is_called_met_has_a_test_of_its_number(root: Path) -> None:
    tests = _tests(root)
    wrong = {
        case: test
        for case, _, result, test in _rows(root)
        if (result == "met") != bool(test)
        or (test and (test not in tests or not test.startswith(f"test_{case.lower()}_")))
    }
    assert not wrong, f"docs/xroad-cases.md names tests that are not there: {wrong}"
