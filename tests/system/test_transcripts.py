"""The guides' transcripts are those of real runs, on a system to learn on, with real shells."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.system import transcripts
from tests.system.running import COMMAND, Running
from tests.system.transcripts import Typed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("guides")]
GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
LANGUAGES = ("et", "ru", "en")
PEOPLE = ("coordinator", "agency-member", "support-person", "integrator", "programme-officer", "operator")
#: Each is typed by somebody who has read none of the others.
TOLD = ["frontend.md", *(f"en/{name}.md" for name in PEOPLE)]
API, XROAD = "http://127.0.0.1:8480", "http://127.0.0.1:8481"  # as a guide names them
#: Set to rewrite the transcripts from what is printed now; then look at the differences.
REWRITE = "TURVAVORK_GUIDES"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not all(map(shutil.which, ("bash", "curl", "jq"))):
        pytest.skip("bash, curl or jq is missing: the transcripts of the guides were not run")
    whole = Running(tmp_path_factory.mktemp("training"))
    try:
        whole.start("up", "--training")
        yield whole
    finally:
        whole.stop()
        whole.remove()


@pytest.mark.parametrize("name", TOLD)
def test_what_a_guide_shows_is_what_is_printed(running: Running, name: str) -> None:
    path, places = GUIDES / name, {API: running.api, XROAD: running.xroad}
    told = transcripts.typed(path.read_text())
    assert told, "a guide without a transcript"
    commands = [each.command for each in told]
    found = transcripts.run(commands, places, running.data, path.parent, COMMAND.parent)
    if REWRITE in os.environ:
        path.write_text(transcripts.written(path.read_text(), found))
        told = transcripts.typed(path.read_text())
    wrong = [
        (each.command, lines)
        for each, lines in zip(told, found, strict=True)
        if not transcripts.fits(each.printed, lines)
    ]
    assert wrong == []


def test_a_training_system_says_so_to_everybody(running: Running) -> None:
    for address in (
        f"{running.api}/api/cases/v1/openapi.json",
        f"{running.api}/no",
        f"{running.xroad}/xroad/soap?wsdl",
    ):
        assert httpx.get(address, trust_env=False).headers["X-Turvavork-Training"] == "synthetic-data"


@pytest.mark.parametrize("name", PEOPLE)
def test_a_guide_is_the_same_in_each_language(name: str) -> None:
    """The words differ, the headings and transcripts do not: they are run in English."""
    texts = [(GUIDES / language / f"{name}.md").read_text() for language in LANGUAGES]
    assert transcripts.blocks(texts[0]) == transcripts.blocks(texts[1]) == transcripts.blocks(texts[2])
    assert len({text.count("\n## ") for text in texts}) == 1
    assert len({text.count("\n- ") for text in texts}) == 1
    assert len(set(texts)) == len(texts)


def test_a_transcript_is_read_as_it_is_typed() -> None:
    block = "```console\n$ one \\\n>   more\nprinted\n\n…\n$ two\n```\n"
    assert transcripts.typed(block) == [Typed("one \\\n  more", ("printed", "", "…")), Typed("two", ())]
    assert transcripts.written(block, [["a 2018-03-02 b"], []]) == block.replace("printed\n\n…", "a … b")


@pytest.mark.parametrize(
    ("wanted", "found", "does"),
    [
        (("a", "b"), ("a", "b"), True),
        (("a",), ("a", "b"), False),
        (("a", "…"), ("a", "b", "c"), True),
        (("…", "c"), ("a", "b", "c"), True),
        (('"id": "…",',), ('"id": "17",',), True),
        (('"id": "…",',), ('"no": "17",',), False),
        ((), ("a",), False),
    ],
)
def test_only_what_is_left_open_may_differ(
    wanted: tuple[str, ...],
    found: tuple[str, ...],
    does: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert transcripts.fits(wanted, found) is does
