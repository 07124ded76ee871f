from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What `turvavork up` is told."""

    data: Path = Path("var")
    port: int = 8480
    xroad_port: int = 8481
    tls: bool = False
    training: bool = False
