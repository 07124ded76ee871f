from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exchange.rules.delivery import (
    Again,
    Failure,
    History,
    Nature,
    Origin,
    Quarantine,
    Reason,
    Terms,
    after_failure,
    clean_code,
    is_xroad_code,
    label,
    nature,
    normalise,
    reason,
    wait,
)

TERMS = Terms()
#: Each code in the spelling up to 7.7 and from 7.8, with what it means for a further try.
BOTH_GENERATIONS = [
    ("Server.ServerProxy.NetworkError", "server.serverproxy.network_error", Nature.TEMPORARY),
    ("Server.ServerProxy.IOError", "server.serverproxy.io_error", Nature.TEMPORARY),
    (
        "Server.ServerProxy.ServiceFailed.IOError",
        "server.serverproxy.service_failed.io_error",
        Nature.TEMPORARY,
    ),
    ("Server.ClientProxy.NetworkError", "server.clientproxy.network_error", Nature.TEMPORARY),
    ("Server.ServerProxy.UnknownHost", "server.serverproxy.unknown_host", Nature.TEMPORARY),
    ("Server.ClientProxy.MaintenanceMode", "server.clientproxy.maintenance_mode", Nature.TEMPORARY),
    ("Server.ClientProxy.OutdatedGlobalConf", "server.clientproxy.global_conf_outdated", Nature.TEMPORARY),
    ("Signer.TokenNotActive", "signer.token_not_active", Nature.TEMPORARY),
    ("Server.ServerProxy.AccessDenied", "server.serverproxy.access_denied", Nature.PERMANENT),
    ("Server.ServerProxy.UnknownService", "server.serverproxy.unknown_service", Nature.PERMANENT),
    ("Server.ServerProxy.ServiceDisabled", "server.serverproxy.service_disabled", Nature.PERMANENT),
    ("Server.ClientProxy.UnknownMember", "server.clientproxy.unknown_member", Nature.PERMANENT),
    ("Client.InvalidProtocolVersion", "client.invalid_protocol_version", Nature.PERMANENT),
    ("Client.MissingHeaderField", "client.missing_header_field", Nature.PERMANENT),
    (
        "Server.ClientProxy.ServiceFailed.InconsistentResponse",
        "server.clientproxy.service_failed.inconsistent_response",
        Nature.PERMANENT,
    ),
    (
        "Server.ServerProxy.ServiceFailed.HttpError",
        "server.serverproxy.service_failed.http_error",
        Nature.UNKNOWN,
    ),
    ("Server.ServerProxy.InternalError", "server.serverproxy.internal_error", Nature.UNKNOWN),
    ("Server.ServerProxy.NeverSeenBefore", "server.serverproxy.never_seen_before", Nature.UNKNOWN),
]

CODES = [(code, row[2]) for row in BOTH_GENERATIONS for code in row[:2]]
STATUSES = [(status, nature(Failure(Origin.PARTNER, "http", status))) for status in range(300, 600)]
asked = st.none() | st.timedeltas(timedelta(0), timedelta(days=30))
failures = st.builds(
    Failure,
    origin=st.sampled_from(Origin),
    code=st.one_of(st.text(max_size=40), st.sampled_from([code for code, _ in CODES])),
    status=st.none() | st.integers(100, 599),
    retry_after=asked,
)


def failures_that_are(expected: Nature) -> st.SearchStrategy[Failure]:
    codes = st.sampled_from([code for code, found in CODES if found is expected])
    statuses = st.sampled_from([status for status, found in STATUSES if found is expected])
    return st.builds(Failure, st.just(Origin.SECURITY_SERVER), codes, st.none(), asked) | st.builds(
        Failure, st.just(Origin.PARTNER), st.just("http"), statuses, asked
    )


jitters = st.integers(0, 1000)
tries = st.integers(1, 100_000)


def security_server(code: str) -> Failure:
    return Failure(Origin.SECURITY_SERVER, code)


@pytest.mark.parametrize(("old", "new", "expected"), BOTH_GENERATIONS)
def test_both_generations_of_codes_mean_the_same(old: str, new: str, expected: Nature) -> None:
    assert normalise(old) == normalise(new)
    assert nature(security_server(old)) is nature(security_server(new)) is expected
    assert reason(security_server(old)) is reason(security_server(new))
    assert is_xroad_code(old)
    assert is_xroad_code(new)


