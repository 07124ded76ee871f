"""From the plan to the messages: the same plan gives the same bytes, on every machine."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from services.kit import datafile
from services.kit.calendar import TALLINN, format_instant
from services.riskscore.catalog import load_catalog
from system.samples import PACKAGE
from system.samples.people import Home, Sex, adult, born, child, home

#: Message ids are made in this namespace from the case's key.
NAMESPACE: Final = UUID("5f0f2b3e-6c1d-5d8a-9a44-1f3d6a0c2018")
ORDER: Final = ("polis", "star")  # the partners take turns
YOUNGEST_VICTIM: Final = 24
YOUNGEST_MOTHER: Final = 18
OLDEST_CHILD: Final = 17
STEP: Final = 5  # how far the list of DASH items is turned from case to case


def plan() -> dict[str, Any]:
    """The plan, checked against its schema; raises DataFileError."""
    found: dict[str, Any] = datafile.load(PACKAGE, "plan.yaml", "plan.schema.json")
    return found


def generate() -> dict[str, Any]:
    """All messages, in the order of the days of referral."""
    agreed = plan()
    keys = [item.key for item in load_catalog().find("dash", None, None).instrument.items]
    return {
        "version": agreed["version"],
        "source": agreed["source"],
        "synthetic": "Numbers of people are the report's. Everybody and everything else here is invented.",
        "messages": [_message(index, case, agreed, keys) for index, case in enumerate(agreed["cases"])],
    }


def as_text(content: Mapping[str, Any]) -> str:
    """The file: UTF-8 JSON, readable, one final line break."""
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _message(
    index: int, case: Mapping[str, Any], agreed: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    partner = agreed["partners"][ORDER[index % len(ORDER)]]
    return {
        "key": case["key"],
        "protocol": partner["protocol"],
        "messageId": str(uuid5(NAMESPACE, case["key"])),
        "sender": {
            "client": partner["client"],
            "reference": f"{partner['prefix']}-{case['referred_on'][:4]}-{index + 1:04d}",
            "version": 1,
        },
        "referral": _referral(index, case, agreed, keys),
    }


def _referral(
    index: int, case: Mapping[str, Any], agreed: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    on = date.fromisoformat(case["referred_on"])
    who = home(index, agreed, case["region"])
    partner = agreed["partners"][ORDER[index % len(ORDER)]]
    texts = agreed["texts"][who.language]
    consent = case.get("consent", "given")
    return {
        "referredOn": case["referred_on"],
        "region": case["region"],
        "event": {
            "occurredAt": _instant(on, index),
            "description": texts["events"][index % len(texts["events"])],
        },
        "persons": list(_persons(index, case, who, on, texts)),
        "assessment": {
            "instrument": "dash",
            "completedOn": case["referred_on"],
            "answers": _answers(index, case, keys),
        },
        "grounds": case["grounds"],
        "judgementReason": case.get("judgement"),
        "consent": consent,
        "victimInformed": consent == "given",
        "victimWishes": texts["wishes"][index % len(texts["wishes"])],
        "referrer": {
            "name": partner["worker"],
            "unit": partner["unit"].format(agreed["regions"][case["region"]]["name"]),
        },
    }


def _instant(on: date, index: int) -> str:
    """An evening one to three days before the referral, in Estonia."""
    local = datetime.combine(on - timedelta(days=1 + index % 3), time(19, index % 60), TALLINN)
    return format_instant(local.astimezone(UTC))


def _persons(
    index: int, case: Mapping[str, Any], who: Home, on: date, texts: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    sex: Sex = case.get("victim_sex", "female")
    years = YOUNGEST_VICTIM + index * 7 % 35
    victim = adult(who, sex, born(on, years, index), index)
    victim |= {"address": who.address, "safeContact": texts["contact"]}
    yield {"role": "victim", "relationToVictim": None, **victim}
    if case["partner"] is not None:
        yield _partner(index, case, who, born(on, years + 3, index + 9))
    for number in range(case["children"]):
        salt = index * 3 + number
        age = (salt * 5 + 1) % min(OLDEST_CHILD, years - YOUNGEST_MOTHER)
        young = child(who, "female" if salt % 2 else "male", born(on, age, salt), salt)
        yield {"role": "child", "relationToVictim": "child", **young}
    for number, other in enumerate(case.get("also", [])):
        old = adult(who, other["sex"], born(on, years + 19, index + 5), index + number + 4)
        yield {"role": other["role"], "relationToVictim": other["relation"], **old}


def _partner(index: int, case: Mapping[str, Any], who: Home, birth: date) -> dict[str, Any]:
    sex: Sex = "male" if case.get("victim_sex", "female") == "female" else "female"
    found = adult(who, sex, birth, index + 1)
    if case.get("partner_without_code", False):
        found |= {"personalCode": None, "birthDate": birth.isoformat()}
    role = case.get("partner_role", "threatening-person")
    return {"role": role, "relationToVictim": case["partner"], **found}


def _answers(index: int, case: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str]:
    """As many items ticked, unknown and not asked as planned; which ones turns from case to case."""
    turn = index * STEP % len(keys)
    turned = [*keys[turn:], *keys[:turn]]
    ticked, unknown, unasked = case["ticked"], case["unknown"], case["unasked"]
    said = ["yes"] * ticked + ["dont-know"] * unknown
    said += ["no"] * (len(keys) - ticked - unknown - unasked) + ["not-asked"] * unasked
    by_key = dict(zip(turned, said, strict=True))
    return {key: by_key[key] for key in keys if by_key[key] != "not-asked"}
