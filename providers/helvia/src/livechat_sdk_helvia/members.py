"""The team's accounts as an admin manages them at the desk."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Row, Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.auth import Passwords, Sessions
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.groups import commit_as_admin, membership
from livechat_sdk_helvia.records import DeskUser, Right, Role, from_row, to_json
from livechat_sdk_helvia.settings import Email
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["MAX_CAPACITY", "MAX_MEMBER_NAME", "Account", "Members"]

MAX_MEMBER_NAME: Final = 120
"""Longest name of a member in characters (``hbf-core.openapi.json``)."""

MAX_CAPACITY: Final = 1000
"""Most open conversations that a capacity may allow."""

_ACCOUNT: Final = (
    "SELECT u.*, m.capacity, COALESCE(m.made_here, 0) AS made_here,"
    + GROUP_ROLES
    + """
    FROM desk_users u
    LEFT JOIN desk_members m
      ON m.workspace = u.workspace AND m.integration = u.integration AND m.user_id = u.id
    WHERE u.workspace = :workspace AND u.integration = :integration
    """
)


class Account(DeskUser):
    """An account with what only an admin needs to know of it."""

    origin: Literal["settings", "first_start", "demo", "desk"]
    """Where it comes from: the settings file, the first start, the demo, or an admin at the desk."""
    capacity: int | None
    """Open conversations at one time; ``None`` for no limit."""

    @property
    def editable(self) -> bool:
        """Whether it can be changed at the desk: what the settings say is changed in the settings."""
        return self.origin in {"desk", "first_start"}


class Members:
    """Making and changing accounts. Everything here needs the role LiveChat Admin."""

    def __init__(self, desk: DeskContext, passwords: Passwords, sessions: Sessions) -> None:
        self._desk = desk
        self._passwords = passwords
        self._sessions = sessions

    async def all(self, actor: DeskUser) -> Sequence[Account]:
        """Every account, those who can sign in first, by name. Raises ``Forbidden``."""
        require(actor, Right.ADMINISTER)
        rows = await self._desk.fetch(_ACCOUNT + " ORDER BY u.active DESC, u.name, u.id")
        return [_account(row) for row in rows]

    async def get(self, actor: DeskUser, user_id: int) -> Account:
        """One account. Raises ``Forbidden``, ``NotFound``."""
        require(actor, Right.ADMINISTER)
        row = await self._desk.first(_ACCOUNT + " AND u.id = :id", id=user_id)
        if row is None:
            raise NotFound("There is no such account at this desk.")
        return _account(row)

    async def create(
        self,
        actor: DeskUser,
        email: str,
        name: str,
        *,
        roles: Iterable[Role] = (),
        groups: Iterable[str] = (),
        capacity: int | None = None,
    ) -> tuple[Account, str]:
        """Make an account: it and its password, which is random, shown once and stored as a hash only.

        Raises ``Forbidden``, and ``InvalidField`` for an email that is none, or that another account has.
        """
        require(actor, Right.ADMINISTER)
        given, joined = frozenset(roles), frozenset(groups)
        email, name = _checked_email(email), check_text(name, limit=MAX_MEMBER_NAME, what="name")
        capacity = _checked_capacity(capacity)
        desk, user_id, password = self._desk, self._desk.new_id(), secrets.token_urlsafe(15)
        insert = desk.statement(
            """
            INSERT INTO desk_users (workspace, integration, id, email, name, roles, password_hash, origin,
                                    active, created_at, updated_at)
            VALUES (:workspace, :integration, :id, :email, :name, :roles, :password_hash, 'first_start', 1,
                    :now, :now)
            ON CONFLICT (workspace, integration, email) DO NOTHING
            """,
            expect=1,
            id=user_id,
            email=email,
            name=name,
            roles=to_json(sorted(given)),
            password_hash=await self._passwords.hash(password),
            now=desk.now_text(),
        )
        joins = [membership(desk, group, user_id) for group in sorted(joined)]
        facts = self._facts(user_id, capacity, made_here=1)
        told = self._told(actor, "created", user_id, given, joined)
        try:
            await desk.database.commit([insert, facts, *joins, told])
        except Expect as clash:
            if clash.index == 0:
                raise InvalidField(f"There is an account for {email} already.") from clash
            raise InvalidField("One of the chosen groups is no longer there.") from clash
        return await self.get(actor, user_id), password

    async def change(
        self,
        actor: DeskUser,
        user_id: int,
        *,
        name: str,
        roles: Iterable[Role],
        groups: Iterable[str],
        capacity: int | None,
    ) -> Account:
        """Give an account another name, other roles, groups and capacity. It takes effect at once.

        Raises ``Forbidden`` for an account of the settings file and when the actor would lose the role that
        this needs, ``NotFound``, ``InvalidField``.
        """
        await self._editable(actor, user_id)
        given, joined = frozenset(roles), frozenset(groups)
        name = check_text(name, limit=MAX_MEMBER_NAME, what="name")
        capacity = _checked_capacity(capacity)
        desk = self._desk
        update = desk.statement(
            """
            UPDATE desk_users SET name = :name, roles = :roles, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=user_id,
            name=name,
            roles=to_json(sorted(given)),
            now=desk.now_text(),
        )
        leaving = desk.statement(
            """
            DELETE FROM desk_memberships
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
            """,
            user_id=user_id,
        )
        joins = [membership(desk, group, user_id) for group in sorted(joined)]
        facts = self._facts(user_id, capacity, made_here=0)
        told = self._told(actor, "changed", user_id, given, joined)
        await commit_as_admin(desk, actor, [update, facts, leaving, *joins, told])
        return await self.get(actor, user_id)

    async def switch(self, actor: DeskUser, user_id: int, *, on: bool) -> Account:
        """Let somebody sign in, or no more: then their sessions end. Raises as ``change`` does."""
        await self._editable(actor, user_id)
        update = self._desk.statement(
            """
            UPDATE desk_users SET active = :active, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=user_id,
            active=int(on),
            now=self._desk.now_text(),
        )
        verb = "user.activated" if on else "user.deactivated"
        told = audit_entry(self._desk, actor, verb, f"user:{user_id}")
        await commit_as_admin(self._desk, actor, [update, told])
        if not on:
            await self._sessions.end_all(user_id)
        return await self.get(actor, user_id)

    async def reset_password(self, actor: DeskUser, user_id: int) -> str:
        """A new random password, shown once; whoever is signed in with the old one is out.

        Raises ``Forbidden`` for an account of the settings file, ``NotFound``.
        """
        await self._editable(actor, user_id)
        password = secrets.token_urlsafe(15)
        update = self._desk.statement(
            """
            UPDATE desk_users SET password_hash = :password_hash, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
            """,
            expect=1,
            id=user_id,
            password_hash=await self._passwords.hash(password),
            now=self._desk.now_text(),
        )
        told = audit_entry(self._desk, actor, "user.password_reset", f"user:{user_id}")
        await commit_as_admin(self._desk, actor, [update, told])
        await self._sessions.end_all(user_id)
        return password

    async def _editable(self, actor: DeskUser, user_id: int) -> Account:
        account = await self.get(actor, user_id)
        if not account.editable:
            raise Forbidden(
                f"The account of {account.name} comes from the settings.", hint="Change it there and restart."
            )
        return account

    def _told(
        self, actor: DeskUser, verb: str, user_id: int, roles: frozenset[Role], groups: frozenset[str]
    ) -> Statement:
        return audit_entry(
            self._desk,
            actor,
            f"user.{verb}",
            f"user:{user_id}",
            roles=", ".join(sorted(roles)) or "none",
            groups=", ".join(sorted(groups)) or "none",
        )

    def _facts(self, user_id: int, capacity: int | None, *, made_here: int) -> Statement:
        """What is kept beside an account; where it comes from does not change any more."""
        return self._desk.statement(
            """
            INSERT INTO desk_members (workspace, integration, user_id, made_here, capacity, away)
            VALUES (:workspace, :integration, :user_id, :made_here, :capacity, 0)
            ON CONFLICT (workspace, integration, user_id) DO UPDATE SET capacity = excluded.capacity
            """,
            user_id=user_id,
            made_here=made_here,
            capacity=capacity,
        )


_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(Email)


def _checked_email(email: str) -> str:
    try:
        return _EMAIL.validate_python(email)
    except ValidationError as error:
        raise InvalidField("This is no email address.", hint="It has the form name@example.org.") from error


def _checked_capacity(capacity: int | None) -> int | None:
    if capacity is not None and not 1 <= capacity <= MAX_CAPACITY:
        raise InvalidField(f"The capacity is between 1 and {MAX_CAPACITY:,}, or empty for no limit.")
    return capacity


def _account(row: Row) -> Account:
    origin = "desk" if row["made_here"] == 1 else row["origin"]
    return from_row(Account, row, origin=origin)
