"""Getting rid of what deleted rows leave in the files of an SQLite database.

Deleted rows are overwritten at once (``secure_delete``), but the write-ahead log keeps the pages as they were
until it is emptied, and rows that SQLite had moved to another page before leave a copy in unused space. Only
writing the file anew (``VACUUM``) removes such copies.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Final

from livechat_sdk.ledger.sqlite.connection import SqliteFile, explain

__all__ = ["scrub"]

_PAUSE: Final = 0.2


def scrub(file: SqliteFile, *, compact: bool, patience: float) -> bool:
    """Empty the write-ahead log; with ``compact`` write the file anew before that. Blocks.

    False when other programs read an older state of the file for longer than ``patience`` seconds: then the
    log could not be emptied. Raises ``StoreError``: a file that is written anew needs its own size in free
    space, and nobody else can write meanwhile.
    """
    with closing(file.open(write=True).connection) as db:
        try:
            if compact:
                db.execute("VACUUM")
            # Whoever empties the log holds up the writers while waiting for readers: never for long.
            db.execute("PRAGMA busy_timeout = 20")
            give_up = time.monotonic() + patience
            while True:
                (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return True
                if time.monotonic() >= give_up:
                    return False
                time.sleep(_PAUSE)
        except sqlite3.Error as error:
            raise explain(error, file.path) from None
