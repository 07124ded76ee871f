import pytest

from services.exchange.model.xroad import ClientId, Headers, ServiceId


@pytest.mark.parametrize(
    "text",
    ["ee-dev/GOV/70008747/polis", "EE/GOV/70008747", "EE/COM/1/a%2Fb", "EE/GOV/7/%C3%B5", "EE/GOV/7/a%20b"],
)
def test_a_client_is_printed_as_it_was_read(text: str) -> None:
    assert str(ClientId.parse(text)) == text


def test_two_spellings_are_one_client() -> None:
    assert ClientId.parse("EE/GOV/7/a%2db") == ClientId.parse("EE/GOV/7/a-b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EE/GOV",
        "EE/GOV/1/a/b",
        "EE//1/a",
        "EE/GOV/1/",
        "EE/GOV/1/%20",
        "EE/GOV/1/%00",
        "EE/GOV/1/%FF",
        "EE/GOV/1/a b",
        "EE/GOV/1/a%2",
        "EE/GOV/1/õ",
        "EE/GOV/1/" + "a" * 300,
    ],
)
def test_what_is_no_client_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="X-Road"):
        ClientId.parse(text)


def test_a_service_without_version_has_its_own_name() -> None:
    provider = ClientId.parse("EE/GOV/1/a")
    assert ServiceId(provider, "submitReferral", "v1").name == "submitReferral.v1"
    assert ServiceId(provider, "submitReferral", None).name == "submitReferral"


def test_only_fields_that_were_there_are_recorded() -> None:
    headers = Headers(ClientId.parse("EE/GOV/1/a"), "id-1", issue="")
    assert headers.record() == {"client": "EE/GOV/1/a", "id": "id-1", "issue": ""}
