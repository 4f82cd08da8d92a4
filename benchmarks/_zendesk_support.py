"""Zendesk Support for benchmarks, in a process of its own: tickets are made, and answered as a real one is.

The answer is as long as the vendor's: the ticket with all that it shows, and the audit with its events.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks._lean import a_vendor

__all__ = ["TOKEN", "a_zendesk_support"]

TOKEN: Final = "a-token-of-the-benchmark"  # noqa: S105 - it opens nothing
_AT: Final = "2026-11-26T09:30:00Z"
_AGENT: Final = 76872
_REQUESTER: Final = 20978392
_VIA: Final[dict[str, Any]] = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
_BARE: Final[dict[str, Any]] = {
    "via": _VIA,
    "created_at": _AT,
    "updated_at": _AT,
    "generated_timestamp": 1795685400,
    "status": "open",
    "recipient": None,
    "requester_id": _REQUESTER,
    "submitter_id": _AGENT,
    "assignee_id": None,
    "organization_id": None,
    "group_id": 98738,
    "collaborator_ids": [],
    "follower_ids": [],
    "email_cc_ids": [],
    "forum_topic_id": None,
    "problem_id": None,
    "has_incidents": False,
    "due_at": None,
    "custom_fields": [{"id": 360001, "value": None}, {"id": 360002, "value": False}],
    "satisfaction_rating": None,
    "sharing_agreement_ids": [],
    "custom_status_id": 42,
    "fields": [{"id": 360001, "value": None}, {"id": 360002, "value": False}],
    "followup_ids": [],
    "ticket_form_id": 47,
    "brand_id": 123,
    "allow_channelback": False,
    "allow_attachments": True,
    "from_messaging_channel": False,
}


class _State:
    def __init__(self) -> None:
        self.made = 35436

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request is answered with."""
        if path == "/oauth/tokens":
            return 200, {"access_token": TOKEN, "token_type": "bearer", "scope": "read write"}
        if method != "POST" or not path.startswith("/api/v2/tickets"):
            return 404, {"error": "RecordNotFound", "description": "Not found"}
        self.made += 1
        asked: dict[str, Any] = json.loads(body)["ticket"]
        comment = asked["comment"]
        text = comment.get("html_body") or comment["body"]
        ticket = {
            **_BARE,
            "id": self.made,
            "url": f"https://acme.zendesk.com/api/v2/tickets/{self.made}.json",
            "external_id": asked["external_id"],
            "subject": asked["subject"],
            "raw_subject": asked["subject"],
            "description": text,
            "priority": asked["priority"],
            "type": asked["type"],
            "tags": asked["tags"],
            "is_public": comment["public"],
        }
        return 201, {"ticket": ticket, "audit": self._audit(asked, text)}

    def _audit(self, asked: dict[str, Any], text: str) -> dict[str, Any]:
        number = self.made * 1000
        said = {
            "id": number + 1,
            "type": "Comment",
            "author_id": _AGENT,
            "body": text,
            "html_body": f'<div class="zd-comment" dir="auto">{text}</div>',
            "plain_body": text,
            "public": asked["comment"]["public"],
            "attachments": [],
            "audit_id": number,
        }
        values = ("subject", "priority", "type", "external_id", "tags")
        created = [
            {"id": number + 2 + place, "type": "Create", "value": asked[name], "field_name": name}
            for place, name in enumerate(values)
        ]
        return {
            "id": number,
            "ticket_id": self.made,
            "created_at": _AT,
            "author_id": _AGENT,
            "metadata": {
                "system": {"client": "api", "ip_address": "203.0.113.7", "location": "Athens, I, Greece"},
                "custom": asked.get("metadata") or {},
            },
            "events": [said, *created],
            "via": _VIA,
        }


@contextmanager
def a_zendesk_support() -> Generator[str]:
    """An account that runs while the context is open. Gives its address."""
    with a_vendor(_State, headers={"x-idempotency-lookup": "miss"}) as url:
        yield url
