"""What PostgreSQL's errors mean to people."""

from __future__ import annotations

import asyncpg

from livechat_sdk.errors import LivechatError, StoreError

__all__ = ["DRIVER", "explain", "is_lost", "is_race"]

_GOING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
DRIVER = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the driver itself says of a connection that is of no use; the second of one that the server has just
ended, while the driver still waits for its last words."""
_RACES = (
    asyncpg.UniqueViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, so that another one may do better."""
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error)  # else the driver does not like what it was asked
    return isinstance(error, (*_GOING, *DRIVER)) and not isinstance(error, TimeoutError)


def is_race(error: BaseException) -> bool:
    """Whether others were in the way: the same again may well succeed, and nothing was written."""
    return isinstance(error, _RACES)


_TEXTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (TimeoutError, "the ledger at {label} does not answer in time; look at the network and the server"),
    (
        (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError),
        "the ledger at {label} refuses the log-in; look at user and password in `store`",
    ),
    (asyncpg.InvalidCatalogNameError, "there is no such database: {label}; make it first (createdb)"),
    (
        (asyncpg.TooManyConnectionsError, asyncpg.ConfigurationLimitExceededError),
        "the ledger at {label} has no connection to spare; raise max_connections",
    ),
    (
        (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError),
        "the ledger at {label} is locked by others for too long; end their transaction",
    ),
    (
        asyncpg.DiskFullError,
        "there is no space left for the ledger at {label}; free some, nothing is accepted until then",
    ),
    (asyncpg.ReadOnlySQLTransactionError, "the ledger at {label} can only be read: {message}"),
    (_GOING, "the ledger at {label} cannot be reached; look at the network and the server"),
    (asyncpg.DataError, "a value does not fit its place in a statement for the ledger at {label}"),
    (asyncpg.PostgresError, "the ledger at {label} refused a statement: {message}"),
    (DRIVER, "the ledger at {label} cannot be reached; look at the network and the server"),
)


def explain(error: Exception, label: str) -> Exception:
    """A ``StoreError`` that says what happened and what to do; errors of our own stay as they are.

    Values never appear: only the server's message is repeated, not its details, and nothing that the driver
    says about a value.
    """
    if isinstance(error, LivechatError):
        return error
    if isinstance(error, asyncpg.InterfaceError) and not is_lost(error):
        return StoreError(f"the driver refuses a statement for the ledger at {label}: its values do not fit")
    for kinds, text in _TEXTS:
        if isinstance(error, kinds):
            return StoreError(text.format(label=label, message=_message(error)))
    return error


def _message(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
