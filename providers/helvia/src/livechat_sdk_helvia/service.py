"""The desk as one object: what the provider, the pages and the API work with."""

from __future__ import annotations

from collections.abc import Callable

from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk.provider.hosting import Assistance, EmbeddedHost
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.personal import declare_personal
from livechat_sdk_helvia.accounts import Accounts
from livechat_sdk_helvia.analytics.service import Analytics
from livechat_sdk_helvia.audit import Audit
from livechat_sdk_helvia.auth import Passwords, Sessions
from livechat_sdk_helvia.automations.service import Automations
from livechat_sdk_helvia.bots import Bots
from livechat_sdk_helvia.callbacks.lane import CallbackLane
from livechat_sdk_helvia.callbacks.posting import Post
from livechat_sdk_helvia.callbacks.queue import Queue
from livechat_sdk_helvia.callbacks.telling import TellingDatabase
from livechat_sdk_helvia.canned import Canned
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.desk_settings import SettingsStore
from livechat_sdk_helvia.files import Files
from livechat_sdk_helvia.group_hours import GroupHours
from livechat_sdk_helvia.groups import Groups
from livechat_sdk_helvia.history import History
from livechat_sdk_helvia.hub import INBOX, Hub, TypingSign
from livechat_sdk_helvia.ids import IdMaker
from livechat_sdk_helvia.inbox import Inbox
from livechat_sdk_helvia.manager.missing import MissingLane
from livechat_sdk_helvia.manager.service import Manager
from livechat_sdk_helvia.masking import Masking
from livechat_sdk_helvia.members import Members
from livechat_sdk_helvia.messages import Messages
from livechat_sdk_helvia.my_settings import MySettingsStore
from livechat_sdk_helvia.news import News
from livechat_sdk_helvia.notes import Notes
from livechat_sdk_helvia.own_password import OwnPassword
from livechat_sdk_helvia.presence import Presence
from livechat_sdk_helvia.purge import Purge
from livechat_sdk_helvia.reading import Reading
from livechat_sdk_helvia.records import Conversation, DeskUser
from livechat_sdk_helvia.schemas import SCHEMAS
from livechat_sdk_helvia.settings import HelviaSettings
from livechat_sdk_helvia.sight import Sight
from livechat_sdk_helvia.suggestions import Suggestions
from livechat_sdk_helvia.tags import Tags
from livechat_sdk_helvia.targets import Targets
from livechat_sdk_helvia.team import Team
from livechat_sdk_helvia.transcripts import Transcripts
from livechat_sdk_helvia.transfers import Transfers
from livechat_sdk_helvia.translation import Translations
from livechat_sdk_helvia.typing_signs import TypingSigns
from livechat_sdk_helvia.waits import Waits

__all__ = ["Desk"]


