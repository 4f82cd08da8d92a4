"""Records as Freshdesk writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from livechat_sdk_simulators.freshdesk.account import Account
from livechat_sdk_simulators.freshdesk.markup import read_aloud
from livechat_sdk_simulators.freshdesk.state import (
    Agent,
    Attachment,
    Company,
    Contact,
    Conversation,
    Ticket,
    seconds,
)

__all__ = ["Shown"]

_STATS = (
    "agent_responded_at",
    "requester_responded_at",
    "first_responded_at",
    "status_updated_at",
    "reopened_at",
    "resolved_at",
    "closed_at",
    "pending_since",
)


class Shown:
    """Shows records of an account, with addresses below ``base_url``."""

    def __init__(self, account: Account, base_url: str) -> None:
        self._account = account
        self._base_url = base_url

    # ---------------------------------------------------------------------------------------- tickets
    def listed(self, ticket: Ticket, include: Sequence[str] = ()) -> dict[str, Any]:
        """A ticket in a list: without its description, unless that is asked for, and without files."""
        described = self._description(ticket) if "description" in include else {}
        return {**self._common(ticket), **described, **self._beside(ticket, include)}

    def ticket(self, ticket: Ticket, include: Sequence[str] = ()) -> dict[str, Any]:
        """A ticket by itself."""
        shown = {
            **self._common(ticket),
            **self._description(ticket),
            "attachments": [self.attachment(one) for one in ticket.files],
            **self._beside(ticket, include),
        }
        if "conversations" in include:
            shown["conversations"] = [self.conversation(ticket, one) for one in ticket.conversations[:10]]
        return shown

    def _common(self, ticket: Ticket) -> dict[str, Any]:
        own = self._account.fields.own
        return {
            "cc_emails": list(ticket.cc_emails),
            "fwd_emails": [],
            "reply_cc_emails": list(ticket.cc_emails),
            "ticket_cc_emails": list(ticket.cc_emails),
            "fr_escalated": False,
            "spam": False,
            **({"deleted": True} if ticket.deleted else {}),
            "email_config_id": ticket.email_config_id,
            "group_id": ticket.group_id,
            "priority": ticket.priority,
            "requester_id": ticket.requester_id,
            "responder_id": ticket.responder_id,
            "source": ticket.source,
            "company_id": ticket.company_id,
            "status": ticket.status,
            "subject": ticket.subject,
            "support_email": None,
            "to_emails": None,
            "product_id": ticket.product_id,
            "id": ticket.id,
            "type": ticket.kind,
            "due_by": _time(ticket.due_by),
            "fr_due_by": _time(ticket.fr_due_by),
            "is_escalated": False,
            "custom_fields": {name: ticket.custom_fields.get(name) for name in own},
            "created_at": seconds(ticket.created_at),
            "updated_at": seconds(ticket.updated_at),
            "tags": list(ticket.tags),
        }

    @staticmethod
    def _description(ticket: Ticket) -> dict[str, Any]:
        return {"description": ticket.description, "description_text": read_aloud(ticket.description)}

    def _beside(self, ticket: Ticket, include: Sequence[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if "requester" in include:
            person = self._account.person(ticket.requester_id)
            shown["requester"] = {
                "id": ticket.requester_id,
                "name": person.name if person else "",
                "email": person.email if person else None,
                "mobile": person.mobile if isinstance(person, Contact) else None,
                "phone": person.phone if isinstance(person, Contact) else None,
            }
        if "stats" in include:
            shown["stats"] = {name: _time(ticket.stats.get(name)) for name in _STATS}
        if "company" in include:
            company = self._account.companies.get(ticket.company_id or 0)
            shown["company"] = {} if company is None else {"id": company.id, "name": company.name}
        return shown

    # --------------------------------------------------------------------------- what tickets consist of
    def conversation(self, ticket: Ticket, conversation: Conversation) -> dict[str, Any]:
        """A note or a reply."""
        author = self._account.person(conversation.user_id)
        sender = f"{author.name} <{author.email}>" if author and conversation.reply else None
        return {
            "body": conversation.body,
            "body_text": read_aloud(conversation.body),
            "id": conversation.id,
            "incoming": conversation.incoming,
            "private": conversation.private,
            "user_id": conversation.user_id,
            "support_email": None,
            "source": 0 if conversation.reply else 2,
            "ticket_id": ticket.id,
            "to_emails": list(conversation.to_emails),
            "from_email": sender,
            "cc_emails": list(conversation.cc_emails),
            "bcc_emails": list(conversation.bcc_emails),
            "created_at": seconds(conversation.created_at),
            "updated_at": seconds(conversation.updated_at),
            "attachments": [self.attachment(one) for one in conversation.files],
        }

    def attachment(self, file: Attachment) -> dict[str, Any]:
        """A file; its address is one that anybody may ask who knows it."""
        path = f"/data/helpdesk/attachments/production/{file.id}/original/{file.key}"
        return {
            "id": file.id,
            "content_type": file.media_type,
            "size": len(file.content),
            "name": file.name,
            "attachment_url": f"{self._base_url}{path}",
            "created_at": seconds(file.created_at),
            "updated_at": seconds(file.updated_at),
        }

    # ----------------------------------------------------------------------------------------- people
    def contact(self, contact: Contact) -> dict[str, Any]:
        """A contact."""
        return {
            "active": contact.active,
            "address": contact.address,
            "company_id": contact.company_id,
            "description": contact.description,
            "email": contact.email,
            "id": contact.id,
            "job_title": contact.job_title,
            "language": contact.language,
            "mobile": contact.mobile,
            "name": contact.name,
            "phone": contact.phone,
            "time_zone": contact.time_zone,
            "twitter_id": contact.twitter_id,
            "unique_external_id": contact.unique_external_id,
            "other_emails": list(contact.other_emails),
            "tags": list(contact.tags),
            "custom_fields": dict(contact.custom_fields),
            "created_at": seconds(contact.created_at),
            "updated_at": seconds(contact.updated_at),
        }

    @staticmethod
    def agent(agent: Agent) -> dict[str, Any]:
        """An agent."""
        return {
            "available": True,
            "occasional": False,
            "id": agent.id,
            "ticket_scope": 1,
            "type": "support_agent",
            "created_at": seconds(agent.created_at),
            "updated_at": seconds(agent.updated_at),
            "contact": {
                "active": True,
                "email": agent.email,
                "job_title": None,
                "language": "en",
                "mobile": None,
                "name": agent.name,
                "phone": None,
                "time_zone": "Athens",
                "created_at": seconds(agent.created_at),
                "updated_at": seconds(agent.updated_at),
            },
        }

    @staticmethod
    def company(company: Company) -> dict[str, Any]:
        """A company."""
        return {
            "id": company.id,
            "name": company.name,
            "description": company.description,
            "note": None,
            "domains": list(company.domains),
            "custom_fields": dict(company.custom_fields),
            "created_at": seconds(company.created_at),
            "updated_at": seconds(company.updated_at),
        }

    def group(self, number: int) -> dict[str, Any]:
        """A group."""
        at = seconds(self._account.begun_at)
        return {
            "id": number,
            "name": self._account.groups[number],
            "description": None,
            "escalate_to": None,
            "unassigned_for": None,
            "business_hour_id": None,
            "agent_ids": list(self._account.agents),
            "auto_ticket_assign": False,
            "created_at": at,
            "updated_at": at,
        }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else seconds(moment)
