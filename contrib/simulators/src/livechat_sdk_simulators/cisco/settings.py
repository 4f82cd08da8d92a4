"""What CCP can be told: feed, queues, agents, times, and whatever Cisco leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk_simulators.settings import SimulatorSettings

__all__ = ["CiscoSettings"]


@dataclass(frozen=True, kw_only=True)
class CiscoSettings(SimulatorSettings):
    """What CCP can be told. Times are in seconds."""

    base_url: str = "https://ccp.example.com"
    proxy_path: str = ""
    """A path that a reverse proxy puts before ``/ccp``: ``/customersupport``. Cookies keep theirs, so that a
    cookie jar drops them."""
    prefixes: tuple[str, ...] = ("/ccp/chat", "/ccp/rest/chat")
    """Under which prefixes the chat is; servers differ. ``integration`` names the first."""
    wrong_address: Literal["missing", "login"] = "missing"
    """What is not there is answered 404 by the container, or 302 to a page to log in."""

    feed_id: int = 100053
    exact_feed: bool = False
    """Whether ``feedRefURL`` must be the feed's own, letter by letter; else its number decides."""
    queues: tuple[str, ...] = ("Chat_Csq1", "Chat_Csq2")
    """Queue tags that Unified CCX knows. A chat without one of them is created, and offered to nobody. When
    there is none here, all are good."""
    agents: int | None = 3
    """How many chat agents are logged in; with 0 a new chat is rejected. ``None`` is as good as any."""
    empty_names: bool = False
    """Whether ``author`` and ``title`` may be empty."""
    ref_field: str | None = None
    """The extension field that names a chat for the agents here; else the first whose name ends with ``ref``,
    else the id of the contact."""

    created_status: int = 201
    """Of a chat that was created; Cisco's page does not say it."""
    cookie_path: str = "/ccp"
    cookie_secure: bool | None = None
    """Whether the cookie is ``Secure``; ``None``: when the server is reached over https."""
    cookie_http_only: bool = True

    root: Literal["chatEvents", "ChatEvents"] = "chatEvents"
    """What is around the events: as servers answer, or as Cisco's pages have it."""
    errors: Literal["apiErrors", "ApiErrors", "html"] = "apiErrors"
    """How errors are spelt; ``html``: as pages of the container, whatever they are about."""
    server_errors: Literal["html", "xml"] = "html"
    """How 5xx look."""
    gone_status: int = 404
    """The status with which ``notFound`` is answered when the session is gone."""
    ids: Literal["ascending", "backwards", "equal"] = "ascending"
    """Ids of events: growing; with smaller ones behind greater ones, within one answer; or typing with the id
    of the event before it."""
    after: Literal["number", "place"] = "number"
    """What ``eventid`` asks for: events with a greater id; or those behind the event with this id, of which
    some come again when ids go backwards."""
    blanks: bool = False
    """Blanks and line breaks around ids and statuses of events."""
    encoded_names: bool = False
    """Whether the names of agents are URL-encoded, too."""
    own_name: str = "me"
    """Who wrote the customer's own messages, with ``all=true``."""
    put_answer: Literal["empty", "events"] = "empty"
    """What a message is answered with."""

    early_messages: Literal["lost", "kept"] = "lost"
    """What becomes of messages that come before an agent: nobody ever sees them, or the first agent does."""
    late_messages: Literal["taken", "refused"] = "taken"
    """Messages after the last agent left: answered 200 though nobody sees them, or 400."""
    refuses_emoji: bool = False
    """Whether a message with characters above U+FFFF is answered 400."""
    longest_message: int | None = None
    """Characters; no limit is known."""
    transfer: Literal["join_first", "leave_first"] = "join_first"
    """In which order a transfer is told."""

    join_timeout: float = 60.0
    """Until the customer is told that no agent came."""
    inactivity_timeout: float = 300.0
    """Without a message until the chat is taken down."""
    inactivity_of: Literal["customer", "both"] = "customer"
    """Whose messages count."""
    poll_timeout: float | None = 120.0
    """Without a poll until the session is gone; Cisco does not say how long. ``None``: it stays."""

    admin_user: str = "admin"
    admin_password: str = "an-admin-password-of-the-simulator"  # noqa: S105 - of a server that does not exist
    """For ``/ccp-webapp``. Five failures lock the account for half an hour."""
    widget_id: str = "1"
    """Of the bubble chat."""
