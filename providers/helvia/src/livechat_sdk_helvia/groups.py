"""Groups of the team: from the settings file, or made by an admin at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from livechat_sdk.domain.base import Model
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Row, Statement
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.records import DeskUser, Right, Role, from_row
from livechat_sdk_helvia.settings import GroupId, GroupSettings, HelviaSettings
from livechat_sdk_helvia.tables_team import GROUP_ROLES

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["MAX_GROUP_NAME", "Group", "Groups", "commit_as_admin", "membership"]

MAX_GROUP_NAME: Final = 120
"""Longest name of a group in characters."""

_GROUP: Final = """
    SELECT g.*,
           (SELECT COUNT(*) FROM desk_memberships gm
            JOIN desk_users u
              ON u.workspace = gm.workspace AND u.integration = gm.integration AND u.id = gm.user_id
            WHERE gm.workspace = g.workspace AND gm.integration = g.integration AND gm.group_id = g.id
              AND u.active = 1) AS size
    FROM desk_groups g
    WHERE g.workspace = :workspace AND g.integration = :integration
"""

_MEMBERS: Final = (
    "SELECT u.*,"
    + GROUP_ROLES
    + """
    FROM desk_users u
    JOIN desk_memberships m
      ON m.workspace = u.workspace AND m.integration = u.integration AND m.user_id = u.id
    WHERE u.workspace = :workspace AND u.integration = :integration AND m.group_id = :group_id
      AND u.active = 1
    ORDER BY u.name, u.id
    """
)


class Group(Model):
    """A group of members. ``id`` is what a request names as its target."""

    id: str
    name: str
    roles: frozenset[Role]
    origin: Literal["settings", "desk"]
    size: int
    """Members who can sign in."""

    @property
    def editable(self) -> bool:
        """Whether it can be changed at the desk: the settings file is not written by anybody."""
        return self.origin == "desk"


class Groups:
    """Reading groups, which is open to the team's own parts, and changing them, which admins may."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    # ---------------------------------------------------------------------------------------------- reading
    async def all(self) -> Sequence[Group]:
        """Every group, by name."""
        rows = await self._desk.fetch(_GROUP + " ORDER BY g.name, g.id")
        return [_group(row) for row in rows]

    async def get(self, group_id: str) -> Group:
        """One group. Raises ``NotFound``."""
        row = await self._desk.first(_GROUP + " AND g.id = :id", id=group_id)
        if row is None:
            raise NotFound("There is no such group at this desk.")
        return _group(row)

    async def of(self, user_id: int) -> Sequence[Group]:
        """The groups of a member, by name."""
        rows = await self._desk.fetch(
            _GROUP
            + """
            AND EXISTS (SELECT 1 FROM desk_memberships m
                        WHERE m.workspace = g.workspace AND m.integration = g.integration
                          AND m.group_id = g.id AND m.user_id = :user_id)
            ORDER BY g.name, g.id
            """,
            user_id=user_id,
        )
        return [_group(row) for row in rows]

    async def members(self, group_id: str) -> Sequence[DeskUser]:
        """The members of a group who can sign in, by name. Nobody, for a group that is not there."""
        rows = await self._desk.fetch(_MEMBERS, group_id=group_id)
        return [from_row(DeskUser, row) for row in rows]

    async def member_ids(self, group_id: str) -> Sequence[int]:
        """The ids of all members of a group, of those who are switched off, too."""
        rows = await self._desk.fetch(
            """
            SELECT user_id FROM desk_memberships
            WHERE workspace = :workspace AND integration = :integration AND group_id = :group_id
            ORDER BY user_id
            """,
            group_id=group_id,
        )
        return [int(str(row["user_id"])) for row in rows]

    # --------------------------------------------------------------------------------------------- managing
    async def create(
        self,
        actor: DeskUser,
        group_id: str,
        name: str,
        roles: Iterable[Role] = (),
        members: Iterable[int] = (),
    ) -> Group:
        """Make a group. Raises ``Forbidden``, and ``InvalidField`` for an id or a name that is taken."""
        require(actor, Right.ADMINISTER)
        group_id, name = _checked_id(group_id), check_text(name, limit=MAX_GROUP_NAME, what="name")
        await self._check_name(group_id, name)
        given, now = frozenset(roles), self._desk.now_text()
        insert = self._desk.statement(
            """
            INSERT INTO desk_groups (workspace, integration, id, name, gives_agent, gives_admin, origin,
                                     created_at, updated_at)
            VALUES (:workspace, :integration, :id, :name, :gives_agent, :gives_admin, 'desk', :now, :now)
            ON CONFLICT (workspace, integration, id) DO NOTHING
            """,
            expect=1,
            id=group_id,
            name=name,
            gives_agent=int(Role.AGENT in given),
            gives_admin=int(Role.ADMIN in given),
            now=now,
        )
        try:
            await self._desk.database.commit(
                [insert, *self._joining(group_id, members), self._told(actor, "created", group_id, given)]
            )
        except Expect as clash:
            if clash.index == 0:
                raise InvalidField(f"There is a group {group_id!r} already.") from clash
            raise _no_such_member() from clash
        return await self.get(group_id)

    async def change(
        self, actor: DeskUser, group_id: str, name: str, roles: Iterable[Role], members: Iterable[int]
    ) -> Group:
        """Give a group another name, other roles and other members.

        Raises ``Forbidden`` for a group of the settings file and when the actor would lose the role that
        this needs, ``NotFound``, ``InvalidField``.
        """
        require(actor, Right.ADMINISTER)
        name = check_text(name, limit=MAX_GROUP_NAME, what="name")
        await self._editable(group_id)
        await self._check_name(group_id, name)
        given = frozenset(roles)
        update = self._desk.statement(
            """
            UPDATE desk_groups
            SET name = :name, gives_agent = :gives_agent, gives_admin = :gives_admin, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND origin = 'desk'
            """,
            expect=1,
            id=group_id,
            name=name,
            gives_agent=int(Role.AGENT in given),
            gives_admin=int(Role.ADMIN in given),
            now=self._desk.now_text(),
        )
        statements = [
            update,
            self._emptying(group_id),
            *self._joining(group_id, members),
            self._told(actor, "changed", group_id, given),
        ]
        await commit_as_admin(self._desk, actor, statements)
        return await self.get(group_id)

    async def delete(self, actor: DeskUser, group_id: str) -> None:
        """Delete a group. Requests for it are for the whole team from now on. Raises as ``change`` does."""
        require(actor, Right.ADMINISTER)
        await self._editable(group_id)
        delete = self._desk.statement(
            """
            DELETE FROM desk_groups
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND origin = 'desk'
            """,
            expect=1,
            id=group_id,
        )
        told = audit_entry(self._desk, actor, "group.deleted", f"group:{group_id}")
        await commit_as_admin(self._desk, actor, [delete, self._emptying(group_id), told])

    # ----------------------------------------------------------------------------------- from the settings
    async def bring_up_to_date(self, settings: HelviaSettings) -> None:
        """Make the groups and memberships of the settings file what it says; those of the desk stay."""
        now = self._desk.now_text()
        statements = [self._forget_settled_groups(), self._forget_settled()]
        statements += [self._settled(group, now) for group in settings.groups]
        statements += [self._settled_membership(*pair) for pair in sorted(_listed(settings))]
        statements.append(
            self._desk.statement(
                """
                DELETE FROM desk_memberships
                WHERE workspace = :workspace AND integration = :integration AND group_id NOT IN (
                    SELECT g.id FROM desk_groups g
                    WHERE g.workspace = :workspace AND g.integration = :integration
                )
                """
            )
        )
        await self._desk.database.commit(statements)

    def _settled(self, group: GroupSettings, now: str) -> Statement:
        return self._desk.statement(
            """
            INSERT INTO desk_groups (workspace, integration, id, name, gives_agent, gives_admin, origin,
                                     created_at, updated_at)
            VALUES (:workspace, :integration, :id, :name, :gives_agent, :gives_admin, 'settings', :now, :now)
            ON CONFLICT (workspace, integration, id) DO UPDATE
            SET name = excluded.name, gives_agent = excluded.gives_agent,
                gives_admin = excluded.gives_admin, origin = 'settings', updated_at = excluded.updated_at
            """,
            id=group.id,
            name=group.name,
            gives_agent=int(Role.AGENT in group.roles),
            gives_admin=int(Role.ADMIN in group.roles),
            now=now,
        )

    def _settled_membership(self, group_id: str, email: str) -> Statement:
        return self._desk.statement(
            """
            INSERT INTO desk_memberships (workspace, integration, group_id, user_id, origin)
            SELECT u.workspace, u.integration, :group_id, u.id, 'settings' FROM desk_users u
            WHERE u.workspace = :workspace AND u.integration = :integration AND u.email = :email
            ON CONFLICT (workspace, integration, group_id, user_id) DO UPDATE SET origin = 'settings'
            """,
            group_id=group_id,
            email=email,
        )

    def _forget_settled_groups(self) -> Statement:
        """Those that are still listed come back in the same commit."""
        return self._desk.statement(
            """
            DELETE FROM desk_groups
            WHERE workspace = :workspace AND integration = :integration AND origin = 'settings'
            """
        )

    def _forget_settled(self) -> Statement:
        return self._desk.statement(
            """
            DELETE FROM desk_memberships
            WHERE workspace = :workspace AND integration = :integration AND origin = 'settings'
            """
        )

    # ----------------------------------------------------------------------------------------------- inside
    async def _editable(self, group_id: str) -> Group:
        group = await self.get(group_id)
        if not group.editable:
            raise Forbidden(
                f"The group {group.name} comes from the settings file.", hint="Change it there and restart."
            )
        return group

    def _told(self, actor: DeskUser, verb: str, group_id: str, roles: frozenset[Role]) -> Statement:
        given = ", ".join(sorted(roles)) or "none"
        return audit_entry(self._desk, actor, f"group.{verb}", f"group:{group_id}", roles=given)

    async def _check_name(self, group_id: str, name: str) -> None:
        """Names differ, so that whoever chooses a group to transfer to knows which one it is."""
        if any(group.name == name and group.id != group_id for group in await self.all()):
            raise InvalidField(f"There is a group called {name!r} already.", hint="Choose another name.")

    def _emptying(self, group_id: str) -> Statement:
        return self._desk.statement(
            """
            DELETE FROM desk_memberships
            WHERE workspace = :workspace AND integration = :integration AND group_id = :group_id
            """,
            group_id=group_id,
        )

    def _joining(self, group_id: str, members: Iterable[int]) -> list[Statement]:
        return [membership(self._desk, group_id, user_id) for user_id in sorted(set(members))]


