"""Accounts of the desk: from the settings, from the first start, or the demo's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Row, Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.auth import Passwords, Sessions
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import InvalidField, NotSignedIn
from livechat_sdk_helvia.limits import RateLimit
from livechat_sdk_helvia.records import DeskUser, Role, from_row, to_json
from livechat_sdk_helvia.settings import AccountSettings, HelviaSettings
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["DEMO_ACCOUNTS", "Accounts", "DemoAccount"]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demo. Everybody knows its password: it exists only with ``demoAccounts: true``."""

    email: str
    name: str
    roles: frozenset[Role]
    password: str


DEMO_ACCOUNTS: Final = (
    DemoAccount("ada@demo.example", "Ada Marsh", frozenset({Role.AGENT}), "demo-agent-ada"),
    DemoAccount("ben@demo.example", "Ben Okoro", frozenset({Role.AGENT}), "demo-agent-ben"),
    DemoAccount("admin@demo.example", "Ines Vidal", frozenset({Role.AGENT, Role.ADMIN}), "demo-admin-ines"),
)
"""The demo's accounts, for whoever prints them."""

_FIRST_START: Final = (
    ("admin@desk.local", "Desk Admin", frozenset({Role.AGENT, Role.ADMIN})),
    ("agent@desk.local", "Desk Agent", frozenset({Role.AGENT})),
)

_USER: Final = (
    "SELECT u.*,"
    + GROUP_ROLES
    + """
    FROM desk_users u
    WHERE u.workspace = :workspace AND u.integration = :integration
    """
)

_PER_ACCOUNT: Final = 5
_PER_ADDRESS: Final = 30
_WINDOW: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    email: str
    name: str
    roles: frozenset[Role]
    password: str
    origin: str
    capacity: int | None = None


