import json
import os
import secrets
from pathlib import Path


class Passwords:
    """Database passwords by role, made when first asked for and kept in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, role: str) -> str:
        """Give the password of `role`; 256 random bits, safe inside a URL."""
        known = self._read()
        if role not in known:
            known[role] = secrets.token_urlsafe(32)
            self._write(known)
        return known[role]

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        return {str(role): str(word) for role, word in json.loads(self._path.read_text()).items()}

    def _write(self, passwords: dict[str, str]) -> None:
        new = self._path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(passwords, file, indent=2, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
