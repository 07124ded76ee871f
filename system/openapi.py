"""The published documents: generated from the services, committed under `openapi/`, compared by a test."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from services.kit.openapi import render

SERVICES: Final = ("cases", "riskscore", "exchange", "indicators")


def document(service: str) -> bytes:
    """A service's document, in the bytes that are committed."""
    content: dict[str, Any] = import_module(f"services.{service}.app").create_app().openapi()
    return render(content)


def write(folder: Path) -> list[Path]:
    """Writes every document; the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for service in SERVICES:
        path, fresh = folder / f"{service}.json", document(service)
        if not path.exists() or path.read_bytes() != fresh:
            path.write_bytes(fresh)
            changed.append(path)
    return changed


def read(folder: Path, service: str) -> dict[str, Any]:
    """A committed document."""
    content: dict[str, Any] = json.loads((folder / f"{service}.json").read_bytes())
    return content