def membership(desk: DeskContext, group_id: str, user_id: int) -> Statement:
    """``user_id`` joins a group; fails with ``Expect`` when one of the two is not there."""
    return desk.statement(
        """
        INSERT INTO desk_memberships (workspace, integration, group_id, user_id, origin)
        SELECT u.workspace, u.integration, g.id, u.id, 'desk'
        FROM desk_users u
        JOIN desk_groups g ON g.workspace = u.workspace AND g.integration = u.integration
        WHERE u.workspace = :workspace AND u.integration = :integration AND u.id = :user_id
          AND g.id = :group_id
        ON CONFLICT (workspace, integration, group_id, user_id) DO UPDATE SET origin = 'desk'
        """,
        expect=1,
        group_id=group_id,
        user_id=user_id,
    )


def _still_admin(desk: DeskContext, actor: DeskUser) -> Statement:
    """Fails with ``Expect`` when ``actor`` is no LiveChat Admin after what comes before it in the commit."""
    return desk.statement(
        """
        UPDATE desk_users SET updated_at = updated_at
        WHERE workspace = :workspace AND integration = :integration AND id = :actor AND active = 1
          AND (roles LIKE '%"admin"%' OR EXISTS (
                SELECT 1 FROM desk_memberships m
                JOIN desk_groups g
                  ON g.workspace = m.workspace AND g.integration = m.integration AND g.id = m.group_id
                WHERE m.workspace = :workspace AND m.integration = :integration AND m.user_id = :actor
                  AND g.gives_admin = 1))
        """,
        expect=1,
        actor=actor.id,
    )


