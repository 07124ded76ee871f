"""A small house in which everybody knocks at every door: two regions, their agencies, cases and referrals."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from fastapi import FastAPI

from services.kit import keys, personal_code
from services.kit.audit import Handles
from services.kit.calendar import local_date
from services.kit.clock import FixedClock, SystemClock
from services.kit.ids import new_reference
from services.kit.tokens import AccessTokenIssuer, ServiceSigner
from services.kit.tokens.signing import DEVELOPMENT_ISSUER
from tests.cases.routes.access.oracle import Asker, Office, Thing, roles_of_people
from tests.cases.routes.access.standing import STANDS, STOOD, stand_by

POLIS = "ee-dev/GOV/70008747/polis"
PREFIX = "/api/cases/v1"
HOME, AWAY = "polva", "rakvere"
INSIDE, OUTSIDE = "police", "probation"  # the agency that takes part in cases, and the one that does not
POLICE = frozenset({f"{INSIDE}@{HOME}", f"victim-support@{HOME}"})
_TODAY = local_date(SystemClock().now())
#: Who may not see one case, and who alone may see another.
EXCLUDED = frozenset({f"m-coordinator-{HOME}", f"m-agency-member-{HOME}-{INSIDE}", STANDS, "m-both"})
#: Who breaks the glass: one from another region, one of an agency; the first is excluded from a case.
BREAKERS = (f"m-coordinator-{HOME}", f"m-agency-member-{HOME}-{OUTSIDE}")
NAMED = frozenset({f"m-chair-{HOME}", f"m-agency-member-{HOME}-{INSIDE}", f"dev:coordinator:{HOME}:"})


@dataclass(frozen=True)
class Kept:
    """A referral in the house, and the case that it is or would become."""

    id: str
    thing: Thing
    case: str
    is_case: bool
    persons: tuple[str, ...]
    erased: bool = False

    @property
    def open(self) -> Thing | None:
        """What the table is asked about the case; None when there is none, or none any more."""
        return self.thing if self.is_case and not self.erased else None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]
    content: bytes
    request_id: str
    purpose: str | None

    @property
    def slug(self) -> str | None:
        told = self.body.get("type", "") if isinstance(self.body, dict) else ""
        return str(told).rpartition(":")[2] or None

    def bare(self) -> tuple[int, bytes, dict[str, str]]:
        """The answer bar the request's id."""
        headers = {name: value for name, value in self.headers.items() if name != "x-request-id"}
        return self.status, self.content.replace(self.request_id.encode(), b""), headers


def offices() -> Iterator[Office]:
    """Every role of the table wherever it can be held in the house."""
    for role in roles_of_people():
        if role in {"national-team", "programme-officer", "auditor", "operator"}:
            yield Office(role)
            continue
        for region in (HOME, AWAY):
            for agency in (INSIDE, OUTSIDE) if role == "agency-member" else (None,):
                yield Office(role, region, agency)


def _members() -> Iterator[Asker]:
    for office in offices():
        name = "-".join(filter(None, [office.role, office.region, office.agency]))
        yield Asker(name, f"m-{name}", (office,))
    yield Asker("without-office", "m-without-office")
    yield Asker("ended-today", "m-ended-today", (Office("coordinator", HOME, ends=0),))
    yield Asker("begins-tomorrow", "m-begins-tomorrow", (Office("coordinator", HOME, starts=1),))
    yield Asker("last-day", "m-last-day", (Office("coordinator", HOME, ends=1),))
    two = (Office("chair", HOME), Office("coordinator", AWAY))
    yield Asker("chair-here-coordinator-there", "m-two", two)
    both = (Office("chair", HOME), Office("agency-member", HOME, INSIDE))
    yield Asker("chair-and-police", "m-both", both)


MEMBERS = tuple(_members())
_COORDINATOR = next(each for each in MEMBERS if each.name == f"coordinator-{HOME}")
ASKERS = (
    *MEMBERS,
    *(
        Asker(f"coordinator-through-{service}", _COORDINATOR.subject, _COORDINATOR.offices, service)
        for service in ("exchange", "indicators", "riskscore")
    ),
    *(
        Asker(f"{name}-alone", f"service:{name}", service=name)
        for name in ("exchange", "indicators", "cases")
    ),
    Asker("worker", "worker:delivery", service="exchange"),
    Asker("xroad-client", POLIS, service="exchange"),
    Asker("anonymous", "m-nobody", credentials="none"),
    Asker("forged", _COORDINATOR.subject, _COORDINATOR.offices, credentials="forged"),
    Asker("expired", _COORDINATOR.subject, _COORDINATOR.offices, credentials="expired"),
)


