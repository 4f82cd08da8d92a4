"""One serving process per SQLite file: a lock on a file beside it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from livechat_sdk.errors import StoreError, StoreLocked

__all__ = ["ServingLock"]


class ServingLock:
    """A lock on ``<database>.lock``. The system lets go of it when the process dies, however it dies."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}.lock")
        self._database = database
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises ``StoreLocked`` that names the process which has it."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise StoreError(
                f"the folder of the ledger {self._database} does not exist; make it first"
            ) from None
        except OSError as error:
            raise StoreError(f"the lock file {self.path} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreLocked(
                f"the ledger {self._database} is served by process {holder or 'unknown'} already: "
                "one serving process per SQLite file. Stop that one first, or use another file; several "
                "processes share a PostgreSQL database (`store: postgresql://…`)",
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(f"the lock file {self.path} cannot be locked: {error.strerror}") from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock; harmless when it is not held. The file stays: nobody locks a removed one."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
