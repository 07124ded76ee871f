"""Imported once, by the process out of which services and workers are forked: they start in no time.

Eight interpreters that each import the same libraries take ten seconds of two cores.
"""

import gc
import importlib
import os
import signal
from pathlib import Path

from system.processes import SUPERVISOR, WARM, die_with_parent

# The children die with this process, and this one with the supervisor.
die_with_parent(signal.SIGKILL, int(os.environ[SUPERVISOR]))()

try:
    for _name in (
        "services.cases.app",
        "services.riskscore.app",
        "services.exchange.app",
        "services.indicators.app",
        "system.securityserver.app",
        "system.programs",
        "uvicorn.lifespan.on",
        "uvicorn.loops.uvloop",
        "uvicorn.protocols.http.httptools_impl",
    ):
        importlib.import_module(_name)
    gc.collect()
    gc.freeze()  # what is here stays shared between the processes
finally:
    Path(os.environ[WARM]).touch()
