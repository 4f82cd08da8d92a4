"""The vendor's calls, one method each, and what its refusals mean."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Final

from livechat_sdk.errors import ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Answer, BasicAuth, Repeat, VendorClient
from livechat_sdk.http.redacting import redacted, secret_headers
from livechat_sdk_cisco.cookies import session_of
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.xml import Element, NotXml, document, read_xml

__all__ = ["Api", "Opened", "SessionGone", "Transcript"]

logger = logging.getLogger("livechat_sdk_cisco")

_XML: Final = {"Content-Type": "application/xml", "Accept": "application/xml"}
_READ: Final = {"Accept": "application/xml"}
_ANSWERS: Final = frozenset({200, 201, 202, 204, 301, 302, 303, 307, 308, 400, 404, 405, 410, 500, 501})
"""Statuses whose bodies are read: what is wrong is said there, and with which status is not settled."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
_BAD: Final = 400
_SERVER: Final = 500
_NOT_OFFERED: Final = 501
_LARGEST: Final = 1_000_000
"""Bytes of an answer; what agents say at once is far less."""
_ABOVE_FFFF: Final = re.compile("[\U00010000-\U0010ffff]")
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)

Transcript = list[tuple[str, str]]
"""Who said what, oldest first."""


class SessionGone(RejectedError):
    """The server does not know the session: it timed out, was ended, or the server was restarted."""


class Opened:
    """What a server answers to an opening: its id of the contact, and the session."""

    __slots__ = ("contact", "session")

    def __init__(self, contact: str, session: str) -> None:
        self.contact = contact
        self.session = session


class Api:
    """The customer side of one server, and as much of the administrators' as doctor looks at."""

    def __init__(self, provider: str, settings: CiscoSettings) -> None:
        self._settings = settings
        self.client = VendorClient(
            provider=provider,
            base_url=settings.chat_url,
            ca_bundle=settings.ca_bundle,
            certificate_sha256=settings.certificate_sha256,
            verify=settings.verify,
            max_bytes=_LARGEST,
            connections=200,
        )
        self._admin: VendorClient | None = None
        if settings.client_id is not None and settings.client_secret is not None:
            self._admin = VendorClient(
                provider=provider,
                base_url=f"{settings.origin}/ccp-webapp/ccp",
                auth=BasicAuth(settings.client_id, settings.client_secret[0]),
                ca_bundle=settings.ca_bundle,
                certificate_sha256=settings.certificate_sha256,
                verify=settings.verify,
                max_bytes=_LARGEST,
            )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
        if self._admin is not None:
            await self._admin.close()

    async def open(self, contact: bytes) -> Opened:
        """Start a chat. Nothing tells afterwards whether it was started: it is never repeated by itself."""
        answer = await self._ask("open", "POST", "", content=contact)
        root = _xml(answer)
        identity = root.value("id")
        if root.kind != "socialcontact" or not re.fullmatch(r"[\w.-]{1,200}", identity):
            raise answer.unlike_documented("no contact with an id")
        session = session_of(answer.headers.get_list("set-cookie"))
        if session is None:
            raise answer.unlike_documented("no session cookie")
        return Opened(identity, session)

    async def events(self, session: str, after: int, *, operation: str = "poll") -> Element:
        """The events after one, in the order in which they were received."""
        answer = await self._ask(
            operation, "GET", "", session=session, params={"eventid": str(after), "all": "false"}
        )
        root = _xml(answer)
        if root.kind != "chatevents":
            raise answer.unlike_documented("no list of events")
        return root

    async def send(self, session: str, text: str, *, operation: str = "send") -> None:
        """Say something. There is no key: it is never repeated where it may have arrived.

        A server may refuse characters above U+FFFF; where it has refused the whole, they are left out.
        """
        plain = _ABOVE_FFFF.sub("\ufffd", text)
        if not self._settings.keep_emoji:
            text = plain
        try:
            await self._say(session, text, operation)
        except RejectedError as error:
            if error.status != _BAD or text == plain or isinstance(error, SessionGone):
                raise
            logger.info("the server refuses a text with characters above U+FFFF; it is sent without them")
            await self._say(session, plain, operation)

    async def _say(self, session: str, text: str, operation: str) -> None:
        answer = await self._ask(
            operation, "PUT", "", session=session, content=document("Message", ("body", text))
        )
        if answer.content.strip():
            root = _xml(answer)
            if root.kind == "html":
                raise answer.unlike_documented("a page for people")

    async def typing(self, session: str, name: str, *, on: bool) -> None:
        """Show that the end user is typing, or has stopped."""
        body = document("TypingEvent", ("from", name), ("status", "composing" if on else "paused"))
        await self._ask("typing", "PUT", "event", session=session, content=body, repeat=Repeat.SAFE)

    async def leave(self, session: str, *, operation: str = "close") -> None:
        """Leave the room. The agent stays in it, and the session lives on for a while."""
        await self._ask(operation, "PUT", "leaveChat", session=session, repeat=Repeat.SAFE)

    async def end(self, session: str) -> None:
        """End the session."""
        await self._ask("close", "DELETE", "", session=session, repeat=Repeat.SAFE)

    async def transcript(self, session: str, *, operation: str) -> Transcript | None:
        """What was said so far; ``None`` where the server does not give it."""
        try:
            answer = await self._ask(operation, "GET", "transcript.xml", session=session, repeat=Repeat.SAFE)
        except ProviderError as error:
            if isinstance(error, SessionGone) or error.status not in {_BAD, *_GONE, _NOT_OFFERED}:
                raise
            return None
        root = _xml(answer)
        lines = root.find("transcript")
        if lines is None:
            raise answer.unlike_documented("no transcript")
        return [(line.value("name"), line.value("msg")) for line in lines.all("chat")]

    async def feeds(self) -> list[Element] | None:
        """The feeds, as an administrator sees them; ``None`` without the login of one. Never repeated.

        Five failures lock the account for half an hour.
        """
        if self._admin is None:
            return None
        answer = await self._admin.request("check", "GET", "feed", headers=_READ, repeat=Repeat.NO)
        root = _xml(answer)
        return [root] if root.kind == "feed" else list(root.all("Feed"))

    async def greet(self) -> str:
        """Ask for the events of a session that is none: tells in one word who answers.

        ``chat``: the API, which knows no such session. ``other``: something else. Raises ``ProviderError``.
        """
        try:
            await self.events("JSESSIONID=livechat-sdk-doctor", 0, operation="check")
        except SessionGone:
            return "chat"
        except ProtocolError:
            return "other"
        except RejectedError as error:
            return "other" if error.status in _REDIRECTS else "chat"
        return "chat"

    async def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        session: str | None = None,
        params: dict[str, str] | None = None,
        content: bytes | None = None,
        repeat: Repeat | None = None,
    ) -> Answer:
        headers = dict(_READ if content is None else _XML)
        if session is not None:
            headers["Cookie"] = session
        answer = await self.client.request(
            operation,
            method,
            # The base itself, without a slash at its end.
            path or self._settings.chat_url,
            params=params,
            content=content,
            headers=headers,
            repeat=repeat or (Repeat.NO if operation == "poll" else Repeat.NEVER_LEFT),
            expect=_ANSWERS,
        )
        _raise_refusal(answer, headers)
        return answer


