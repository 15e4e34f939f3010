"""A real PgBouncer in front of a test's PostgreSQL. Where it is missing, the distribution's package is installed."""

from __future__ import annotations

import functools
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from extractor.browser.finder import as_root
from extractor.local import os_user
from extractor.local.child_process import ChildProcess
from extractor.local.waiting import wait_until
from tests.support.certificate import write_certificate

PLACES = ("/usr/sbin", "/opt/homebrew/bin", "/usr/local/bin")
START_SECONDS = 20.0
MODES = ("session", "transaction", "statement")
CONFIGURATION = """
[databases]
{databases}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
default_pool_size = 20
server_round_robin = {round_robin:d}
"""
TLS = """
client_tls_sslmode = {mode}
client_tls_cert_file = {directory}/server.crt
client_tls_key_file = {directory}/server.key
"""


@functools.cache
def ensure_pgbouncer() -> Path:
    """Find PgBouncer, or install it as `ensure_browser` does Chromium; raises with what a person has to install."""
    found = _find()
    root = as_root()
    if found is None and shutil.which("apt-get") and root is not None:
        apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        subprocess.run([*apt, "update"], check=False, capture_output=True, timeout=300)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", "pgbouncer"], check=True, timeout=300)
        found = _find()
    if found is None:
        raise RuntimeError("These tests need PgBouncer: `apt install pgbouncer` or `brew install pgbouncer`.")
    return found


@contextmanager
def pgbouncer(
    url: str, directory: Path, *, round_robin: bool = False, tls: str | None = None
) -> Iterator[dict[str, str]]:
    """Run one before the database of `url`; yields its addresses by pool mode, and `session_of_one` for a pool of 1.

    `tls` is `allow` or `require`; its certificate is for `tests.support.certificate.NAME`.
    """
    target = urlsplit(url)
    server = f"host={target.hostname} port={target.port} user={target.username} password={target.password}"
    server += f" dbname={target.path[1:]}"
    lines = [f"{mode} = {server} pool_mode={mode}" for mode in MODES]
    lines += [f"{mode}_of_one = {server} pool_mode={mode} pool_size=1" for mode in MODES]
    port = _free_port()
    directory.mkdir()
    file = directory / "pgbouncer.ini"
    user = os_user.unprivileged_user()
    configuration = CONFIGURATION.format(databases="\n".join(lines), port=port, round_robin=round_robin)
    if tls:
        write_certificate(directory, user)
        configuration += TLS.format(mode=tls, directory=directory)
    file.write_text(configuration)
    output = directory / "pgbouncer.log"
    with ChildProcess([ensure_pgbouncer(), file], user=user, output=output, environment={"PATH": os.defpath}):
        wait_until(lambda: _listens(port), what=f"PgBouncer does not listen, see {output}", seconds=START_SECONDS)
        names = re.findall(r"(?m)^(\S+) = host", file.read_text())
        address = f"postgresql://{target.username}:any@127.0.0.1:{port}"
        yield {name: f"{address}/{name}" for name in names}


def fill_pool(url: str, processes: int) -> None:
    """Let a pool have this many processes of the server, as after some traffic."""
    with ExitStack() as stack:
        for _ in range(processes):
            connection = stack.enter_context(psycopg.connect(url, prepare_threshold=None))
            connection.execute("SELECT 1")  # in a transaction, which keeps its process


def _find() -> Path | None:
    found = shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), *PLACES)))
    return Path(found) if found else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
