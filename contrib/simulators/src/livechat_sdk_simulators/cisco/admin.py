"""The administrator's side, as far as a chat needs it; and the public widget and ping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.cisco.errors import INVALID, NOT_FOUND, CcpError, refusing, xml_answer
from livechat_sdk_simulators.cisco.markup import leaf, wrap
from livechat_sdk_simulators.cisco.state import Chat
from livechat_sdk_simulators.clock import epoch_milliseconds
from livechat_sdk_simulators.ids import same
from livechat_sdk_simulators.reading import only
from livechat_sdk_simulators.tokens import basic_credentials

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.simulator import CiscoSimulator

__all__ = ["Admin"]

_WEBAPP: Final = "/ccp-webapp/ccp"
_FAILURES: Final = 5
_LOCKED: Final = timedelta(minutes=30)
_WADL: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<application xmlns="http://wadl.dev.java.net/2009/02"><grammars/><resources base="{base}/">'
    '<resource path="authentication/ping"><method id="ping" name="GET"><response>'
    '<representation mediaType="*/*"/></response></method></resource></resources></application>'
)


class Admin:
    """The calls below ``/ccp-webapp`` with a basic login, ``bubblechat`` and ``ping`` without."""

    def __init__(self, cisco: CiscoSimulator) -> None:
        self._cisco = cisco
        self._settings = cisco.settings
        self._failures = 0
        self._locked_until: datetime | None = None

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        webapp = f"{self._settings.proxy_path}{_WEBAPP}"
        chats = [prefix.removesuffix("/chat") for prefix in self._cisco.prefixes]
        return [
            Operation("feeds", "GET", f"{webapp}/feed", self.feeds),
            Operation("feeds", "GET", f"{webapp}/feed/{{id}}", self.feed),
            Operation("status", "GET", f"{webapp}/socialcontact/{{id}}", self.contact),
            Operation("ping", "OPTIONS", f"{webapp}/authentication/ping", self.ping, public=True),
            *[
                Operation("widget", "GET", f"{base}/bubblechat", self.bubble_chat, public=True)
                for base in chats
            ],
        ]

    def authorise(self, call: Call) -> None:
        """Ask for the administrator. Five failures lock the account for half an hour."""
        now = self._cisco.clock.now()
        if self._locked_until is not None and now >= self._locked_until:
            self._locked_until, self._failures = None, 0
        user, password = basic_credentials(call.header("authorization")) or ("", "")
        fits = same(user, self._settings.admin_user) and same(password, self._settings.admin_password)
        if fits and self._locked_until is None:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= _FAILURES and self._locked_until is None:
            self._locked_until = now + _LOCKED
        error = CcpError(401, "unauthorized", ("", "The login is wrong, missing or locked."))
        error.headers["WWW-Authenticate"] = 'Basic realm="CCP"'
        raise error

    async def feeds(self, call: Call) -> Response:
        """The feeds: the one of Unified CCX."""
        with refusing():
            only(call.query)
        return xml_answer(wrap("feeds", self._feed()))

    async def feed(self, call: Call) -> Response:
        """One feed."""
        if call.part("id") != str(self._settings.feed_id):
            raise CcpError(404, NOT_FOUND, ("", "There is no such feed."))
        return xml_answer(self._feed())

    def _feed(self) -> str:
        number, settings = self._settings.feed_id, self._settings
        return wrap(
            "Feed",
            leaf("changeStamp", 3),
            leaf("chatInactivityTimeout", round(settings.inactivity_timeout)),
            leaf("chatJoinTimeout", round(settings.join_timeout)),
            _loose("description", "Created by CCX application as part of CCX chat configuration."),
            leaf("name", "CCX Chat Feed"),
            leaf("pollingInterval", 0),
            _loose("pushFeedURL", f"{settings.base_url}{_WEBAPP}/chatfeed/{number}"),
            _loose("refURL", self._cisco.feed_url()),
            _loose("replyTemplateRefURL", f"{settings.base_url}{_WEBAPP}/template/reply/303"),
            leaf("status", 1),
            wrap("tags", leaf("tag", "ccx_chat_req")),
            leaf("type", 8),
        )

    async def contact(self, call: Call) -> Response:
        """A chat as a contact."""
        chat = next((one for one in self._cisco.rooms.all() if one.id == call.part("id")), None)
        if chat is None:
            raise CcpError(404, NOT_FOUND, ("", "There is no such contact."))
        call.chat = chat.id
        asked, url = chat.asked, self._cisco.contact_url(chat)
        fields = {"h_chatRoom": chat.room, **asked.fields}
        named = [
            wrap("extensionField", leaf("name", name), leaf("value", text)) for name, text in fields.items()
        ]
        return xml_answer(
            wrap(
                "SocialContact",
                leaf("author", asked.author),
                leaf("createdDate", epoch_milliseconds(chat.opened_at)),
                leaf("description", asked.description),
                wrap("extensionFields", *named),
                leaf("id", chat.id),
                _loose("link", url),
                leaf("publishedDate", epoch_milliseconds(chat.opened_at)),
                _loose("refURL", url),
                leaf("sourceType", "chat"),
                leaf("status", _status(chat)),
                leaf("statusReason", "unknown"),
                leaf("statusTimestamp", epoch_milliseconds(chat.changed_at)),
                leaf("statusUserId", "admin"),
                wrap("tags", *[leaf("tag", tag) for tag in ("ccx_chat_req", *asked.tags)]),
                leaf("title", asked.title),
            )
        )

    async def ping(self, call: Call) -> Response:
        """Whether the server is there."""
        return xml_answer(_WADL.format(base=f"{self._settings.base_url}{_WEBAPP}"))

    async def bubble_chat(self, call: Call) -> Response:
        """What a page with the bubble needs. Nothing in it says whether anybody is there."""
        with refusing():
            only(call.query, "wid")
        widget = call.query.get("wid")
        if not widget:
            raise CcpError(400, INVALID, ("wid", "wid is required."))
        if widget != self._settings.widget_id:
            raise CcpError(404, NOT_FOUND, ("wid", "There is no such widget."))
        statements = [{"statement": f"Topic {tag}", "csqTag": tag} for tag in self._settings.queues]
        return json_answer(
            {
                "messages": {
                    "agentJoinTimeoutMsg": "All our agents are talking to others. Please stay, or come back.",
                    "chatErrorMsg": "Chat does not work at the moment.",
                    "offHourMessage": "Nobody is here now.",
                    "welcomeMessage": "Welcome. An agent will be here soon.",
                },
                "proactiveChat": False,
                "contextServiceFieldSets": "",
                "chatForm": {
                    "problemStatements": {"statements": statements, "caption": "What is it about?"},
                    "bubbleStyle": {"titleText": "Ask us", "buttonText": "Begin", "fontFace": "Helvetica"},
                    "formFields": ["Name", "Email", "PhoneNumber"],
                },
            }
        )


def _loose(name: str, text: str) -> str:
    """A value with line breaks around it, as the administrator's side writes some."""
    return leaf(name, f"\n            {text}\n        ")


def _status(chat: Chat) -> str:
    if chat.state == "active":
        return "reserved"
    seen = any(one.status == "delivered" for one in chat.messages) or chat.ended == "agents left"
    return "unread" if chat.state == "queued" else "handled" if seen else "discarded"
