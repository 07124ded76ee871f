"""`turvavork verify`: a log is checked by its public key alone, exported or as a running system shows it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from services.kit import bundle, receipt, verifier
from services.kit.checkpoint import InvalidCheckpointError, VerifierKey
from services.kit.merkle import InvalidProofError
from services.kit.verifier import Finding, InvalidWitnessError, Report, Witness

_WITNESSED: Final = "The witness saw the same tree."
_NOT_WITNESSED: Final = (
    "The witness saw no tree of this size, but one of {}: ask for the proof in a tree that it has."
)


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


def verify_receipt(
    proof: Path, held: str, key: str, witness: Path | None, say: Callable[[str], None]
) -> bool:
    """Checks the proof of a receipt that somebody holds, and says what it proves; whether it does.

    Arguments and errors as for :func:`verify_log`; ``proof`` is the file of the answer that gave it.
    """
    trusted = _key(key)
    seen = _witness(witness, trusted) if witness else None
    try:
        proven = receipt.check(proof.read_bytes(), held, trusted, seen)
    except (InvalidProofError, InvalidCheckpointError) as error:
        say(f"This proves nothing about the receipt: {error}.")
        return False
    say(f"{trusted.name}: the receipt is entry {proven.index} of {proven.size}.")
    if seen is not None:
        say(_WITNESSED if proven.witnessed else _NOT_WITNESSED.format(seen.size))
    return True


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
