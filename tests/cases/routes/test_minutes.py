"""Minutes: of a meeting that was held, to who has signed, by what each reader may see; also as documents."""

from io import BytesIO
from typing import Any

from docx import Document

from services.kit.paper import Form
from tests.cases.routes.network import CHAIR, COORDINATOR, ELSEWHERE, POLICE, PROBATION, Network, slug
from tests.cases.statements import heard

SAID = {
    "wishes": 'Soovib jääda koju. #read("/etc/passwd") {{ 7*7 }} <w:t>&amp;',
    "facts": [{"agency": "police", "text": "Kolm väljakutset."}],
    "risks": {"victim": "Kõrge.", "children": None, "staff": None, "others": None},
    "decisions": "Politsei kontrollib.\nKriminaalhooldus kohtub.",
}
DECISIONS = ("Politsei kontrollib.", "Kriminaalhooldus kohtub.")


async def _held(network: Network) -> tuple[Any, Any, Any]:
    """A meeting of today with two cases; the police take part in the first, whose record is closed."""
    meeting = await network.meeting("2017-05-04")
    shared = await network.put(meeting, await network.case("police", "probation"))
    other = await network.put(meeting, await network.case("probation"))
    for by in (COORDINATOR, CHAIR, POLICE, PROBATION):
        assert (await network.sign(meeting, by)).status_code == 201
    path = f"/meetings/{meeting['id']}"
    [invited, *_] = (await network.do(f"{path}/invitations")).json()["items"]
    there = {"presence": "present", "people": 2}
    await network.do(f"/invitations/{invited['id']}/attendance", there, invited["version"], method="PUT")
    for item, said in ((shared, SAID), (other, {**SAID, "wishes": "Muu juhtumi soov."})):
        record = f"/agenda-items/{item['id']}/discussion"
        assert (await network.do(record, said, method="PUT")).status_code == 200
    told = {"outcome": "review", "reviewOn": "2017-06-01"}
    await network.do(f"/agenda-items/{shared['id']}/discussion/close", told, 1, by=CHAIR)
    action = {"what": "Käib kontrollimas.", "outcomeWanted": "Rahulik.", "dueOn": "2017-05-20"}
    asked = {**action, "agency": "police", "meetingId": meeting["id"]}
    await network.made(f"/cases/{shared['caseId']}/actions", asked)
    await network.made(f"/cases/{shared['caseId']}/actions", {**action, "what": "Teisest koosolekust."})
    return meeting, shared, other


async def _hold(network: Network, meeting: Any) -> None:
    for version, verb in enumerate(("close-agenda", "hold"), 1):
        path = f"/meetings/{meeting['id']}/steps/{verb}"
        assert (await network.do(path, {"reason": None}, version)).status_code == 200


async def _paper(network: Network, path: str, by: str, form: Form, language: str = "et") -> Any:
    headers = {"Accept": form.value, "Accept-Language": language}
    return await network.served.ask(path, by, headers=headers)


def _words(answer: Any) -> str:
    pages = Document(BytesIO(answer.content))
    cells = [cell.text for table in pages.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in pages.paragraphs] + cells)


async def test_minutes_are_of_a_meeting_that_was_held_and_to_who_signed(network: Network) -> None:
    meeting, shared, other = await _held(network)
    path = f"/meetings/{meeting['id']}/minutes"
    assert slug(await network.get(path)) == "meeting-not-held"
    await _hold(network, meeting)
    await network.do(
        f"/cases/{shared['caseId']}/conflicts", {"kind": "relative", "reason": "Õde."}, by=POLICE
    )
    answer = await network.get(path)
    assert answer.status_code == 200, answer.text
    minutes = answer.json()
    assert (minutes["meeting"]["state"], minutes["meeting"]["meetsOn"]) == ("held", "2017-05-04")
    assert [each["presence"] for each in minutes["attendance"]].count("present") == 1
    first, second = minutes["items"]
    assert ([first["id"], second["id"]], first["outcome"], first["reviewOn"]) == (
        [shared["id"], other["id"]], "review", "2017-06-01",
    )  # fmt: skip
    assert {name: first["record"][name] for name in SAID} == SAID
    assert (first["record"]["state"], second["record"]["state"]) == ("closed", "draft")
    assert first["conflicts"] == [{"agency": "police", "declaredOn": "2017-05-04"}]
    assert [(each["what"], each["agency"], each["dueOn"]) for each in first["actions"]] == [
        ("Käib kontrollimas.", "police", "2017-05-20")
    ]
    assert second["conflicts"] == second["actions"] == []
    seen = {by: (await network.get(path, by)).json()["items"] for by in (CHAIR, POLICE, PROBATION)}
    assert {by: [each["id"] for each in items] for by, items in seen.items()} == {
        CHAIR: [shared["id"], other["id"]], POLICE: [], PROBATION: [shared["id"], other["id"]],
    }  # fmt: skip
    # whose sister it is, is for who leads the network; that somebody left, for all
    assert seen[PROBATION][0]["conflicts"] == [{"agency": None, "declaredOn": "2017-05-04"}]
    assert (await network.get(path, ELSEWHERE)).status_code == 404
    late = await network.meeting("2017-05-04")
    assert slug(await network.get(f"/meetings/{late['id']}/minutes")) == "confidentiality-unsigned"


