"""A PostgreSQL server for tests, where its programs are installed: in a temporary folder, for one run."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

NO_POSTGRESQL = "install PostgreSQL's server and `pip install 'hugang[postgresql]'`"
"""Ends the reason of every test that was skipped for want of a PostgreSQL server."""


def server_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it, or the driver, is not installed."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return None
    found = [
        Path(one).resolve() for one in (shutil.which("postgres"), shutil.which("initdb")) if one
    ]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return next((one.parent for one in found if (one.parent / "initdb").exists()), None)


@contextmanager
def postgresql(programs: Path) -> Iterator[URL]:
    """Run a server; its address names a database in which others can be made."""
    # It refuses to run as root, and a socket's path may have about 100 letters.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="hugang-pg-"))
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    pg_ctl = str(programs / "pg_ctl")
    try:
        run(str(programs / "initdb"), "-D", data, "-U", "hugang", "-A", "trust", "-E", "UTF8", "-N")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run(pg_ctl, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield URL.create("postgresql+psycopg", "hugang", None, "127.0.0.1", port, "postgres")
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: URL, name: str) -> URL:
    """Make an empty database on a server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name)