def _xml(answer: Answer) -> Element:
    charset = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        return read_xml(answer.content, charset[1] if charset else None)
    except NotXml as error:
        raise answer.unlike_documented(f"the body is not XML: {error}") from None


def _raise_refusal(answer: Answer, sent: Mapping[str, str]) -> None:
    """Raise what an answer means that is no success: by its body, which may come with any status."""
    errors = _errors(answer)
    words = "; ".join(" ".join(filter(None, one)) for one in errors)
    words = redacted(" ".join(words.split()), secret_headers(sent))[:300]
    gone = any(kind.lower() == "notfound" for kind, _ in errors)
    status = answer.status
    if gone or status in _GONE:
        raise _failure(SessionGone, answer, words or "the session is not known", status=404)
    if status in _REDIRECTS:
        words = "this is not the API of chats, for it leads elsewhere: look at endpoint"
        raise _failure(RejectedError, answer, words)
    if status == _NOT_OFFERED:
        raise _failure(RejectedError, answer, words or "the server does not offer this")
    if status >= _SERVER:
        raise _failure(RetryableError, answer, words or "the server failed")
    if status >= _BAD or errors:
        raise _failure(RejectedError, answer, words or "refused")


def _errors(answer: Answer) -> list[tuple[str, str]]:
    """Types and messages of the errors in a body. Proxies and servers answer with pages as well."""
    if b"apierror" not in answer.content.lower():
        return []
    try:
        root = _xml(answer)
    except ProtocolError:
        return []
    if root.kind == "apierror":
        return [_error(root)]
    return [_error(one) for one in root.all("apiError")] if root.kind == "apierrors" else []


def _error(one: Element) -> tuple[str, str]:
    return one.value("errorType") or "error", one.value("errorMessage") or one.value("errorData")


def _failure(
    kind: type[ProviderError], answer: Answer, words: str, *, status: int | None = None
) -> ProviderError:
    return kind(
        f"{words} (status {answer.status})",
        provider=answer.provider,
        operation=answer.operation,
        status=status or answer.status,
        request_id=answer.request_id,
        sent=True,
    )
