"""How a chat begins: with a posted ``SocialContact``, or in one of the two ways of browsers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from livechat_sdk_simulators.bodies import form_fields
from livechat_sdk_simulators.calls import Call, Operation
from livechat_sdk_simulators.cisco.errors import INVALID, NOT_FOUND, CcpError, page, refusing, xml_answer
from livechat_sdk_simulators.cisco.markup import Element, leaf, parse, wrap
from livechat_sdk_simulators.cisco.sessions import COOKIE, needs_type, set_cookie
from livechat_sdk_simulators.cisco.state import Chat, Request
from livechat_sdk_simulators.clock import epoch_milliseconds
from livechat_sdk_simulators.reading import Misfit

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.simulator import CiscoSimulator

__all__ = ["Opening"]

_PAGE: Final = "/ccp/ui/customer_chat.html"
_FIELD: Final = "extensionField_"
_FIELDS: Final = 100
_FIELD_BYTES: Final = 1_000_000
_TAGS: Final = 20


class Opening:
    """The calls that create a chat."""

    def __init__(self, cisco: CiscoSimulator) -> None:
        self._cisco = cisco
        self._settings = cisco.settings

    def operations(self) -> Sequence[Operation]:
        """What there is, below each prefix."""
        found: list[Operation] = []
        for prefix in self._cisco.prefixes:
            found += [
                Operation("open", "POST", prefix, self.post, public=True),
                Operation("open", "POST", f"{prefix}/", self.post, public=True),
                Operation("open", "GET", f"{prefix}/{{feed}}/redirect", self.redirect, public=True),
                Operation("open", "POST", f"{prefix}/form/{{feed}}", self.form, public=True),
            ]
        return [*found, Operation("page", "GET", self._settings.proxy_path + _PAGE, self.page, public=True)]

    async def post(self, call: Call) -> Response:
        """The way for programs: XML in, XML out, with the address of the contact."""
        needs_type(call, "application/xml")
        with refusing():
            contact = parse(call.body, "SocialContact")
            feed = contact.value("feedRefURL")
            title, author = contact.value("title"), contact.value("author")
            asked = Request(
                author or "",
                title or "",
                contact.value("description") or "",
                contact.list_of("tags", "tag", lambda tag: tag.text.strip()),
                _distinct(contact.list_of("extensionFields", "extensionField", _field)),
            )
            contact.end()
        self._complete(author, title, asked)
        self._check_feed(feed)
        chat = self._begin(call, asked)
        response = xml_answer(
            wrap("SocialContact", *_opened(self._cisco, chat)), self._settings.created_status
        )
        response.headers["Location"] = self._cisco.contact_url(chat)
        return self._with_cookie(call, chat, response)

    async def redirect(self, call: Call) -> Response:
        """The way of a link."""
        return self._redirected(call, call.query)

    async def form(self, call: Call) -> Response:
        """The way of the form that Unified CCX generates."""
        needs_type(call, "application/x-www-form-urlencoded")
        with refusing():
            try:
                fields = form_fields(call.body)
            except ValueError as error:
                raise Misfit(f"the body is no form: {error}") from error
        return self._redirected(call, fields)

    def _redirected(self, call: Call, given: Mapping[str, str]) -> Response:
        if call.part("feed") != str(self._settings.feed_id):
            raise CcpError(400, INVALID, ("feedId", "There is no such feed."))
        fields = {name.removeprefix(_FIELD): text for name, text in given.items() if name.startswith(_FIELD)}
        known = {"title", "author", "description", "tags"}
        with refusing():
            if strange := [name for name in given if name not in known and not name.startswith(_FIELD)]:
                raise Misfit(f"the parameter {strange[0]} is unknown")
        tags = [tag.strip() for tag in given.get("tags", "").split(",") if tag.strip()]
        author, title = given.get("author"), given.get("title")
        asked = Request(author or "", title or "", given.get("description", ""), tags, fields)
        self._complete(author, title, asked)
        chat = self._begin(call, asked)
        where = f"{self._settings.base_url}{self._settings.proxy_path}{_PAGE}"
        return self._with_cookie(call, chat, RedirectResponse(where, 302))

    async def page(self, call: Call) -> Response:
        """Where a browser is redirected to; nothing for programs."""
        return page("Chat", "A browser would chat here.")

    def _begin(self, call: Call, asked: Request) -> Chat:
        chat = self._cisco.rooms.open(asked, call.request.cookies.get(COOKIE))
        call.chat, call.applied = chat.id, f"chat {chat.id} was opened"
        return chat

    def _with_cookie(self, call: Call, chat: Chat, response: Response) -> Response:
        """The session, unless the caller has it already."""
        if chat.session is not None and call.request.cookies.get(COOKIE) != chat.session:
            set_cookie(self._settings, response, chat.session)
        return response

    # -------------------------------------------------------------------------------------- checking
    def _complete(self, author: str | None, title: str | None, asked: Request) -> None:
        """Refuse what lacks something; every lack is an error of its own."""
        lacking: list[tuple[str, str]] = []
        for name, value in (("author", author), ("title", title)):
            if value is None or not (value.strip() or self._settings.empty_names):
                lacking.append((name, f"{name} is required."))
        if len(asked.fields) > _FIELDS:
            lacking.append(("extensionFields", f"There are more than {_FIELDS} extension fields."))
        if sum(len((name + text).encode()) for name, text in asked.fields.items()) > _FIELD_BYTES:
            lacking.append(("extensionFields", "The extension fields are larger than 1 MB."))
        if len(asked.tags) > _TAGS:
            lacking.append(("tags", f"There are more than {_TAGS} tags."))
        if lacking:
            raise CcpError(400, INVALID, *lacking)

    def _check_feed(self, feed: str | None) -> None:
        if feed is None:
            raise CcpError(400, INVALID, ("feedRefURL", "feedRefURL is required."))
        if self._settings.exact_feed:
            fits = feed.strip() == self._cisco.feed_url()
        else:
            parts = urlsplit(feed.strip())
            fits = bool(parts.scheme in {"http", "https"} and parts.netloc) and parts.path.endswith(
                f"/ccp-webapp/ccp/feed/{self._settings.feed_id}"
            )
        if not fits:
            raise CcpError(400, NOT_FOUND, ("feedRefURL", "There is no such feed."))


def _field(entry: Element) -> tuple[str, str]:
    name, value = entry.needed("name").strip(), entry.needed("value")
    entry.end()
    if not name:
        raise Misfit(f"{entry.where}/name is empty")
    return name, value


def _distinct(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Misfit("an extension field stands twice")
    return fields


def _opened(cisco: CiscoSimulator, chat: Chat) -> list[str]:
    """The elements of a contact that was just created, in the order of Cisco's page."""
    at, url, asked = epoch_milliseconds(chat.opened_at), cisco.contact_url(chat), chat.asked
    room = wrap("extensionField", leaf("name", "chatRoom"), leaf("value", chat.room))
    return [
        leaf("author", asked.author),
        leaf("createdDate", at),
        leaf("description", asked.description) if asked.description else wrap("description"),
        wrap("extensionFields", room),
        leaf("id", chat.id),
        leaf("link", url),
        leaf("publishedDate", at),
        leaf("refURL", url),
        wrap("replyToId"),
        leaf("status", "unread"),
        leaf("statusTimestamp", at),
        wrap("statusUserId"),
        wrap("tags", *[leaf("tag", tag) for tag in asked.tags]),
        leaf("title", asked.title),
    ]
