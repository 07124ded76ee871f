from dataclasses import replace

import pytest

from services.exchange.model.metadata import Operation
from services.exchange.rules import offer

NEEDED = Operation("caseNotice", "v1", "urn:p", "{urn:p}caseNotice", "{urn:p}caseNoticeResponse")


def unmet(*offered: Operation) -> list[tuple[str, str | None]]:
    return [(one.what, one.offered) for one in offer.described("s", NEEDED, offered) if not one.met]


def test_an_offer_that_is_what_we_need_is_met() -> None:
    assert unmet(replace(NEEDED, version="v2", input="{urn:q}x"), NEEDED) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": "v2"}, ("version", "v2")),
        ({"version": None}, ("version", None)),
        ({"namespace": "urn:q"}, ("namespace", "urn:q")),
        ({"input": "{urn:p}other"}, ("input", "{urn:p}other")),
        ({"output": None}, ("output", None)),
    ],
)
def test_what_differs_is_told(change: dict[str, str | None], told: tuple[str, str | None]) -> None:
    assert unmet(replace(NEEDED, **change)) == [told]


def test_without_the_operation_nothing_is_offered() -> None:
    found = unmet(replace(NEEDED, name="other"))
    assert found == [(what, None) for what in ("operation", "version", "namespace", "input", "output")]


@pytest.mark.parametrize(("offered", "allowed"), [(True, True), (True, False), (False, False)])
def test_a_service_is_to_be_there_and_allowed(offered: bool, allowed: bool) -> None:  # noqa: FBT001
    assert [one.met for one in offer.listed("s", offered=offered, allowed=allowed)] == [offered, allowed]


@pytest.mark.parametrize(
    ("endpoint", "met"),
    [
        (("POST", "/v1/notices"), True),
        (("*", "**"), True),
        (("*", "/**"), True),
        (("POST", "/v1/**"), True),
        (("POST", "/v1/*"), True),
        (("POST", "/v1/{kind}"), True),
        (("POST", "/{version}/notices/"), True),
        (("GET", "/v1/notices"), False),
        (("POST", "/v2/**"), False),
        (("POST", "/*"), False),
        (("POST", "/v1/notices/*"), False),
        (("POST", "/v1/notice"), False),
    ],
)
def test_an_endpoint_may_have_wildcards_and_parameters(endpoint: tuple[str, str], met: bool) -> None:  # noqa: FBT001
    assert offer.reachable("s", "endpoint", "POST", "/v1/notices", [("GET", "/x"), endpoint]).met is met
