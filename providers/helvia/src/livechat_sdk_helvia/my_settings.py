"""My Settings: what a member of the team sets for themselves. It changes nothing for anybody else."""

from __future__ import annotations

from livechat_sdk.domain.base import Model
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.records import DeskUser, Right, from_row

__all__ = ["MySettings", "MySettingsStore"]


class MySettings(Model):
    """How the desk calls a member, and how they send. Kept on the server, so that it follows the member."""

    message_sound: bool = True
    """A sound for a new message in one of one's own conversations."""
    request_sound: bool = True
    """A sound for a new request that one sees in New."""
    notices: bool = False
    """Notices of the browser while another window is in front. Off until asked for: the browser asks too."""
    enter_sends: bool = True
    """Enter sends; if not, Enter begins a new line and only the button sends."""


class MySettingsStore:
    """Reads and replaces the settings of whoever asks. Nobody reaches those of another member."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    async def get(self, actor: DeskUser) -> MySettings:
        """The settings of ``actor``, or the defaults. Open to both roles. Raises ``Forbidden``."""
        require(actor, Right.HANDLE)
        row = await self._desk.first(
            """
            SELECT * FROM desk_preferences
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
            """,
            user_id=actor.id,
        )
        return from_row(MySettings, row) if row else MySettings()

    async def save(self, actor: DeskUser, settings: MySettings) -> None:
        """Replace the settings of ``actor``. Pages that are open follow when they are loaded again."""
        require(actor, Right.HANDLE)
        upsert = self._desk.statement(
            """
            INSERT INTO desk_preferences (workspace, integration, user_id, message_sound, request_sound,
                                          notices, enter_sends)
            VALUES (:workspace, :integration, :user_id, :message_sound, :request_sound, :notices,
                    :enter_sends)
            ON CONFLICT (workspace, integration, user_id) DO UPDATE
            SET message_sound = excluded.message_sound, request_sound = excluded.request_sound,
                notices = excluded.notices, enter_sends = excluded.enter_sends
            """,
            user_id=actor.id,
            **{name: int(value) for name, value in settings.model_dump().items()},
        )
        await self._desk.database.commit([upsert])
