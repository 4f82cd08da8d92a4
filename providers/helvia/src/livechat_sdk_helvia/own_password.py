"""A member's own password: they change it themselves, with the present one as proof."""

from __future__ import annotations

from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Row
from livechat_sdk_helvia.accounts import Accounts
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.auth import Passwords, Sessions, SignedIn
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import Changed, Forbidden, InvalidField
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD

__all__ = ["OwnPassword"]


class OwnPassword:
    """Changing it. Open to both roles; nobody reaches the password of another member here."""

    def __init__(
        self, desk: DeskContext, passwords: Passwords, accounts: Accounts, sessions: Sessions
    ) -> None:
        self._desk = desk
        self._passwords = passwords
        self._accounts = accounts
        self._sessions = sessions

    async def changeable(self, actor: DeskUser) -> bool:
        """Whether it is kept at the desk, and not in the settings file. Raises ``Forbidden``."""
        require(actor, Right.HANDLE)
        return _kept_here(await self._row(actor))

    async def change(self, signed_in: SignedIn, present: str, new: str, *, address: str) -> None:
        """Replace it, and end every other session of the member, on pages and in programs.

        ``present`` proves who asks; guesses are limited together with those at the sign-in. Raises
        ``Forbidden`` for an account of the settings file, ``InvalidField`` for a wrong ``present`` and a
        ``new`` that is too short, too long or the present one, ``TooManyAttempts``, and ``Changed`` when
        somebody else replaced it meanwhile.
        """
        actor = signed_in.user
        require(actor, Right.HANDLE)
        row = await self._row(actor)
        if row is None or not _kept_here(row):
            raise Forbidden("Your password comes from the settings file.", hint="It is changed there.")
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise InvalidField(
                f"The new password has {len(new):,} characters; it needs {SHORTEST_PASSWORD} to "
                f"{LONGEST_PASSWORD:,}."
            )
        stored = str(row["password_hash"])
        await self._accounts.confirm(actor, stored, present, address=address)
        if new == present:
            raise InvalidField("The new password is the present one.", hint="Choose another one.")
        update = self._desk.statement(
            """
            UPDATE desk_users SET password_hash = :password_hash, updated_at = :now
            WHERE workspace = :workspace AND integration = :integration AND id = :id
              AND password_hash = :stored
            """,
            expect=1,
            id=actor.id,
            stored=stored,
            password_hash=await self._passwords.hash(new),
            now=self._desk.now_text(),
        )
        told = audit_entry(self._desk, actor, "user.password_changed", f"user:{actor.id}")
        try:
            await self._sessions.end_all(actor.id, but=signed_in.session, together_with=[update, told])
        except Expect as clash:
            raise Changed(
                "Your password was replaced meanwhile.", hint="Nothing was changed. Sign in again."
            ) from clash

    async def _row(self, actor: DeskUser) -> Row | None:
        return await self._desk.first(
            """
            SELECT u.password_hash, u.origin, COALESCE(m.made_here, 0) AS made_here FROM desk_users u
            LEFT JOIN desk_members m
              ON m.workspace = u.workspace AND m.integration = u.integration AND m.user_id = u.id
            WHERE u.workspace = :workspace AND u.integration = :integration AND u.id = :id
            """,
            id=actor.id,
        )


def _kept_here(row: Row | None) -> bool:
    return row is not None and (row["made_here"] == 1 or row["origin"] == "first_start")
