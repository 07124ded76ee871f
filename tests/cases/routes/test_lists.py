"""Published lists over HTTP."""

from typing import Any


async def test_a_list_may_be_kept_and_asked_about_in_each_language(served: Any) -> None:
    first = await served.ask("/code-lists/codes.role", headers={"Accept-Language": "en"})
    assert (first.status_code, first.headers["content-language"]) == (200, "en")
    assert first.headers["cache-control"].startswith("private, max-age=")
    assert first.json()["entries"][0]["text"] == "Victim"
    kept = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
    again = await served.ask("/code-lists/codes.role", headers={"Accept-Language": "en", **kept})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await served.ask("/code-lists/codes.role", headers={"Accept-Language": "ru", **kept})
    assert (other.status_code, other.json()["entries"][0]["text"]) == (200, "Пострадавший")


async def test_who_holds_any_office_reads_them_and_nobody_else(served: Any) -> None:
    for path in ("/code-lists", "/lifecycles", "/lifecycles/case"):
        answer = await served.ask(path, "dev:programme-officer::", purpose="statistics")
        assert answer.status_code == 200, path
    assert (await served.ask("/lifecycles/no-such")).status_code == 404
    assert (await served.http.get("/api/cases/v1/code-lists")).status_code == 401
