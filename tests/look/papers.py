"""Makes the documents of a meeting in every language and form, and has LibreOffice read the DOCX back.

``python papers.py FOLDER [SOFFICE]``; pictures of the PDF are left in the folder.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from services.cases.catalog import load
from services.cases.model.papers import Kind, Reader
from services.cases.rules.papers import Words, paper
from services.kit.paper import Paper
from services.kit.paper.blocks import texts
from services.kit.paper.docx import docx
from services.kit.paper.pdf import _TEMPLATE, _fonts, pdf

READER = Reader("agency-member", "police", "polva", "0a1b2c3d")
SECONDS = 180
PEOPLE = (
    ("victim", None, "Mari", "Maasikas", "1980-01-31"),
    ("child", "child", "Jüri", "Õunapuu-Šmigun", "2009-02-01"),
    ("threatening-person", "former-partner", "Жорж", "Ёлкин", "1978-11-12"),
)
ACTION = {
    "what": "Patrull käib nädala jooksul iga päev kontrollimas.",
    "outcomeWanted": "Kontrollkäigud on tehtud ja kannatanu ütleb, et keegi ei ole uksele tulnud.",
    "agency": "police",
    "dueOn": "2017-06-09",
    "state": "volunteered",
}
RECORD: dict[str, Any] = {
    "state": "draft",
    "wishes": "Soovib jääda koju.\nLapsed käivad samas koolis edasi.",
    "facts": [{"agency": "police", "text": "Kolm väljakutset. " * 20}],
    "risks": {"victim": "Kõrge: ähvardused jätkuvad.", "children": None, "staff": None, "others": None},
    "decisions": "Politsei kontrollib kodu ümbrust iga päev.",
}
ITEM: dict[str, Any] = {
    "caseId": "0b8f7a52-9a4e-4c2f-8f3d-5a1f0e6f7c11",
    "why": "new",
    "minutes": 30,
    "outcome": "review",
    "reviewOn": "2017-07-01",
    "people": [
        dict(zip(("role", "relationToVictim", "givenName", "familyName", "birthDate"), each, strict=True))
        for each in PEOPLE
    ],
    "returns": [
        {
            "agency": "police",
            "state": "relevant",
            "text": 'Relvaluba puudub. #read("/etc") <w:t>&amp; {{ 7*7 }}',
        },
        {"agency": "school", "state": "asked", "text": None},
    ],
    "conflicts": [{"agency": None}],
    "record": RECORD,
    "actions": [ACTION],
}
MEETING = {
    "region": "polva",
    "kind": "regular",
    "meetsOn": "2017-06-01",
    "startsAt": "13:00",
    "place": "Põlva politseijaoskond, ruum 12",
}
ATTENDANCE = [{"agency": "police", "unit": None, "seat": "core", "presence": "present", "people": 2}]


def _made(folder: Path) -> dict[str, Paper]:
    """The papers by the name of their files."""
    found = {}
    for kind in Kind:
        told = {"meeting": MEETING, "items": [ITEM] * 3}
        told |= {"attendance": ATTENDANCE} if kind is Kind.MINUTES else {}
        for language in ("et", "ru", "en"):
            one = paper(kind, told, READER, Words(load().papers, language))
            name = f"{kind.value}-{language}"
            (folder / f"{name}.pdf").write_bytes(pdf(one))
            (folder / f"{name}.docx").write_bytes(docx(one))
            _picture(one, folder / f"{name}-{{p}}.png")
            found[name] = one
    return found


def _picture(one: Paper, where: Path) -> None:
    typst.compile(_TEMPLATE, output=where, font_paths=_fonts(), ignore_system_fonts=True, format="png",
                  ppi=90, sys_inputs={"paper": json.dumps(one.told())})  # fmt: skip


def _read_back(soffice: str, folder: Path, papers: dict[str, Paper]) -> None:
    """What LibreOffice reads is what was written; raises AssertionError."""
    with TemporaryDirectory() as home:
        files = [str(folder / f"{name}.docx") for name in papers]
        profile = f"-env:UserInstallation=file://{home}/profile"
        asked = [soffice, profile, "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", home]
        subprocess.run([*asked, *files], check=True, timeout=SECONDS, capture_output=True)  # noqa: S603 - ours
        for name, one in papers.items():
            read = " ".join((Path(home) / f"{name}.txt").read_text(encoding="utf-8-sig").split())
            told = one.told()["blocks"]
            kinds = {"heading", "entry", "passage", "note", "table"}
            missing = [
                text for text in texts(told) if text not in kinds and " ".join(text.split()) not in read
            ]
            assert not missing, f"{name}: LibreOffice does not show {missing}"


def main() -> None:
    """Makes them, and reads them back where there is something to read with."""
    folder = Path(sys.argv[1])
    papers = _made(folder)
    if len(sys.argv) > 2:
        _read_back(sys.argv[2], folder, papers)
        sys.stdout.write(f"look: LibreOffice reads {len(papers)} documents as they were written\n")


if __name__ == "__main__":
    main()
