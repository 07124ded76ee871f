"""`turvavork verify`: a log is checked by its public key alone, exported or as a running system shows it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from services.kit import bundle, verifier
from services.kit.checkpoint import InvalidCheckpointError, VerifierKey
from services.kit.verifier import Finding, InvalidWitnessError, Report, Witness


class UnusableError(Exception):
    """A key or the copy of a witness cannot be used; the message is a sentence for the operator."""


def verify_log(lines: Iterable[bytes], key: str, witness: Path | None, say: Callable[[str], None]) -> bool:
    """Checks a bundle and says in sentences what was found; whether it is untouched.

    Args:
        lines: those of the bundle (``services.kit.bundle``).
        key: the log's verifier key, or the name of a file that holds it.
        witness: the copy of a witness, where there is one.
        say: takes a line of what a person reads.

    Raises UnusableError, and OSError for files that cannot be read.
    """
    trusted = _key(key)
    seen = _witness(witness, trusted) if witness else None
    report = verifier.verify(lines, trusted, seen)
    for line in _told(report, trusted.name):
        say(line)
    return not report.findings


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of an exported log."""
    with path.open("rb") as file:
        yield from bundle.lines(file)


def _key(text: str) -> VerifierKey:
    if "+" not in text:  # a verifier key has two, a name of a file seldom one
        text = Path(text).read_text(encoding="utf-8")
    try:
        return VerifierKey.parse(text.strip())
    except InvalidCheckpointError as error:
        raise UnusableError(f"The key cannot be used: {error}.") from None


def _witness(path: Path, key: VerifierKey) -> Witness:
    try:
        with path.open("rb") as file:
            return Witness.read(bundle.lines(file), key)
    except InvalidWitnessError as error:
        raise UnusableError(f"The copy of the witness cannot be used: {error}.") from None


def _told(report: Report, name: str) -> list[str]:
    lines = [
        f"{name}: {report.entries} entries, {report.erased} of them erased.",
        f"Covered by a checkpoint: {report.covered}; by one that a witness has: {report.witnessed}.",
    ]
    if report.first_bad is None:
        return [*lines, "Nothing was changed in what is covered."]
    return [*lines, f"First bad index: {report.first_bad}.", *map(_sentence, report.findings)]


def _sentence(finding: Finding) -> str:
    where = f"{finding.first}" if finding.first == finding.last else f"{finding.first} to {finding.last}"
    return f"{where}: {finding.reason}."
