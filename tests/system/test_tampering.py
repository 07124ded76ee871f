"""Whatever is done to a log under a witnessed checkpoint is found, by two verifiers written apart."""

import os
import random

import pytest

from services.kit import bundle, verifier
from services.kit.verifier import Witness
from tests.system import second_verifier, tampers
from tests.system.tampers import KEY, KINDS, Kind, Log

SOAK = "TURVAVORK_SOAK" in os.environ
OF_A_KIND, UNTOUCHED = (500, 5_000) if SOAK else (3, 30)
SEED = 20_261_122


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


class Copy:
    """What a witness has, read by each of the two."""

    def __init__(self, lines: list[bytes]) -> None:
        self.first = Witness.read(lines, KEY)
        self.second = second_verifier.Log(b"".join(lines), KEY.name, KEY.public)


def both(lines: list[bytes], copy: Copy) -> verifier.Report:
    """What the first one reports; the second one names the same index."""
    report = verifier.verify(lines, KEY, copy.first)
    other = second_verifier.first_bad(second_verifier.Log(b"".join(lines), KEY.name, KEY.public), copy.second)
    assert report.first_bad == other, report
    return report


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_tamper_under_a_witnessed_checkpoint_is_found(log: Log, kind: Kind) -> None:
    copies: dict[tuple[int, bool], Copy] = {}
    for number in range(OF_A_KIND):
        chance = random.Random(SEED + number)  # noqa: S311 - a failure names the number of its tamper
        # Where the witness was not reached for a while, it vouches for what lies before its last checkpoint.
        reached = chance.choice([log.sizes[-1], log.sizes[-1], *log.sizes[len(log.sizes) // 2 :]])
        with_leaves = chance.random() < 0.5
        lines, truth = kind(log, chance, reached)
        if (reached, with_leaves) not in copies:
            copies[reached, with_leaves] = Copy(log.witness(reached, leaves=with_leaves))
        report = both(lines, copies[reached, with_leaves])
        told = f"{kind.__name__} {number} at {truth}, witness until {reached}, {report}"
        assert report.findings, told
        if with_leaves:
            assert report.first_bad == truth, told
        assert any(one.first <= truth <= one.last for one in report.findings), told


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_no_untouched_log_raises_an_alarm() -> None:
    for number in range(UNTOUCHED):
        chance = random.Random(SEED + number)  # noqa: S311 - as above
        log = Log(chance.randint(2, 900), number)
        erased = [one._replace(record=None) if chance.random() < 0.1 else one for one in log.entries]
        reached = chance.choice(log.sizes)
        report = both(log.written(erased), Copy(log.witness(reached, leaves=chance.random() < 0.5)))
        assert not report.findings, number
        assert (report.covered, report.witnessed) == (len(log.entries), reached), number
        assert report.erased == sum(one.record is None for one in erased), number


def test_a_log_that_shows_two_faces_convicts_itself(log: Log) -> None:
    chance = random.Random(SEED)  # noqa: S311 - as above
    lines, _ = tampers.rewrite(log, chance, tampers.ENTRIES)
    notes = [line for line in lines[1:] if isinstance(bundle.parse_line(line), bytes)]
    with pytest.raises(verifier.InvalidWitnessError, match="forked"):
        Witness.read([*log.witness(log.sizes[-1], leaves=False), *notes], KEY)
