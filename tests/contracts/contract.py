"""What the published documents promise, and whether an answer keeps it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import httpx
from jsonschema import Draft202012Validator

from services.exchange.routes import rest_documents
from system import openapi

ROOT = Path(__file__).resolve().parents[2]
#: The REST side of the X-Road listener has a document of its own; exchange serves it.
MARAC = "marac"
DOCUMENTS = (*openapi.SERVICES, MARAC)
#: Shorter texts stand in any answer by chance.
SHORTEST = 6
_PROBLEM = re.compile(r"^\| (`[a-z0-9`, -]+`) \| (\d{3}) \|", re.MULTILINE)
_CODE = re.compile(r"^\| (`[a-z0-9`, -]+`) \| [^|]+ \|$", re.MULTILINE)


@cache
def document(name: str) -> Mapping[str, Any]:
    """A published document: of a service, or of ``marac``."""
    return rest_documents.document() if name == MARAC else openapi.read(ROOT / "openapi", name)


def served_by(name: str) -> str:
    """The service that keeps the promises of a document."""
    return "exchange" if name == MARAC else name


def operations(name: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path template and operation, of a whole document."""
    for path, methods in document(name)["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@cache
def operation(name: str, operation_id: str) -> Mapping[str, Any]:
    """An operation by its id."""
    return next(each for _, _, each in operations(name) if each["operationId"] == operation_id)


def validator(name: str, schema: Mapping[str, Any]) -> Draft202012Validator:
    """A judge for a schema that points into its document."""
    whole = {**schema, "components": document(name)["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def statuses() -> Mapping[str, int]:
    """Every documented problem with its status."""
    rows = _PROBLEM.findall(_problems())
    return {slug: int(status) for slugs, status in rows for slug in re.findall("[a-z-]+", slugs)}


@cache
def codes() -> frozenset[str]:
    """Every documented code of a field error."""
    return frozenset(code for row in _CODE.findall(_problems()) for code in re.findall("[a-z0-9-]+", row))


def _problems() -> str:
    return (ROOT / "docs" / "problems.md").read_text()


@cache
def our_words() -> str:
    """What may stand in an answer whoever wrote it to us: documents and lists of ours."""
    folders = (ROOT / "docs", ROOT / "openapi", *(ROOT / "services").glob("*/data"))
    return "\n".join(path.read_text() for folder in folders for path in folder.rglob("*") if path.is_file())


def repeats(text: str, sent: str) -> bool:
    """Whether a text has something of what was sent, and not because these are our own words."""
    sent = sent.strip()
    spelled = {sent, json.dumps(sent)[1:-1], json.dumps(sent, ensure_ascii=False)[1:-1], escape(sent)}
    return len(sent) >= SHORTEST and sent not in our_words() and any(each in text for each in spelled)


def broken(answer: httpx.Response, name: str, operation_id: str) -> str | None:
    """What a refusal lacks to be one that is documented; None when it is in order."""
    promised = operation(name, operation_id)["responses"]
    if str(answer.status_code) not in promised:
        return f"{answer.status_code} is not promised"
    if answer.headers["content-type"] != "application/problem+json":
        return f"{answer.status_code} is {answer.headers['content-type']}"
    body = answer.json()
    if statuses().get(body["type"].rpartition(":")[2]) != answer.status_code == body["status"]:
        return f"{body['type']} is not a documented problem with {answer.status_code}"
    unknown = {error["code"] for error in body.get("errors", ())} - codes()
    if unknown:
        return f"{sorted(unknown)} are not documented"
    if UUID(body["instance"].removeprefix("urn:uuid:")) != UUID(answer.headers["x-request-id"]):
        return "the instance is not the request's id"
    return None