@dataclass
class House:
    """The service with its content, and a way to ask it as anybody."""

    app: FastAPI
    http: httpx.AsyncClient
    folder: Path
    admin_url: str
    kept: list[Kept] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.handles = Handles(keys.load_secret(self.folder, "cases.audit"))
        self._issuer = self._issuer_at(None)

    def _issuer_at(self, clock: FixedClock | None) -> AccessTokenIssuer:
        key = keys.load_issuer(self.folder, "development")
        return AccessTokenIssuer(DEVELOPMENT_ISSUER, key, clock or SystemClock())

    def token(self, asker: Asker, purpose: str | None) -> str:
        if asker.service is not None:
            signer = ServiceSigner(asker.service, keys.load_signing(self.folder, asker.service))
            return signer.token("cases", asker.subject, purpose or "case-work")
        if asker.credentials == "forged":
            return self._issuer.issue(asker.subject)[:-4] + "AAAA"
        if asker.credentials == "expired":
            past = FixedClock(SystemClock().now() - timedelta(hours=1))
            return self._issuer_at(past).issue(asker.subject)
        return self._issuer.issue(asker.subject, authenticated_at=_now())

    async def ask(  # noqa: PLR0913 - the parts of a request
        self,
        asker: Asker,
        path: str,
        purpose: str | None = "case-work",
        *,
        method: str = "GET",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        given = dict(headers or {})
        if purpose is not None:
            given["X-Purpose"] = purpose
        if asker.credentials != "none":
            given["Authorization"] = f"Bearer {self.token(asker, purpose)}"
        answer = await self.http.request(method, PREFIX + path, headers=given, json=json)
        told = dict(answer.headers)
        body = answer.json() if "json" in told["content-type"] else answer.text
        return Answer(answer.status_code, body, told, answer.content, told["x-request-id"], purpose)

    async def rows(self, query: str, *args: object) -> list[asyncpg.Record]:
        """What is in the database, past row-level security."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    @contextmanager
    def with_state(self, **changed: Any) -> Iterator[None]:
        """The application with other parts, until the end of the block."""
        before = {name: getattr(self.app.state, name) for name in changed}
        try:
            for name, value in changed.items():
                setattr(self.app.state, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(self.app.state, name, value)

    async def furnish(self) -> None:
        """Members first, then referrals in every state, cases with and without the police, closed, erased."""
        await self._appoint()
        shared = _person("victim", 50)
        await self._case(HOME, 10, agencies=POLICE, victim=shared)
        await self._case(HOME, 11, agencies=frozenset({f"{OUTSIDE}@{HOME}"}))
        await self._case(HOME, 12, agencies=frozenset())
        await self._case(AWAY, 13, agencies=frozenset({f"{INSIDE}@{AWAY}"}), victim=shared)
        await self._referral(HOME, 14, None)
        await self._referral(AWAY, 15, None)
        await self._referral(HOME, 16, {"decision": "decline", "reason": "criteria-not-met"})
        elsewhere = {"decision": "redirect", "reason": "other-service", "to": "child-protection"}
        await self._referral(AWAY, 17, elsewhere)
        await self._case(HOME, 18, agencies=POLICE, erased=True)
        await self._case(AWAY, 19, agencies=frozenset({f"{INSIDE}@{AWAY}"}), erased=True)
        await self._case(HOME, 22, agencies=POLICE)
        await self._case(HOME, 23, agencies=POLICE)
        await self._stand_by(STANDS, HOME, (0, -2, -1))
        await self._stand_by(STOOD, AWAY, (3,))
        await self._close(-2, excluded=EXCLUDED)
        await self._close(-1, named=NAMED)
        for breaker in BREAKERS:
            await self._break(breaker)

    async def _appoint(self) -> None:
        connection = await asyncpg.connect(self.admin_url)
        try:
            for member in MEMBERS:
                member_id = uuid4()
                if member.offices:
                    await connection.execute(
                        "insert into member values ($1, $2, now())", member_id, member.subject
                    )
                for held in member.offices:
                    days = day_of(held.starts), day_of(held.ends)
                    await connection.execute(
                        "insert into appointment values ($1, $2, $3, $4, $5, $6, $7, 'test', now())",
                        *(uuid4(), member_id, held.role, held.region, held.agency, *days),
                    )
        finally:
            await connection.close()

    async def _case(
        self,
        region: str,
        serial: int,
        *,
        agencies: frozenset[str],
        victim: dict[str, Any] | None = None,
        erased: bool = False,
    ) -> None:
        codes = sorted(name.partition("@")[0] for name in agencies)
        decision = {"decision": "accept", "agencies": codes, "note": "Märkus."}
        await self._referral(region, serial, decision, agencies=agencies, victim=victim, erased=erased)

    async def _stand_by(self, subject: str, region: str, places: tuple[int, ...]) -> None:
        """Somebody stands by the victims of some cases; one of them does no longer."""
        await stand_by(self.ask, subject, region, [self.kept[place].case for place in places])
        if subject == STOOD:
            return
        for place in places:
            thing = replace(self.kept[place].thing, assigned=frozenset({subject}))
            self.kept[place] = replace(self.kept[place], thing=thing)

    async def _close(
        self, place: int, *, excluded: frozenset[str] = frozenset(), named: frozenset[str] | None = None
    ) -> None:
        """Closes a case to some, or to all but some."""
        last = self.kept[place]
        self.kept[place] = replace(last, thing=replace(last.thing, excluded=excluded, named=named))
        wanted: list[tuple[str, dict[str, Any]]] = [
            ("exclusions", {"member": who, "kind": "relative", "reason": "Sugulane."})
            for who in sorted(excluded)
        ]
        if named is not None:
            wanted.append(("seal", {"reason": "Oht.", "members": sorted(named)}))
        coordinator = Asker("seed", f"dev:coordinator:{last.thing.region}:")
        for what, body in wanted:
            done = await self.ask(coordinator, f"/cases/{last.case}/{what}", method="POST", json=body)
            assert done.status == 201, done.body

    async def _break(self, subject: str) -> None:
        """Somebody breaks the glass of the first case of AWAY, and in vain that of closed ones."""
        breaker = next(each for each in MEMBERS if each.subject == subject)
        first = next(kept for kept in self.kept if kept.thing.region == AWAY)
        closed = [kept for kept in self.kept if kept.thing.excluded or kept.thing.named is not None]
        for kept in (first, *closed):
            body = {"caseId": kept.case, "reason": "Kannatanu seisab öösel meie ukse taga."}
            done = await self.ask(breaker, "/break-glass", method="POST", json=body)
            assert done.status == 201, done.body
            place = self.kept.index(kept)
            opened = kept.thing.opened | {subject}
            self.kept[place] = replace(kept, thing=replace(kept.thing, opened=opened))

    async def _referral(  # noqa: PLR0913 - what a referral becomes
        self,
        region: str,
        serial: int,
        decision: dict[str, Any] | None,
        *,
        agencies: frozenset[str] = frozenset(),
        victim: dict[str, Any] | None = None,
        erased: bool = False,
    ) -> None:
        sender = {"client": POLIS, "reference": f"A-{serial}", "version": 1}
        exchange = Asker("exchange", POLIS, service="exchange")
        path = f"/intake/{new_reference()}"
        message = a_referral(region, serial, victim) | {"sender": sender}
        taken = await self.ask(exchange, path, "intake", method="PUT", json=message)
        assert taken.status == 201, taken.body
        [row] = await self.rows(
            "select id, case_id from referral where reference = $1", taken.body["reference"]
        )
        coordinator = Asker("seed", f"dev:coordinator:{region}:")
        if decision is not None:
            screening = f"/referrals/{row['id']}/screening"
            done = await self.ask(
                coordinator, screening, method="POST", json=decision, headers={"If-Match": '"1"'}
            )
            assert done.status == 200, done.body
        if erased:
            await self.rows(
                """update data_key set kek = null, wrapped = null, destroyed_at = now()
                   where id = (select key_id from referral where id = $1)""",
                row["id"],
            )
        people = await self.rows("select person_id from participation where referral_id = $1", row["id"])
        self.kept.append(
            Kept(
                str(row["id"]),
                Thing(region, agencies),
                str(row["case_id"]),
                decision is not None and decision["decision"] == "accept",
                tuple(str(each["person_id"]) for each in people),
                erased,
            )
        )


def _now() -> int:
    return int(SystemClock().now().timestamp())


def day_of(days: int | None) -> date | None:
    return None if days is None else _TODAY + timedelta(days=days)


def a_referral(region: str, serial: int, victim: dict[str, Any] | None = None) -> dict[str, Any]:
    """A message about a victim, a partner and a child; its day follows the serial number."""
    return {
        "referredOn": f"2017-03-{serial:02d}",
        "region": region,
        "event": {"occurredAt": f"2017-03-{serial:02d}T01:30:00Z", "description": "Lõi ja ähvardas."},
        "persons": [
            victim or _person("victim", serial),
            _person("threatening-person", serial),
            _person("child", serial),
        ],
        "assessment": {
            "instrument": "dash",
            "completedOn": f"2017-03-{serial:02d}",
            "answers": {"injury": "yes", "afraid-of": "dont-know"},
        },
        "grounds": ["professional-judgement"],
        "judgementReason": "Hirm on suur.",
        "consent": "given",
        "victimInformed": True,
        "victimWishes": "Soovib lahkuda.",
        "referrer": {"name": "Kalle Kask", "unit": "Lõuna prefektuur"},
    }


def _person(role: str, serial: int) -> dict[str, Any]:
    born = date(2009, 3, 1) if role == "child" else date(1984, 6, 15)
    sex = "male" if role == "threatening-person" else "female"
    relations = {"victim": None, "threatening-person": "partner", "child": "child"}
    return {
        "role": role,
        "relationToVictim": relations[role],
        "personalCode": personal_code.make(born, sex, serial),  # type: ignore[arg-type]
        "birthDate": born.isoformat(),
        "givenName": f"Eesnimi{serial}",
        "familyName": "Perenimi",
        "sex": sex,
        "municipality": "0698",
        "address": "Salajane tänav 1",
        "phone": "+372 555 0011",
        "safeContact": "sõbranna juures",
        "language": "et",
    }


def unknown_ids() -> list[str]:
    """Ids of nothing, in every spelling that is read as an id."""
    random = uuid4()
    return [
        str(random),
        str(random).upper(),
        random.hex,
        f"{{{random}}}",
        f"urn:uuid:{random}",
        str(UUID(int=0)),
        str(UUID(int=2**128 - 1)),
        "00000000-0000-1000-8000-000000000000",
    ]