class Desk:
    """A running desk. Its parts check the rights of whoever acts; nothing outside them writes its tables."""

    def __init__(
        self,
        database: EmbeddedDatabase,
        context: IntegrationContext,
        settings: HelviaSettings,
        *,
        passwords: Passwords | None = None,
        host: EmbeddedHost | None = None,
        assistance: Assistance | None = None,
        files: FileOpener | None = None,
    ) -> None:
        hub = Hub()
        self.context = DeskContext(
            database=TellingDatabase(
                database,
                workspace=context.workspace,
                integration=context.name,
                now=context.now,
                hub=hub,
                tells=settings.callbacks is not None,
            ),
            workspace=context.workspace,
            integration=context.name,
            now=context.now,
            new_id=IdMaker(context.now),
            hub=hub,
        )
        self._settings = settings
        self.audit = Audit(self.context)
        self.settings = SettingsStore(self.context)
        self.sessions = Sessions(self.context)
        passwords = passwords or Passwords()
        self.accounts = Accounts(self.context, passwords, self.sessions)
        self.own_password = OwnPassword(self.context, passwords, self.accounts, self.sessions)
        self.members = Members(self.context, passwords, self.sessions)
        self.groups = Groups(self.context)
        self.bots = Bots(self.context)
        self.hours = GroupHours(self.context, self.settings)
        self.typing = TypingSigns(self.context)
        self.reading = Reading(self.context)
        self.messages = Messages(
            self.context,
            Masking(self.context, self.bots, settings.agent_names),
            Translations(self.context, self.settings, assistance),
            self.typing,
        )
        self.news = News(
            self.context,
            lambda sign: self.typing.heard(TypingSign(*sign)),
            lambda: self.hub.has_subscribers(INBOX),
        )
        self.my_settings = MySettingsStore(self.context)
        self.presence = Presence(self.context)
        self.sight = Sight(self.context, self.settings)
        self.inbox = Inbox(self.context, self.sight)
        self.waits = Waits(self.context, self.settings, self.sight)
        self.team = Team(self.context, self.groups, self.presence, self.sight)
        self.conversations = Conversations(
            self.context, self.messages, self.sight, self.presence, self.typing
        )
        self.suggestions = Suggestions(self.context, self.conversations, self.settings, assistance)
        self.notes = Notes(self.context, self.sight)
        self.history = History(self.context, self.sight)
        self.canned = Canned(self.context, self.messages)
        self.files = Files(
            self.context, self.sight, files or NoFiles(), services_hear=settings.callbacks is not None
        )
        self.transcripts = Transcripts(self.context, self.sight)
        self.tags = Tags(self.context, self.conversations)
        self.targets = Targets(self.context, self.groups, self.presence)
        self.transfers = Transfers(
            self.context,
            self.conversations,
            self.messages,
            self.targets,
            self.sight,
            self.presence,
            time_limit=settings.transfer_timeout,
        )
        self.automations = Automations(self.context, self.conversations, self.accounts, host)
        self.purge = Purge(self.context, self.files)
        self.analytics = Analytics(self.context, host)
        self.manager = Manager(self, settings.service_tokens, turns_away=settings.require_agents)
        self.missing = MissingLane(self.context, self.conversations, settings.request_timeout)
        self.queue = Queue(self.context)
        self.callbacks: CallbackLane | None = None
        if settings.callbacks is not None:
            post = Post(settings.callbacks, self.automations.outside.egress)
            self.callbacks = CallbackLane(
                self.context, self.queue, post, self.conversations, self.messages, self.files
            )

    @property
    def hub(self) -> Hub:
        """Where live updates come from."""
        return self.context.hub

    @property
    def name(self) -> str:
        """The integration's name."""
        return self.context.integration

    async def start(self, announce: Callable[[str], None]) -> None:
        """Make the tables and the accounts ready. ``announce`` is told the first passwords, once."""
        desk = self.context
        for schema in SCHEMAS:
            await desk.database.create_tables(schema.name, schema.version, schema.ddl)
            await declare_personal(
                desk.database,
                schema.name,
                schema.personal,
                workspace=desk.workspace,
                integration=desk.integration,
            )
        await self.accounts.bring_up_to_date(self._settings, announce)
        await self.groups.bring_up_to_date(self._settings)

    def work_in_background(self) -> None:
        """Begin with what is done beside calls."""
        self.automations.lane.start()
        self.waits.start()
        self.news.start()
        self.missing.start()
        if self.callbacks is not None:
            self.callbacks.start()

    async def accept(self, actor: DeskUser, request_id: int) -> Conversation:
        """Take whatever kind of request this is: of an end user, a transfer, an invitation."""
        request = await self.conversations.request(request_id)
        if request.type == "external":
            return await self.conversations.accept(actor, request_id)
        return await self.transfers.accept(actor, request_id)

    async def stop(self) -> None:
        """End the live streams of open pages; they come back by themselves."""
        self.hub.close()
        await self.waits.stop()
        await self.news.stop()
        await self.missing.stop()
        await self.automations.lane.stop()
        if self.callbacks is not None:
            await self.callbacks.stop()