async def test_each_copy_is_a_document_of_what_its_reader_may_see(network: Network) -> None:
    meeting, shared, other = await _held(network)
    await _hold(network, meeting)
    path = f"/meetings/{meeting['id']}/minutes"
    copies = {}
    for by in (COORDINATOR, POLICE):
        answer = await _paper(network, path, by, Form.DOCX)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == Form.DOCX.value
        assert answer.headers["content-disposition"] == 'attachment; filename="get-minutes.docx"'
        assert (answer.headers["cache-control"], answer.headers["content-language"]) == ("no-store", "et")
        assert answer.content == (await _paper(network, path, by, Form.DOCX)).content
        copies[by] = _words(answer)
    for text in (
        SAID["wishes"],
        *DECISIONS,
        "Käib kontrollimas.",
        "20.05.2017",
        "01.06.2017",
        shared["caseId"],
    ):
        assert all(str(text) in copy for copy in copies.values()), text
    for text in (other["caseId"], "Muu juhtumi soov."):
        assert text in copies[COORDINATOR]
        assert text not in copies[POLICE]
    assert all("Teisest koosolekust." not in copy for copy in copies.values())
    pages = {
        language: await _paper(network, path, COORDINATOR, Form.PDF, language)
        for language in ("et", "ru", "en")
    }
    for language, answer in pages.items():
        assert answer.headers["content-language"] == language
        assert answer.content.startswith(b"%PDF-1.7")
        assert f"/Lang({language})".encode() in answer.content
    rows = await network.served.world.rows(
        "select actor, operation, action, fields from audit where action like 'export-%' order by recorded_at"
    )
    assert [(row["actor"], row["operation"], row["action"]) for row in rows] == [
        *((by, "get_minutes", "export-docx") for by in (COORDINATOR, COORDINATOR, POLICE, POLICE)),
        *((COORDINATOR, "get_minutes", "export-pdf") for _ in range(3)),
    ]
    assert {tuple(row["fields"]) for row in rows} == {("basic", "identity", "narrative", "risk")}


async def test_longer_minutes_take_no_more_statements(network: Network) -> None:
    counts = []
    short = await network.meeting("2017-05-04")
    await network.put(short, await network.case("police"))
    await network.sign(short, COORDINATOR)
    for meeting in (short, (await _held(network))[0]):
        await _hold(network, meeting)
        with heard(network.served.app.state.database) as told:
            assert (await network.get(f"/meetings/{meeting['id']}/minutes")).status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]


async def test_a_protected_value_is_on_no_copy_of_who_may_not_be_told(network: Network) -> None:
    case = await network.case("police")
    people = (await network.get(f"/cases/{case}/people")).json()["items"]
    victim = next(one["personId"] for one in people if one["role"] == "victim")
    entry = {
        "personId": victim,
        "role": "victim",
        "category": "address",
        "source": "victim",
        "protected": True,
    }
    where = {"address": "Kase tn 5-3, Põlva linn", "kind": "shelter"}
    await network.made(f"/cases/{case}/entries", {**entry, "value": where})
    meeting = await network.meeting("2017-05-04")
    item = await network.put(meeting, case)
    for by in (COORDINATOR, CHAIR):
        await network.sign(meeting, by)
    said = {**SAID, "decisions": "Viia ta Kase tänavale majja 5."}
    record = f"/agenda-items/{item['id']}/discussion"
    assert (await network.do(record, said, method="PUT")).status_code == 200
    await _hold(network, meeting)
    path = f"/meetings/{meeting['id']}/minutes"
    whole, cut = [await _paper(network, path, by, Form.DOCX) for by in (COORDINATOR, CHAIR)]
    assert ("Kase tänavale" in _words(whole), whole.headers.get("withheld")) == (True, None)
    assert cut.headers["withheld"] == '"/items/0/record/decisions";kind=address'
    assert "Kase" not in _words(cut)
    assert "Viia ta ⟦varjatud aadress / скрытый адрес / withheld address⟧." in _words(cut)
    page = await _paper(network, path, CHAIR, Form.PDF)
    assert b"pdfuaid" in page.content  # the mark can be read to everybody
