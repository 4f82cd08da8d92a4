"""Settings that hold for the whole team: one record for each desk, read and replaced as a whole.

What belongs to the integration (business hours of a bot, time limits, words of system messages) is in the
settings file and not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints, ValidationError, field_validator

from livechat_sdk.domain.base import Model
from livechat_sdk.errors import Expect
from livechat_sdk.policies.hours.zones import zone_named
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import Changed, InvalidField
from livechat_sdk_helvia.hub import SETTINGS
from livechat_sdk_helvia.records import DeskUser, Right

__all__ = [
    "MAX_THRESHOLD",
    "MIN_THRESHOLD",
    "AssistantSettings",
    "DeskSettings",
    "Mode",
    "SettingsStore",
    "StoredSettings",
    "made_settings",
]

MIN_THRESHOLD: Final = 10
MAX_THRESHOLD: Final = 86_400
"""Bounds of the inactivity notification, in seconds."""


class Mode(StrEnum):
    """Who sees which conversations (API: ``livechatMode`` in ``hbf-lcm.openapi.json``)."""

    PUBLIC = "public"
    """Every member of the team sees every conversation."""
    PRIVATE = "semi-private"
    """Members see what is assigned to them."""


_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Language = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"),
]


class AssistantSettings(Model):
    """The AI Agent Assistant: a bot that helps members (API: ``botAssistantSettings``)."""

    enabled: bool = False
    bot: _Name | None = None
    """Which bot. None: the one that the conversation came from."""
    deployment: _Name | None = None


class DeskSettings(Model):
    """The settings of one desk (API: ``LivechatSettings``)."""

    mode: Mode = Mode.PUBLIC
    member_language: _Language = "en"
    """The language that members read and write, for whom nothing else is known."""
    timezone: str = Field(default="UTC", max_length=100)
    """The zone (a name of the IANA database) whose clocks the business hours of groups are read on."""
    translation: bool = False
    """Whether messages are translated between the end user's and the member's language."""
    assistant: AssistantSettings = AssistantSettings()
    idle_reminder_threshold: Annotated[int, Field(ge=MIN_THRESHOLD, le=MAX_THRESHOLD)] | None = 300
    """Seconds that an end user may wait for an answer before the desk alerts; ``None`` for never."""
    idle_reminder_team_after: Annotated[int, Field(ge=1, le=20)] = 3
    """Which alert of one wait goes to the whole team; those before it go to the owner."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zone_named(value)
        return value


class StoredSettings(Model):
    """Settings and which revision of them this is; 0 before anybody has saved any."""

    revision: int
    settings: DeskSettings


class SettingsStore:
    """Reads and replaces the settings. Reading needs no right here: whoever shows them asks for it first."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    async def get(self) -> DeskSettings:
        """The settings in force, never from a cache: another process may have changed them."""
        return (await self.stored()).settings

    async def stored(self) -> StoredSettings:
        """The settings in force with their revision."""
        row = await self._desk.first(
            """
            SELECT revision, document FROM desk_settings
            WHERE workspace = :workspace AND integration = :integration
            """
        )
        if row is None:
            return StoredSettings(revision=0, settings=DeskSettings())
        return StoredSettings(
            revision=int(str(row["revision"])),
            settings=_read(str(row["document"])),
        )

    async def replace(
        self, actor: DeskUser, settings: DeskSettings, *, revision: int | None = None
    ) -> StoredSettings:
        """Put ``settings`` in the place of the whole record. Raises ``Forbidden``.

        With the ``revision`` that ``settings`` were made from, ``Changed`` is raised when somebody else saved
        meanwhile; without one the last writer wins.
        """
        require(actor, Right.ADMINISTER)
        desk = self._desk
        known = await self.stored()
        if revision is not None and revision != known.revision:
            raise _changed()
        before, after = known.settings.model_dump(mode="json"), settings.model_dump(mode="json")
        changed = sorted(name for name in after if after[name] != before[name])
        upsert = desk.statement(
            """
            INSERT INTO desk_settings (workspace, integration, revision, document, updated_at)
            VALUES (:workspace, :integration, 1, :document, :now)
            ON CONFLICT (workspace, integration) DO UPDATE
            SET revision = desk_settings.revision + 1, document = excluded.document,
                updated_at = excluded.updated_at
            WHERE desk_settings.revision = :revision
            """,
            expect=1,
            document=settings.model_dump_json(),
            now=desk.now_text(),
            revision=known.revision,
        )
        entry = audit_entry(
            desk, actor, "settings.changed", "settings", changed=", ".join(changed) or "nothing"
        )
        try:
            await desk.database.commit([upsert, entry])
        except Expect as clash:
            raise _changed() from clash
        desk.hub.publish(SETTINGS, "settings")
        return StoredSettings(revision=known.revision + 1, settings=settings)


def _read(document: str) -> DeskSettings:
    """A stored document; what a newer version of the desk wrote beside what we know stays unread."""
    values: dict[str, object] = json.loads(document)
    return DeskSettings.model_validate(
        {name: value for name, value in values.items() if name in DeskSettings.model_fields}
    )


def _changed() -> Changed:
    return Changed(
        "Somebody else changed these settings meanwhile.", hint="Load the page again and repeat your change."
    )


def made_settings(values: Mapping[str, object]) -> DeskSettings:
    """Settings out of what a form or a program sent. Raises ``InvalidField`` naming the field."""
    try:
        return DeskSettings.model_validate(values)
    except ValidationError as error:
        raise InvalidField.of(error) from error
