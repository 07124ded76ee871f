"""Papers are made one after another, in a thread of their own; only so many wait."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum
from typing import Final

from services.kit.paper.blocks import Paper, texts
from services.kit.paper.docx import docx
from services.kit.paper.pdf import pdf
from services.kit.problem import Kind, Overloaded, Problem, words

MOST_WAITING: Final = 16
MOST_CHARACTERS: Final = 500_000  # some hundred and fifty pages of words, 200 MB while it is made
MOST_TEXTS: Final = 20_000  # lines, cells, labels: three seconds
TRAINING: Final = {
    "et": "Õppekeskkond, isikud on väljamõeldud",
    "ru": "Учебная среда, лица вымышлены",
    "en": "Training, the people are made up",
}
_RETRY: Final = {"Retry-After": "5"}


class Form(StrEnum):
    """In what form a paper is asked for, by its media type."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @property
    def ending(self) -> str:
        """Of a file's name."""
        return self.name.lower()


class PaperTooLong(Problem):
    """The document would be longer than anybody reads; the same as JSON has no such bound."""

    slug = "paper-too-long"
    kind = Kind.RULE_REFUSED
    titles = words("Dokument on liiga pikk", "Документ слишком длинный", "The document is too long")


_WRITERS: Final[Mapping[Form, Callable[[Paper], bytes]]] = {Form.PDF: pdf, Form.DOCX: docx}


def form_of(accept: str | None) -> Form | None:
    """Which form an ``Accept`` header wants, by weight and then by order; None: JSON, as everywhere."""
    best, best_weight = None, 0.0
    for part in (accept or "").lower()[:500].split(","):
        media, *parameters = (each.strip() for each in part.split(";"))
        weight = _weight(parameters)
        if weight > best_weight and media in {*Form, "application/json", "application/*", "*/*"}:
            best, best_weight = (Form(media) if media in set(Form) else None), weight
    return best


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _written(paper: Paper, form: Form) -> bytes:
    """By the form's writer; a writer that panics (typst is no Python) fails its request and nothing else."""
    try:
        return _WRITERS[form](paper)
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError("the writer of papers panicked") from error


class Press:
    """Makes papers; one for a service. In a place to learn each page says so."""

    def __init__(self, *, most_waiting: int = MOST_WAITING, training: bool = False) -> None:
        self._training = training
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")
        self._waiting, self._most = 0, most_waiting

    async def made(self, paper: Paper, form: Form) -> bytes:
        """The bytes; raises PaperTooLong, and Overloaded where too many wait already."""
        if self._training:
            paper = replace(paper, mark=f"{TRAINING[paper.language]} – {paper.mark}")
        sizes = [len(text) for text in texts(paper.told())]
        if sum(sizes) > MOST_CHARACTERS or len(sizes) > MOST_TEXTS:
            raise PaperTooLong
        if self._waiting >= self._most:
            raise Overloaded("too many documents are being made at this moment", headers=_RETRY)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, _written, paper, form)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Makes no more; what waits is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)
