"""Signing in: passwords (argon2) and sessions that are kept on the server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from livechat_sdk.domain.base import Model, Timestamp, utc_text
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import NotSignedIn
from livechat_sdk_helvia.hub import session_topic
from livechat_sdk_helvia.records import DeskUser, from_row
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = [
    "IDLE_LIFETIME",
    "LIFETIME",
    "Passwords",
    "Session",
    "Sessions",
    "SignedIn",
    "token_hash",
]

LIFETIME: Final = timedelta(hours=24)
"""A session ends after this time, used or not (the platform's user tokens live 24 h)."""

IDLE_LIFETIME: Final = timedelta(hours=12)
"""A session ends when it was not used for this time. An open page counts as use."""

_TOUCH_AFTER: Final = timedelta(minutes=1)
_MAX_PASSWORD: Final = 1000
_MAX_TOKEN: Final = 200


def token_hash(token: str) -> str:
    """What is stored of a random token: it cannot be turned back, and needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


class Passwords:
    """Hashes and checks passwords off the event loop, a few at a time (64 MiB each)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._gate = asyncio.Semaphore(2)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is right. Takes as long for an unknown account (``None``) as for any other."""
        if len(password) > _MAX_PASSWORD:
            return False
        async with self._gate:
            if stored is None:
                if self._decoy is None:
                    self._decoy = await asyncio.to_thread(self._hasher.hash, secrets.token_urlsafe())
                await asyncio.to_thread(self._verify, self._decoy, password)
                return False
            return await asyncio.to_thread(self._verify, stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with weaker settings than today's."""
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return True

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


class Session(Model):
    """A session: who, since when, and the token that every form of its pages carries."""

    token_hash: str
    user_id: int
    kind: Literal["page", "api"]
    csrf_token: str
    created_at: Timestamp
    last_seen_at: Timestamp

    def has_csrf_token(self, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf_token.encode(), token.encode())


class SignedIn(Model):
    """Somebody who is signed in, and the session that says so."""

    user: DeskUser
    session: Session


class Sessions:
    """Server-side sessions. The browser or program holds a random token, the table only its hash."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    async def start(self, user: DeskUser, kind: Literal["page", "api"]) -> str:
        """A new session with a fresh token, which is returned and nowhere stored."""
        token, now = secrets.token_urlsafe(32), self._desk.now_text()
        insert = self._desk.statement(
            """
            INSERT INTO desk_sessions (workspace, integration, token_hash, user_id, kind, csrf_token,
                                       created_at, last_seen_at)
            VALUES (:workspace, :integration, :token_hash, :user_id, :kind, :csrf_token, :now, :now)
            """,
            token_hash=token_hash(token),
            user_id=user.id,
            kind=kind,
            csrf_token=secrets.token_urlsafe(32),
            now=now,
        )
        expired = self._desk.statement(
            """
            DELETE FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration
              AND (created_at <= :too_old OR last_seen_at <= :too_idle)
            """,
            too_old=utc_text(self._desk.now() - LIFETIME),
            too_idle=utc_text(self._desk.now() - IDLE_LIFETIME),
        )
        told = audit_entry(self._desk, user, "session.started", f"user:{user.id}", kind=kind)
        await self._desk.database.commit([insert, expired, told])
        return token

    async def find(self, token: str, kind: Literal["page", "api"]) -> SignedIn:
        """Who holds ``token``. Raises ``NotSignedIn``: unknown, expired, signed out, account switched off."""
        hint = "Sign in again."
        if not token or len(token) > _MAX_TOKEN:
            raise NotSignedIn("Nobody is signed in.", hint=hint)
        row = await self._desk.first(
            "SELECT s.token_hash, s.user_id, s.kind, s.csrf_token, s.created_at, s.last_seen_at,"
            " u.id, u.email, u.name, u.roles, u.active,"
            " COALESCE((SELECT m.away FROM desk_members m WHERE m.workspace = u.workspace"
            " AND m.integration = u.integration AND m.user_id = u.id), 0) AS away,"
            + GROUP_ROLES
            + """
            FROM desk_sessions s
            JOIN desk_users u
              ON u.workspace = s.workspace AND u.integration = s.integration AND u.id = s.user_id
            WHERE s.workspace = :workspace AND s.integration = :integration AND s.token_hash = :token_hash
              AND s.kind = :kind
            """,
            token_hash=token_hash(token),
            kind=kind,
        )
        if row is None:
            raise NotSignedIn("Nobody is signed in.", hint=hint)
        found = SignedIn(user=from_row(DeskUser, row), session=from_row(Session, row))
        now = self._desk.now()
        session = found.session
        if now >= session.created_at + LIFETIME or now >= session.last_seen_at + IDLE_LIFETIME:
            raise NotSignedIn("Your session has expired.", hint=hint)
        if not found.user.active:
            raise NotSignedIn("This account can no longer sign in.", hint="Ask a LiveChat Admin.")
        if now - session.last_seen_at >= _TOUCH_AFTER:
            await self._touch(session)
        return found

    async def end(self, token: str, by: DeskUser | None = None) -> None:
        """Sign out: the token is worthless from now on. ``by`` says who, when they did it on purpose."""
        delete = self._desk.statement(
            """
            DELETE FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration AND token_hash = :token_hash
            """,
            token_hash=token_hash(token),
        )
        renewal = self._desk.statement(
            """
            DELETE FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND session_hash = :token_hash
            """,
            token_hash=token_hash(token),
        )
        told = [audit_entry(self._desk, by, "session.ended", f"user:{by.id}")] if by else []
        await self._desk.database.commit([delete, renewal, *told])
        self._desk.hub.publish(session_topic(token_hash(token)), "ended")

    async def end_all(
        self, user_id: int, *, but: Session | None = None, together_with: Sequence[Statement] = ()
    ) -> None:
        """End every session of an account, on pages and in programs; open pages learn of it at once.

        ``but`` goes on. ``together_with`` is committed in the same commit, before.
        """
        kept = but.token_hash if but else ""
        rows = await self._desk.fetch(
            """
            SELECT token_hash FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
              AND token_hash <> :kept
            """,
            user_id=user_id,
            kept=kept,
        )
        delete = self._desk.statement(
            """
            DELETE FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
              AND token_hash <> :kept
            """,
            user_id=user_id,
            kept=kept,
        )
        renewals = self._desk.statement(
            """
            DELETE FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
              AND session_hash <> :kept
            """,
            user_id=user_id,
            kept=kept,
        )
        await self._desk.database.commit([*together_with, delete, renewals])
        for row in rows:
            self._desk.hub.publish(session_topic(str(row["token_hash"])), "ended")

    async def _touch(self, session: Session) -> None:
        update = self._desk.statement(
            """
            UPDATE desk_sessions SET last_seen_at = :now
            WHERE workspace = :workspace AND integration = :integration AND token_hash = :token_hash
            """,
            token_hash=session.token_hash,
            now=self._desk.now_text(),
        )
        await self._desk.database.commit([update])
