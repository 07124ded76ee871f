import pytest
from fastapi import Request
from starlette.responses import Response

from services.kit.fresh import fresh


def _asked(*tags: str) -> Request:
    headers = [(b"if-none-match", tag.encode()) for tag in tags]
    return Request({"type": "http", "headers": headers})


def test_the_tag_is_of_the_content_and_the_language() -> None:
    tags = {
        fresh(_asked(), Response(body), language).headers["etag"]
        for body, language in (("a", "et"), ("a", "ru"), ("b", "et"), ("a", "et"))
    }
    assert len(tags) == 3


@pytest.mark.parametrize(
    ("given", "status"), [("*", 304), ('W/"{}"', 304), ('"x", "{}"', 304), ('"x"', 200), ("{}", 200)]
)
def test_what_the_caller_kept_is_not_sent_again(given: str, status: int) -> None:
    tag = fresh(_asked(), Response("a"), "et").headers["etag"]
    again = fresh(_asked(given.format(tag.strip('"'))), Response("a"), "et")
    assert (again.status_code, again.headers["etag"]) == (status, tag)
    assert (again.body == b"") is (status == 304)
