"""Files are read in one sitting and functions do one thing: 400 and 45 lines at the most."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES_IN_A_FILE = 400
MOST_LINES_IN_A_FUNCTION = 45


def _sources() -> Iterator[Path]:
    for folder in ("services", "system", "tests", "bench"):
        yield from (ROOT / folder).rglob("*.py")


def test_no_file_is_longer_than_a_sitting() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in _sources()}
    too_long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > MOST_LINES_IN_A_FILE}
    assert not too_long


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            prose = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - prose


def test_no_function_is_longer_than_a_thought() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{name} {length}"
        for path in _sources()
        if "migrations" not in path.parts
        for name, length in _functions(path)
        if length > MOST_LINES_IN_A_FUNCTION
    ]
    assert not too_long
