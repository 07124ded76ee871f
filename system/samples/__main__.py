"""``python -m system.samples``: prints the sample messages; ``--write`` renews the committed file."""

import sys
from pathlib import Path

from system.samples import FILE
from system.samples.generate import as_text, generate


def main(arguments: list[str]) -> None:
    """Prints, or writes with ``--write``."""
    text = as_text(generate())
    if arguments == ["--write"]:
        Path(__file__).parent.joinpath("data", FILE).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
