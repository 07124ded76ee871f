"""Sample referrals: one message per case of the programme's case-level table, to 30.06.2018.

Numbers are the report's, people are invented. ``data/plan.yaml`` is the plan; ``python -m system.samples``
makes the messages of it (with ``--write``: the committed file); :func:`messages` reads the committed file.
"""

from typing import Any, Final

from services.kit import datafile, strictjson

PACKAGE: Final = "system.samples"
FILE: Final = "referrals-to-2018-06-30.json"


def messages() -> list[dict[str, Any]]:
    """The committed messages by day of referral.

    Each has ``key``, ``protocol`` (soap or rest), ``messageId``, ``sender`` (client, reference, version) and
    ``referral``, as ``cases`` takes it. Ids and references never change: a second run sends duplicates.
    """
    content: Any = strictjson.loads(datafile.read_bytes(PACKAGE, FILE))
    found: list[dict[str, Any]] = content["messages"]
    return found
