"""`turvavork verify-package`: a package is what was signed, by the public keys alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.cases.model.transfers import PACKAGE_FORMAT, PACKAGE_TYPE
from services.kit import detached, keys, strictjson
from services.kit.problem import Malformed

KEYS: Final = keys.PACKAGES_JWKS


def verify(package: Path, signature: Path, keys_file: Path, say: Callable[[str], None]) -> bool:
    """Says what was found; whether the package is untouched. OSError, KeyFileError for files of no use."""
    document = package.read_bytes()
    public = keys.load_jwks(keys_file.parent, keys_file.name)
    try:
        key = detached.verify(document, signature.read_text(encoding="ascii"), public, PACKAGE_TYPE)
    except (detached.SignatureWrong, UnicodeDecodeError) as error:
        say(f"The signature is not of this package: {error}.")
        return False
    form = _form(document)
    say(f"Signed by {key}, untouched: {form or 'of no known form'}.")
    return form == PACKAGE_FORMAT


def _form(document: bytes) -> str | None:
    try:
        content = strictjson.loads(document)
    except Malformed:
        return None
    form = content.get("format") if isinstance(content, dict) else None
    return form if isinstance(form, str) else None
