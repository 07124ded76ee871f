"""`turvavork verify-package`: a package is what was signed, by the public keys alone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer


def verify_package(
    package: Annotated[Path, typer.Argument(help="The document, byte for byte as it was read.")],
    signature: Annotated[Path, typer.Argument(help="Its detached signature: the header X-JWS-Signature.")],
    keys_file: Annotated[
        Path | None,
        typer.Option("--keys", help="The sender's packages.jwks.json; without it that of the data folder."),
    ] = None,
    data: Annotated[Path, typer.Option(envvar="TURVAVORK_DATA", help="The data folder.")] = Path("var"),
) -> None:
    """Check that a package of a transferred case is what the installation before has signed."""
    from services.kit.keys import PACKAGES_JWKS, KeyFileError  # noqa: PLC0415

    folder = Path(os.environ.get("TURVAVORK_KEYS", data / "keys"))
    try:
        is_untouched = verify(package, signature, keys_file or folder / PACKAGES_JWKS, typer.echo)
    except (KeyFileError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if is_untouched else 1)


def verify(package: Path, signature: Path, keys_file: Path, say: Callable[[str], None]) -> bool:
    """Says what was found; whether the package is untouched. OSError, KeyFileError for files of no use."""
    from services.cases.model.transfers import PACKAGE_FORMAT, PACKAGE_TYPE  # noqa: PLC0415
    from services.kit import detached, keys  # noqa: PLC0415

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
    from services.kit import strictjson  # noqa: PLC0415
    from services.kit.problem import Malformed  # noqa: PLC0415

    try:
        content = strictjson.loads(document)
    except Malformed:
        return None
    form = content.get("format") if isinstance(content, dict) else None
    return form if isinstance(form, str) else None
