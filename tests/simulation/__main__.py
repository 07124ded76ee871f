"""``python -m tests.simulation``: any number of histories, or one seed again with all that happened."""

import argparse
import sys
import time
from collections import Counter

from tests.simulation.checks import broken
from tests.simulation.faults import FAULTS
from tests.simulation.history import History, run


def main() -> int:
    """Runs histories; 1 when an invariant was broken in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--histories", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="the first one; the others follow it")
    parser.add_argument("--replay", type=int, help="one seed alone, told in full")
    parser.add_argument("--fault", choices=sorted(FAULTS), help="with the system that is wrong in this way")
    given = parser.parse_args()
    system = FAULTS[given.fault].system if given.fault else None
    if given.replay is not None:
        history = run(given.replay) if system is None else run(given.replay, system)
        _tell(history)
        return 1 if broken(history) else 0
    began, found = time.monotonic(), Counter[str]()
    for seed in range(given.seed, given.seed + given.histories):
        for name, shown in broken(run(seed) if system is None else run(seed, system)).items():
            found[name] += 1
            _say(f"seed {seed} breaks {name}: {shown}")
            _say(f"  again: python -m tests.simulation --replay {seed}")
    _say(f"{given.histories} histories in {time.monotonic() - began:.0f} s; broken: {dict(found) or 'none'}")
    return 1 if found else 0


def _tell(history: History) -> None:
    for told in history.ledger:
        _say(f"sender   {told}")
    for head, ended, verdict in history.around.tried:
        _say(f"try      {head.queue} {head.number} fence {head.fence}: {ended} -> {verdict}")
    for key, queue in history.exchange.db.queues.items():
        _say(f"queue    {key} {queue}")
    for row in history.exchange.db.inbox.values():
        _say(f"inbox    {row}")
    for partner in history.around.partners.values():
        for seen in partner.seen:
            _say(f"partner  {partner.name} {seen}")
    _say(f"broken:  {broken(history) or 'none'}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
