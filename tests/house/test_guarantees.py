"""The table of guarantees is true: every number has a test that says it, and what is simulated is checked."""

import ast
import re
from pathlib import Path

_ROW = re.compile(r"^\| (INV-\d+) \| .+ \| (yes|no) \| (`.+`) \|$", re.MULTILINE)
NUMBERS = [f"INV-{number}" for number in range(1, 19)]


def _rows(root: Path) -> dict[str, tuple[str, list[str]]]:
    text = (root / "docs" / "testing.md").read_text()
    rows = _ROW.findall(text)
    assert len(rows) == len(re.findall(r"^\| INV", text, re.MULTILINE)), "a row is written in another way"
    return {number: (simulated, re.findall(r"`(\w+)`", tests)) for number, simulated, tests in rows}


def _said(root: Path) -> dict[str, set[str]]:
    """The numbers in the docstring of each test."""
    said: dict[str, set[str]] = {}
    for path in (root / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                numbers = re.findall(r"INV-\d+", ast.get_docstring(node) or "")
                said.setdefault(node.name, set()).update(numbers)
    return said


def test_every_guarantee_is_in_the_table(root: Path) -> None:
    assert list(_rows(root)) == NUMBERS


def test_each_has_tests_that_say_its_number(root: Path) -> None:
    said = _said(root)
    wrong = {
        number: test
        for number, (_, tests) in _rows(root).items()
        for test in tests
        if number not in said.get(test, ())
    }
    assert not wrong, f"docs/testing.md names tests that are not there or do not say the number: {wrong}"


def test_what_is_called_simulated_is_checked_in_every_history(root: Path) -> None:
    checks = (root / "tests" / "simulation" / "checks.py").read_text()
    checked = set(re.findall(r'^ {4}"""(INV-\d+):', checks, re.MULTILINE))
    assert {number for number, (simulated, _) in _rows(root).items() if simulated == "yes"} == checked