@pytest.mark.parametrize(
    "code", ["soap:Server", "env:Client", "CODE", "Client", "Server", "server", "", "klient.x"]
)
def test_a_providers_own_fault_is_no_xroad_code(code: str) -> None:
    assert not is_xroad_code(code)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(301, Nature.PERMANENT), (400, Nature.PERMANENT), (404, Nature.PERMANENT), (408, Nature.TEMPORARY),
     (409, Nature.PERMANENT), (422, Nature.PERMANENT), (429, Nature.TEMPORARY), (500, Nature.UNKNOWN),
     (502, Nature.TEMPORARY), (503, Nature.TEMPORARY), (504, Nature.TEMPORARY), (507, Nature.UNKNOWN)],
)  # fmt: skip
def test_a_partners_own_status(status: int, expected: Nature) -> None:
    assert nature(Failure(Origin.PARTNER, f"http-{status}", status)) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("soap:Client", Nature.PERMANENT),
        ("env:Client.schema_violation", Nature.PERMANENT),
        ("soapenv:Server", Nature.UNKNOWN),
        ("env:Server.Client", Nature.UNKNOWN),
        ("CODE", Nature.UNKNOWN),
    ],
)
def test_a_partners_own_fault(code: str, expected: Nature) -> None:
    assert nature(Failure(Origin.PARTNER, code)) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, Nature.TEMPORARY), (302, Nature.UNKNOWN), (400, Nature.UNKNOWN), (403, Nature.UNKNOWN),
     (404, Nature.UNKNOWN), (408, Nature.TEMPORARY), (413, Nature.UNKNOWN), (500, Nature.TEMPORARY)],
)  # fmt: skip
def test_a_gateway_may_be_mended_but_is_not_asked_for_ever(status: int | None, expected: Nature) -> None:
    found = Failure(Origin.TRANSPORT, "no-soap", status)
    assert nature(found) is expected
    history, waits = History(0, 0), 0
    while isinstance(after_failure(found, history := history.after(found), TERMS, 0), Again) and waits < 99:
        waits += 1
    assert waits == (99 if expected is Nature.TEMPORARY else TERMS.tries_of_unknown - 1)
    if expected is Nature.UNKNOWN:
        assert after_failure(found, history, TERMS, 0) == Quarantine(Reason.GATEWAY_REFUSED)


@given(failure=failures_that_are(Nature.TEMPORARY), number=tries, unknown=st.integers(0, 100), jitter=jitters)
def test_what_is_temporary_is_never_given_up(
    failure: Failure, number: int, unknown: int, jitter: int
) -> None:
    assert isinstance(after_failure(failure, History(number, unknown), TERMS, jitter), Again)


@given(failure=failures_that_are(Nature.PERMANENT), number=tries, jitter=jitters)
def test_what_is_permanent_is_put_aside_at_once(failure: Failure, number: int, jitter: int) -> None:
    assert after_failure(failure, History(number, 0), TERMS, jitter) == Quarantine(reason(failure))


@given(failure=failures_that_are(Nature.UNKNOWN), before=st.integers(0, 1000), jitter=jitters)
def test_an_unknown_error_gets_exactly_the_stated_tries(failure: Failure, before: int, jitter: int) -> None:
    """Earlier failures of the network do not count against the message."""
    history, sent = History(before, 0), 0
    while True:
        history, sent = history.after(failure), sent + 1
        if isinstance(after_failure(failure, history, TERMS, jitter), Quarantine):
            break
    assert sent == TERMS.tries_of_unknown


@given(failure=failures, number=tries, jitter=jitters)
def test_no_wait_is_negative_or_longer_than_the_cap(failure: Failure, number: int, jitter: int) -> None:
    match after_failure(failure, History(number, 0), TERMS, jitter):
        case Again(after=after):
            assert TERMS.first / 2 <= after <= TERMS.longest


@given(number=tries, low=jitters, high=jitters)
def test_waits_grow_with_tries_and_with_chance(number: int, low: int, high: int) -> None:
    low, high = sorted((low, high))
    assert wait(number, TERMS, low) <= wait(number, TERMS, high)
    assert wait(number, TERMS, low) <= wait(number + 1, TERMS, low)


def test_waits_double_from_one_second_to_five_minutes() -> None:
    seconds = [wait(number, TERMS, 1000).total_seconds() for number in (1, 2, 3, 4, 9, 10, 1000)]
    assert seconds == [1, 2, 4, 8, 256, 300, 300]


def test_a_partner_may_ask_for_more_time_but_not_for_ever() -> None:
    busy = Failure(Origin.PARTNER, "http-503", 503, retry_after=timedelta(seconds=40))
    assert after_failure(busy, History(1, 0), TERMS, 0) == Again(timedelta(seconds=40))
    far = Failure(Origin.PARTNER, "http-503", 503, retry_after=timedelta(days=300))
    assert after_failure(far, History(1, 0), TERMS, 0) == Again(TERMS.longest)


@given(st.text())
def test_a_code_never_carries_free_text(text: str) -> None:
    code = clean_code(text)
    assert code == "unreadable" or (
        code == text.strip() and len(code) <= 120 and code.isascii() and " " not in code
    )


@given(failures)
def test_every_failure_has_a_reason(failure: Failure) -> None:
    assert reason(failure) in Reason


@pytest.mark.parametrize(
    ("origin", "code", "told"),
    [
        ("transport", "timeout", "timeout"),
        ("answer", "wrong-id", "wrong-id"),
        ("content", "seal-broken", "seal-broken"),
        ("partner", "http-503", "http-503"),
        ("partner", "http-999", "other"),
        ("partner", "soap:Server", "other"),
        ("business", "NO", "other"),
        ("security-server", "Server.ServerProxy.IOError", "ioerror"),
        ("security-server", "server.serverproxy.io_error", "ioerror"),
        ("security-server", "server.serverproxy.unknown_service", "unknown-any"),
        ("security-server", "server.serverproxy.access_denied", "accessdenied"),
        ("security-server", "server.serverproxy.some_thing_new", "other"),
    ],
)
def test_figures_know_few_codes(origin: str, code: str, told: str) -> None:
    assert label(origin, code) == told