class Accounts:
    """Who may sign in, and signing in."""

    def __init__(self, desk: DeskContext, passwords: Passwords, sessions: Sessions) -> None:
        self._desk = desk
        self._passwords = passwords
        self.sessions = sessions
        what = "failed attempts to sign in"
        self._by_account = RateLimit(desk.now, limit=_PER_ACCOUNT, window=_WINDOW, what=what)
        self._by_address = RateLimit(desk.now, limit=_PER_ADDRESS, window=_WINDOW, what=what)

    async def sign_in(self, email: str, password: str, *, address: str) -> DeskUser:
        """The account behind ``email`` and ``password``.

        Raises ``NotSignedIn`` with the same words whatever was wrong, and ``TooManyAttempts`` after 5
        failures for one account or 30 from one ``address`` within 5 minutes. A locked account stays
        locked for a right password too, else the lock would tell that it was right.
        """
        email = email.strip().lower()[:200]
        self._check_limits(email, address)
        row = await self._desk.first(
            _USER + " AND u.email = :email AND u.active = 1",
            email=email,
        )
        stored = str(row["password_hash"]) if row else None
        right = await self._fits(email, stored, password, address)
        if row is None or stored is None or not right:
            await self._desk.database.commit([self._refused(row, address)])
            raise NotSignedIn(
                "This email and password do not fit together.", hint="Check both and try again."
            )
        user = from_row(DeskUser, row)
        if self._passwords.outdated(stored):
            await self._desk.database.commit(
                [self._set_password(user.id, await self._passwords.hash(password))]
            )
        return user

    async def confirm(self, user: DeskUser, stored: str, password: str, *, address: str) -> None:
        """Let somebody who is signed in prove that ``password``, whose hash is ``stored``, is theirs.

        Guesses count together with those at the sign-in: whoever found an open page gets no more of them.
        Raises ``InvalidField`` and ``TooManyAttempts``.
        """
        self._check_limits(user.email, address)
        if not await self._fits(user.email, stored, password, address):
            told = audit_entry(self._desk, user, "user.password_refused", f"user:{user.id}", address=address)
            await self._desk.database.commit([told])
            raise InvalidField("This is not your present password.", hint="Check it and try again.")

    async def get(self, user_id: int) -> DeskUser | None:
        """One member of the team."""
        row = await self._desk.first(_USER + " AND u.id = :id", id=user_id)
        return from_row(DeskUser, row) if row else None

    async def bring_up_to_date(self, settings: HelviaSettings, announce: Callable[[str], None]) -> None:
        """Make the accounts what the settings say; at the very first start make two and announce them.

        ``announce`` is called once with the random passwords, after they work. Only their hashes are
        stored: whoever loses them lists accounts in the settings.
        """
        wanted = [_from_settings(account) for account in settings.accounts]
        if settings.demo_accounts:
            wanted += [_Wanted(a.email, a.name, a.roles, a.password, "demo") for a in DEMO_ACCOUNTS]
        for account in wanted:
            await self._ensure(account)
        await self._switch_off({account.email for account in wanted})
        if not wanted:
            await self._first_start(announce)

    def _check_limits(self, email: str, address: str) -> None:
        self._by_address.check(address)
        self._by_account.check(email)

    async def _fits(self, email: str, stored: str | None, password: str, address: str) -> bool:
        """Whether the password is right, counted when it is not."""
        right = await self._passwords.matches(stored, password)
        self._check_limits(email, address)  # attempts that ran beside this one count too
        if right:
            self._by_account.forget(email)
        else:
            self._by_address.count(address)
            self._by_account.count(email)
        return right

    def _refused(self, row: Row | None, address: str) -> Statement:
        """What was typed is not kept for an unknown account: it may be a password in the wrong field."""
        subject = f"user:{int(str(row['id']))}" if row else "user:unknown"
        return audit_entry(self._desk, None, "session.refused", subject, address=address)

    async def _first_start(self, announce: Callable[[str], None]) -> None:
        if await self._desk.fetch(
            """
            SELECT id FROM desk_users
            WHERE workspace = :workspace AND integration = :integration AND active = 1 LIMIT 1
            """
        ):
            return
        made = [_Wanted(*account, secrets.token_urlsafe(15), "first_start") for account in _FIRST_START]
        for account in made:
            await self._ensure(account)
        lines = "\n".join(f"  {a.email}   {a.password}   ({_labels(a.roles)})" for a in made)
        announce(
            f"The desk {self._desk.integration!r} has made its first accounts. "
            f"Their passwords are shown only now:\n{lines}\n"
            f"To choose accounts yourself, list them under `accounts` of this integration."
        )

    async def _ensure(self, account: _Wanted) -> None:
        row = await self._desk.first(
            """
            SELECT * FROM desk_users
            WHERE workspace = :workspace AND integration = :integration AND email = :email
            """,
            email=account.email,
        )
        now = self._desk.now_text()
        if row is None:
            user_id = self._desk.new_id()
            insert = self._desk.statement(
                """
                INSERT INTO desk_users (workspace, integration, id, email, name, roles, password_hash, origin,
                                        active, created_at, updated_at)
                VALUES (:workspace, :integration, :id, :email, :name, :roles, :password_hash, :origin,
                        1, :now, :now)
                ON CONFLICT (workspace, integration, email) DO NOTHING
                """,
                expect=1,
                id=user_id,
                email=account.email,
                name=account.name,
                roles=to_json(sorted(account.roles)),
                password_hash=await self._passwords.hash(account.password),
                origin=account.origin,
                now=now,
            )
            try:
                await self._desk.database.commit([insert, self._listed(user_id, account)])
            except Expect:  # another process made it meanwhile; its settings are ours
                return
            return
        user = from_row(DeskUser, row)
        statements: list[Statement] = [
            self._desk.statement(
                """
                UPDATE desk_users
                SET name = :name, roles = :roles, origin = :origin, active = 1, updated_at = :now
                WHERE workspace = :workspace AND integration = :integration AND id = :id
                """,
                id=user.id,
                name=account.name,
                roles=to_json(sorted(account.roles)),
                origin=account.origin,
                now=now,
            ),
            self._listed(user.id, account),
        ]
        if not await self._passwords.matches(str(row["password_hash"]), account.password):
            statements.append(self._set_password(user.id, await self._passwords.hash(account.password)))
            statements.append(self._end_sessions(user.id))
        await self._desk.database.commit(statements)

    async def _switch_off(self, wanted: set[str]) -> None:
        """Whoever is not listed cannot sign in; accounts of the first start can while nobody is listed.

        Accounts that an admin made at the desk stay as they are.
        """
        rows = await self._desk.fetch(
            """
            SELECT u.id, u.email, u.origin, COALESCE(m.made_here, 0) AS made_here FROM desk_users u
            LEFT JOIN desk_members m
              ON m.workspace = u.workspace AND m.integration = u.integration AND m.user_id = u.id
            WHERE u.workspace = :workspace AND u.integration = :integration AND u.active = 1
            """
        )
        statements: list[Statement] = []
        for row in rows:
            listed = row["email"] in wanted or (not wanted and row["origin"] == "first_start")
            keep = listed or row["made_here"] == 1
            if not keep:
                user_id = int(str(row["id"]))
                statements.append(
                    self._desk.statement(
                        """
                        UPDATE desk_users SET active = 0, updated_at = :now
                        WHERE workspace = :workspace AND integration = :integration AND id = :id
                        """,
                        id=user_id,
                        now=self._desk.now_text(),
                    )
                )
                statements.append(self._end_sessions(user_id))
        if statements:
            await self._desk.database.commit(statements)

    def _listed(self, user_id: int, account: _Wanted) -> Statement:
        """The account is not the desk's own any more, and its capacity is what the settings say."""
        return self._desk.statement(
            """
            INSERT INTO desk_members (workspace, integration, user_id, made_here, capacity, away)
            VALUES (:workspace, :integration, :user_id, 0, :capacity, 0)
            ON CONFLICT (workspace, integration, user_id) DO UPDATE
            SET made_here = 0, capacity = excluded.capacity
            """,
            user_id=user_id,
            capacity=account.capacity,
        )

    def _set_password(self, user_id: int, password_hash: str) -> Statement:
        return self._desk.statement(
            """
            UPDATE desk_users SET password_hash = :password_hash, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            id=user_id,
            password_hash=password_hash,
            now=self._desk.now_text(),
        )

    def _end_sessions(self, user_id: int) -> Statement:
        return self._desk.statement(
            """
            DELETE FROM desk_sessions
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
            """,
            user_id=user_id,
        )


def _from_settings(account: AccountSettings) -> _Wanted:
    password: SecretStr = account.password
    return _Wanted(
        account.email,
        account.name,
        account.roles,
        password.get_secret_value(),
        "settings",
        account.capacity,
    )


def _labels(roles: frozenset[Role]) -> str:
    labels: Sequence[str] = [role.label for role in sorted(roles)]
    return ", ".join(labels)
