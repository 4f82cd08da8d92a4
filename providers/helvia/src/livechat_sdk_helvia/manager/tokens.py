"""Tokens of programs that speak the published manager's API: people log in, services are configured."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import SecretStr

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import Expect
from livechat_sdk_helvia.accounts import Accounts
from livechat_sdk_helvia.auth import Sessions, token_hash
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import NotSignedIn
from livechat_sdk_helvia.records import DeskUser, Role

__all__ = ["REFRESH_LIFETIME", "SERVICE", "Login", "ManagerTokens"]

REFRESH_LIFETIME: Final = timedelta(days=7)
"""How long a refresh token can be used (the platform's live 7 days)."""

SERVICE: Final = DeskUser(
    id=0, email="service@localhost", name="Service", roles=frozenset({Role.ADMIN}), active=True
)
"""Who acts with a service token, in the audit log. Nobody can sign in as it."""

_MAX_TOKEN: Final = 4000


@dataclass(frozen=True, slots=True)
class Login:
    """What a login or a refresh gives out. The tokens are stored nowhere."""

    user: DeskUser
    token: str
    refresh_token: str


class ManagerTokens:
    """Logins with a second token that renews them once, and the tokens of services from the settings."""

    def __init__(
        self, desk: DeskContext, accounts: Accounts, sessions: Sessions, services: Sequence[SecretStr]
    ) -> None:
        self._desk = desk
        self._accounts = accounts
        self._sessions = sessions
        self._services = [_digest(secret.get_secret_value()) for secret in services]

    def is_service(self, token: str) -> bool:
        """Whether ``token`` is one of the configured ones. Takes as long for every token."""
        if len(token) > _MAX_TOKEN:
            return False
        given = _digest(token)
        matches = [hmac.compare_digest(given, known) for known in self._services]
        return any(matches)

    async def log_in(self, email: str, password: str, *, address: str) -> Login:
        """Check a password and start a session. Raises ``NotSignedIn``, ``TooManyAttempts``."""
        return await self._start(await self._accounts.sign_in(email, password, address=address))

    async def refresh(self, refresh_token: str) -> Login:
        """A fresh pair of tokens for the one of the last login, which is used up; its session ends.

        Raises ``NotSignedIn``: unknown, used, expired, signed out, or the account was switched off.
        """
        refused = NotSignedIn("This refresh token is not valid any more.", hint="Log in again.")
        hashed = token_hash(refresh_token[:_MAX_TOKEN])
        row = await self._desk.first(
            """
            SELECT user_id, session_hash FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND token_hash = :token_hash
              AND created_at > :too_old
            """,
            token_hash=hashed,
            too_old=utc_text(self._desk.now() - REFRESH_LIFETIME),
        )
        user = await self._accounts.get(int(str(row["user_id"]))) if row else None
        if row is None or user is None or not user.active:
            raise refused
        used = self._desk.statement(
            """
            DELETE FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND token_hash = :token_hash
            """,
            expect=1,
            token_hash=hashed,
        )
        ended = self._desk.statement(
            """
            DELETE FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration AND token_hash = :session_hash
            """,
            session_hash=str(row["session_hash"]),
        )
        try:
            await self._desk.database.commit([used, ended])
        except Expect as clash:
            raise refused from clash
        return await self._start(user)

    async def _start(self, user: DeskUser) -> Login:
        token, refresh_token = await self._sessions.start(user, "api"), secrets.token_urlsafe(32)
        insert = self._desk.statement(
            """
            INSERT INTO desk_refresh_tokens (workspace, integration, token_hash, user_id, session_hash,
                                             created_at)
            VALUES (:workspace, :integration, :token_hash, :user_id, :session_hash, :now)
            """,
            token_hash=token_hash(refresh_token),
            user_id=user.id,
            session_hash=token_hash(token),
            now=self._desk.now_text(),
        )
        expired = self._desk.statement(
            """
            DELETE FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND created_at <= :too_old
            """,
            too_old=utc_text(self._desk.now() - REFRESH_LIFETIME),
        )
        await self._desk.database.commit([expired, insert])
        return Login(user, token, refresh_token)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