async def commit_as_admin(desk: DeskContext, actor: DeskUser, statements: Sequence[Statement]) -> None:
    """Commit what an admin changes in the team, unless ``actor`` were no admin afterwards.

    So nobody locks themselves out, and a desk always keeps an admin. Raises ``Forbidden``, and
    ``InvalidField`` when one of the statements did not find what it needs.
    """
    try:
        await desk.database.commit([*statements, _still_admin(desk, actor)])
    except Expect as clash:
        if clash.index == len(statements):
            raise Forbidden(
                "You would lose the role LiveChat Admin yourself.", hint="Another LiveChat Admin can do this."
            ) from clash
        raise _no_such_member() from clash


def _no_such_member() -> InvalidField:
    return InvalidField(
        "One of the chosen members or groups is no longer there.",
        hint="Load the page again and repeat your change.",
    )


def _checked_id(group_id: str) -> str:
    try:
        return _GROUP_ID.validate_python(group_id.strip())
    except ValidationError as error:
        raise InvalidField(
            "The id of a group has 1 to 100 letters, digits, '.', '_' or '-'.",
            hint="It begins with a letter or a digit.",
        ) from error


_GROUP_ID: Final[TypeAdapter[str]] = TypeAdapter(GroupId)


def _group(row: Row) -> Group:
    roles = {Role.AGENT: row["gives_agent"], Role.ADMIN: row["gives_admin"]}
    return from_row(Group, row, roles=frozenset(role for role, given in roles.items() if given == 1))


def _listed(settings: HelviaSettings) -> set[tuple[str, str]]:
    """Group and email of every membership in the settings, whichever of the two sides lists it."""
    found = {(group.id, email) for group in settings.groups for email in group.members}
    return found | {(group, account.email) for account in settings.accounts for group in account.groups}
