"""Whoever has the public keys sees whether a package is what was signed."""

from pathlib import Path

from typer.testing import CliRunner

from services.cases.model.transfers import PACKAGE_FORMAT, PACKAGE_TYPE
from services.kit import detached, keys
from system import cli


def test_a_package_is_checked_by_the_public_keys_of_who_signed_it(tmp_path: Path) -> None:
    folder, package, signature = tmp_path / "keys", tmp_path / "package.json", tmp_path / "package.jws"
    keys.ensure(folder)
    document = detached.canonical({"format": PACKAGE_FORMAT, "case": {"id": "1"}})
    made = detached.Signer(keys.load_signing(folder, keys.PACKAGES), PACKAGE_TYPE).sign(document)
    package.write_bytes(document)
    signature.write_text(made + "\n")
    asked = ["verify-package", str(package), str(signature), "--keys", str(folder / keys.PACKAGES_JWKS)]
    told = CliRunner().invoke(cli.app, asked)
    assert (told.exit_code, told.output) == (0, f"Signed by packages, untouched: {PACKAGE_FORMAT}.\n")
    package.write_bytes(document.replace(b"1", b"2"))
    told = CliRunner().invoke(cli.app, asked)
    assert told.exit_code == 1
    assert told.output.startswith("The signature is not of this package")
    other = tmp_path / "other"
    keys.ensure(other)
    package.write_bytes(document)
    told = CliRunner().invoke(cli.app, [*asked[:-1], str(other / keys.PACKAGES_JWKS)])
    assert told.exit_code == 1
    absent = CliRunner().invoke(cli.app, [*asked[:-1], str(tmp_path / "nowhere.jwks.json")])
    assert (absent.exit_code, "there is no such key file" in absent.output) == (1, True)
