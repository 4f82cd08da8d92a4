"""The vendor of the toy ticket system: its memory, behind a small HTTP API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems.reading import rendered
from livechat_sdk_testing.conformance.systems.tickets_rig import CommentSeen, TicketSeen
from livechat_sdk_testing.conformance.systems.toy_server import Refused, Route, ToyServer, body_of

__all__ = ["BODY", "FIELDS", "LAG", "SUBJECT", "WINDOW", "Kept", "ToyTicketVendor", "seen"]

WINDOW: Final = 3600.0
"""Seconds for which a key is known."""
LAG: Final = 20.0
"""Seconds after which a new ticket is found."""
SUBJECT: Final = 120
"""Longest subject."""
BODY: Final = 5000
"""Longest text."""
FIELDS: Final[Mapping[str, tuple[str, str]]] = {"Product": ("f1", "choice"), "Orders": ("f2", "integer")}
"""The vendor's name of each field, and what it takes."""


@dataclass
class Kept:
    """A ticket that the vendor has."""

    id: str
    content: dict[str, Any]
    made_at: datetime
    comments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    state: str = "fresh"


class ToyTicketVendor(ToyServer):
    """The vendor's own memory."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.kept: list[Kept] = []

    def routes(self) -> list[Route]:
        """Create, comment, read, find."""
        return [
            Route("create", "POST", "/tickets", self.create, 201),
            Route("find", "GET", "/tickets", self.find),
            Route("read", "GET", "/tickets/{id}", self.read),
            Route("comment", "POST", "/tickets/{id}/comments", self.comment, 201),
            Route("read", "GET", "/tickets/{id}/comments", self.comments),
        ]

    def create(self, request: httpx.Request, _: Mapping[str, str]) -> dict[str, Any]:
        """Make a ticket; a key that is known and young gives the one that was made."""
        content, now = body_of(request), self.clock.now()
        known = request.headers.get("idempotency-key")
        for one in self.kept:
            young = now - one.made_at < timedelta(seconds=WINDOW)
            if known is not None and one.content["key"] == known and young:
                return self.told(one)
        if len(content["subject"]) > SUBJECT or len(rendered(content["html"])) > BODY:
            raise Refused(422, "too long")
        made = Kept(str(len(self.kept) + 1), content, now)
        made.comments.append({key: content.get(key) for key in ("html", "public", "files", "key")})
        self.kept.append(made)
        return self.told(made)

    def find(self, request: httpx.Request, _: Mapping[str, str]) -> dict[str, Any]:
        """Tickets by key, as far as the index has them."""
        seen = self.clock.now() - timedelta(seconds=LAG)
        wanted = request.url.params.get("key")
        found = [one for one in self.kept if one.content["key"] == wanted and one.made_at <= seen]
        return {"tickets": [self.told(one) for one in found]}

    def read(self, _: httpx.Request, parts: Mapping[str, str]) -> dict[str, Any]:
        """One ticket."""
        return self.told(self.one(parts["id"]))

    def comments(self, _: httpx.Request, parts: Mapping[str, str]) -> dict[str, Any]:
        """The keys of its comments."""
        return {"keys": [comment.get("key") for comment in self.one(parts["id"]).comments]}

    def comment(self, request: httpx.Request, parts: Mapping[str, str]) -> dict[str, Any]:
        """One more comment."""
        content = body_of(request)
        if len(rendered(content["html"])) > BODY:
            raise Refused(422, "too long")
        self.one(parts["id"]).comments.append(content)
        return {"ok": True}

    def one(self, ticket_id: str) -> Kept:
        """A ticket by its id."""
        found = next((one for one in self.kept if one.id == ticket_id), None)
        if found is None:
            raise Refused(404, "no such ticket")
        return found

    @staticmethod
    def told(one: Kept) -> dict[str, Any]:
        """A ticket as it is answered."""
        subject, key = one.content["subject"], one.content["key"]
        made = one.made_at.isoformat()
        return {"id": one.id, "key": key, "subject": subject, "state": one.state, "made_at": made}


def seen(one: Kept) -> TicketSeen:
    """A ticket as its support people see it."""
    given = [file for comment in one.comments for file in comment.get("files") or ()]
    return TicketSeen(
        id=one.id,
        key=one.content["key"],
        subject=one.content["subject"],
        comments=[
            CommentSeen(
                rendered(comment["html"]),
                comment.get("public"),
                [file["name"] for file in comment.get("files") or ()],
            )
            for comment in one.comments
        ],
        requester=one.content.get("requester") or (),
        priority=one.content.get("priority"),
        kind=one.content.get("kind"),
        tags=one.content.get("tags") or (),
        fields={
            label: one.content["fields"][name]
            for label, (name, _) in FIELDS.items()
            if name in one.content["fields"]
        },
        state=one.state,
        files={file["name"]: base64.b64decode(file["data"]) for file in given},
    )
