"""What no linter knows: who may commit, who may ask the time, where a float is a lie."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _python(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            yield path.relative_to(ROOT), path.read_text()


def test_only_the_kit_commits() -> None:
    """A commit elsewhere splits a business change from its audit row."""
    found = [str(p) for p, text in _python("services") if ".commit(" in text and p.parts[1] != "kit"]
    assert not found


def _asked(text: str) -> set[str]:
    """Names that are used, and attributes that are called: `now` may be a parameter, `x.now()` may not."""
    tree = list(ast.walk(ast.parse(text)))
    called = {
        node.func.attr for node in tree if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return called & {"now", "today", "time"} | {node.id for node in tree if isinstance(node, ast.Name)} & {
        "float"
    }


def _room(path: Path) -> str:
    return path.parts[2].removesuffix(".py") if len(path.parts) > 2 else ""


def test_rules_and_models_know_no_clock_and_no_float() -> None:
    """A score of 13.999 is neither 13 nor 14; a rule that asks the time cannot be tested."""
    for path, text in _python("services"):
        if _room(path) in {"rules", "model"}:
            assert not _asked(text), path


def test_only_the_clock_asks_the_time() -> None:
    asks = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|time\.time\(")
    found = [str(p) for p, text in _python("services") if asks.search(text) and p.name != "clock.py"]
    assert not found


def test_no_base_http_middleware() -> None:
    """It costs more than half of the throughput."""
    assert not [str(p) for p, text in _python("services", "system") if "BaseHTTPMiddleware" in text]


def test_no_route_forgets_to_commit_before_the_answer() -> None:
    """A `yield` dependency without scope="function" commits after the caller has read 200."""
    asks = re.compile(r"Depends\(\s*unit_of_work\(")
    found = [
        f"{path}: {line.strip()}"
        for path, text in _python("services")
        for line in text.splitlines()
        if asks.search(line) and 'scope="function"' not in line
    ]
    assert not found


def test_no_path_of_a_machine_and_no_registry_is_written_down() -> None:
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home/\w+)/")
    texts = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "Makefile", ROOT / "Dockerfile"]
    texts += [path for path in (ROOT / "services").rglob("*") if path.suffix in {".py", ".yaml", ".json"}]
    assert not [str(path) for path in texts if path.exists() and machine.search(path.read_text())]
