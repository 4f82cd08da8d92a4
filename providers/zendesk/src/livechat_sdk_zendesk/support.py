"""The Support side, for accounts that give credentials for it: who has the ticket, and who is online.

Messaging itself tells neither. Source: the vendor's Support API document, and its pages on availability.
"""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

from pydantic import Field

from livechat_sdk.errors import AuthError, RejectedError
from livechat_sdk.http import BasicAuth, Repeat, VendorClient
from livechat_sdk.provider.interface import Availability
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.wire import Wire, read

__all__ = ["Support", "WireTicket"]

_NOT_FOUND: Final = 404
_UNAUTHORISED: Final = 401
_ONLINE: Final = {"filter[channel_status]": "messaging:online", "page[size]": "1"}


class WireTicket(Wire):
    """A ticket. This API writes its names with underscores."""

    status: str
    assignee_id: int | str | None = Field(default=None, alias="assignee_id")


class _TicketAnswer(Wire):
    ticket: WireTicket


class _Agents(Wire):
    data: tuple[object, ...]


class Support:
    """Calls of the Support API; only reads."""

    def __init__(self, provider: str, settings: ZendeskSettings, user: str) -> None:
        token = (settings.support_token or settings.secret)[0]
        self._client = VendorClient(
            provider=provider, base_url=settings.origin, auth=BasicAuth(f"{user}/token", token)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ticket(self, conversation: str) -> WireTicket | None:
        """The ticket of a conversation. ``None``: it is not made yet, or its session is over."""
        path = f"api/v2/tickets/messaging/conversations/{quote(conversation, safe='')}/ticket"
        answer = await self._client.request(
            "status", "GET", path, repeat=Repeat.SAFE, expect=(200, _NOT_FOUND)
        )
        return None if answer.status == _NOT_FOUND else read(_TicketAnswer, answer).ticket

    async def availability(self) -> Availability:
        """Whether anybody is online for messaging. An account without such a list does not know."""
        try:
            answer = await self._client.request(
                "availability", "GET", "api/v2/agent_availabilities", params=_ONLINE, repeat=Repeat.SAFE
            )
        except (AuthError, RejectedError) as error:
            if error.status == _UNAUTHORISED:
                raise
            return Availability()
        agents: Literal["yes", "no"] = "yes" if read(_Agents, answer).data else "no"
        return Availability(agents=agents)
