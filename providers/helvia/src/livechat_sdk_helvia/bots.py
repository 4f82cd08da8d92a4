"""Settings of single bots at the desk: whether it serves them, how names appear, words of system messages.

One record for each bot, read and replaced as a whole. A bot without a record is served, with the names and
the words that the settings file says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from livechat_sdk.domain.base import Model
from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.errors import Expect
from livechat_sdk.policies.languages import within
from livechat_sdk.policies.message_settings import SystemMessagesSettings
from livechat_sdk.policies.system_messages import usable
from livechat_sdk_helvia.audit import audit_entry
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import Changed, InvalidField
from livechat_sdk_helvia.hub import SETTINGS
from livechat_sdk_helvia.records import DeskUser, Right

__all__ = ["BotSettings", "Bots", "MemberNames", "StoredBot", "Words", "made_bot_settings"]

_LONGEST_BOT: Final = 200

_TeamName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class MemberNames(StrEnum):
    """How the end users of a bot see the names of members (platform: ``itcPrefixType``, and one of ours)."""

    FULL_NAME = "FULL_NAME"
    FIRST_NAME = "FIRST_NAME"
    TEAM_NAME = "TEAM_NAME"
    """One name for everybody, in place of their own."""


Words = dict[str, dict[str, str | None]]
"""Words by language and moment; ``None`` says nothing at that moment."""


class BotSettings(Model):
    """The settings of one bot."""

    available: bool = True
    """Whether the desk takes requests of this bot."""
    names: MemberNames | None = None
    """How names are shown; ``None``: as the integration says."""
    team_name: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None
    ) = None
    system_messages: Words = Field(default_factory=dict)

    @field_validator("system_messages")
    @classmethod
    def _known_words(cls, value: Words) -> Words:
        return SystemMessagesSettings.model_validate(value).root

    @model_validator(mode="after")
    def _has_a_name(self) -> Self:
        if self.names is MemberNames.TEAM_NAME and self.team_name is None:
            raise ValueError("the name of the team is missing")
        return self

    @property
    def texts(self) -> Mapping[str, Mapping[Moment, str | Silent]]:
        """The words by normalised language and moment, with built-in ones where a value may be missing."""
        return usable(SystemMessagesSettings(self.system_messages).texts)


class StoredBot(Model):
    """A bot, its settings, and which revision of them this is; 0 before anybody has saved any."""

    bot: str
    revision: int = 0
    settings: BotSettings = Field(default_factory=BotSettings)


class Bots:
    """Reads and replaces settings of bots. Reading needs no right here: whoever shows them asks first."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    async def get(self, bot: str) -> BotSettings:
        """The settings in force for a bot, never from a cache: another process may have changed them."""
        return (await self.stored(bot)).settings

    async def stored(self, bot: str) -> StoredBot:
        """The settings in force for a bot with their revision."""
        row = await self._desk.first(
            """
            SELECT revision, document FROM desk_bots
            WHERE workspace = :workspace AND integration = :integration AND bot = :bot
            """,
            bot=bot,
        )
        if row is None:
            return StoredBot(bot=bot)
        return StoredBot(bot=bot, revision=int(str(row["revision"])), settings=_read(str(row["document"])))

    async def known(self) -> Sequence[str]:
        """The bots that the desk has had a request of, or has settings for, by name."""
        rows = await self._desk.fetch(
            """
            SELECT bot FROM desk_bots WHERE workspace = :workspace AND integration = :integration
            UNION
            SELECT bot FROM desk_conversations WHERE workspace = :workspace AND integration = :integration
            ORDER BY bot
            """
        )
        return [str(row["bot"]) for row in rows]

    async def words(self, bot: str, moment: Moment, language: str) -> tuple[str, str | Silent] | None:
        """The bot's words for a moment in a language, or in a wider one: the language found, and the text.

        ``None`` when this desk has no words in that language.
        """
        texts = (await self.get(bot)).texts
        for tag in within(language):
            text = texts.get(tag, {}).get(moment)
            if text is not None:
                return tag, text
        return None

    async def replace(
        self, actor: DeskUser, bot: str, settings: BotSettings, *, revision: int | None = None
    ) -> StoredBot:
        """Put ``settings`` in the place of a bot's record. Raises ``Forbidden``, ``InvalidField``.

        With the ``revision`` that ``settings`` were made from, ``Changed`` is raised when somebody else saved
        meanwhile; without one the last writer wins.
        """
        require(actor, Right.ADMINISTER)
        bot = bot.strip()
        if not bot.isprintable() or not 1 <= len(bot) <= _LONGEST_BOT:
            raise InvalidField(f"The name of a bot has 1 to {_LONGEST_BOT} printable characters.")
        desk, known = self._desk, await self.stored(bot)
        if revision is not None and revision != known.revision:
            raise _changed(bot)
        before, after = known.settings.model_dump(mode="json"), settings.model_dump(mode="json")
        changed = sorted(name for name in after if after[name] != before[name])
        upsert = desk.statement(
            """
            INSERT INTO desk_bots (workspace, integration, bot, revision, document, updated_at)
            VALUES (:workspace, :integration, :bot, 1, :document, :now)
            ON CONFLICT (workspace, integration, bot) DO UPDATE
            SET revision = desk_bots.revision + 1, document = excluded.document,
                updated_at = excluded.updated_at
            WHERE desk_bots.revision = :revision
            """,
            expect=1,
            bot=bot,
            document=settings.model_dump_json(),
            now=desk.now_text(),
            revision=known.revision,
        )
        entry = audit_entry(
            desk,
            actor,
            "bot.changed",
            f"bot:{bot}",
            changed=", ".join(changed) or "nothing",
            available=settings.available,
        )
        try:
            await desk.database.commit([upsert, entry])
        except Expect as clash:
            raise _changed(bot) from clash
        desk.hub.publish(SETTINGS, "bots")
        return StoredBot(bot=bot, revision=known.revision + 1, settings=settings)


def made_bot_settings(values: Mapping[str, object]) -> BotSettings:
    """Settings out of what a form or a program sent. Raises ``InvalidField`` naming the field."""
    try:
        return BotSettings.model_validate(values)
    except ValidationError as error:
        raise InvalidField.of(error) from error


def _changed(bot: str) -> Changed:
    return Changed(
        f"Somebody else changed the settings of {bot} meanwhile.",
        hint="Load the page again and repeat your change.",
    )


def _read(document: str) -> BotSettings:
    """A stored document; what a newer version of the desk wrote beside what we know stays unread."""
    values: dict[str, object] = json.loads(document)
    return BotSettings.model_validate(
        {name: value for name, value in values.items() if name in BotSettings.model_fields}
    )
