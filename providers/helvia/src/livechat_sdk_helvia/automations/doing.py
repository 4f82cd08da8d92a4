"""Carries out runs: HTTP calls, tickets of the bot's ticket system, deliveries of flow triggers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Protocol

from livechat_sdk.errors import HandoffNotFound, InvalidInput, RetryableError, StoreError
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.hosting import EmbeddedHost, TicketProgress
from livechat_sdk_helvia.automations.calling import body_of, call
from livechat_sdk_helvia.automations.definitions import Definitions
from livechat_sdk_helvia.automations.flows import Flows
from livechat_sdk_helvia.automations.outside import Outside
from livechat_sdk_helvia.automations.payload import call_document, flow_document
from livechat_sdk_helvia.automations.records import AutomationRun, RunFact, RunResult
from livechat_sdk_helvia.automations.runs import Ending
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.records import Conversation, DeskUser

__all__ = ["Doer", "FlowDoer", "HttpDoer", "TicketDoer"]

_PATIENCE: Final = timedelta(hours=1)
"""How long a call that a moment set off is tried again; the same as for tickets of the SDK."""

_TICKET_PATIENCE: Final = timedelta(days=1)
_SOON: Final = 1.0

FindUser = Callable[[int], Awaitable[DeskUser | None]]


class Doer(Protocol):
    """Carries out one kind of run."""

    async def do(self, run: AutomationRun, conversation: Conversation) -> tuple[Ending, list[Statement]]:
        """One try, and statements that are to be committed with what came of it."""
        ...


class HttpDoer:
    """Calls an address. What a moment set off is tried for an hour, with one ``Idempotency-Key``.

    What a member set off is tried once: they see what came of it, and may press the button again.
    """

    def __init__(self, desk: DeskContext, definitions: Definitions, outside: Outside, user: FindUser) -> None:
        self._desk = desk
        self._definitions = definitions
        self._outside = outside
        self._user = user

    async def do(self, run: AutomationRun, conversation: Conversation) -> tuple[Ending, list[Statement]]:
        """See ``Doer.do``."""
        if run.moment == "button" and run.status == "running":
            lost = "The desk stopped in the middle: nobody knows whether it was done."
            return Ending("doubtful", error=lost), []
        try:
            automation = await self._definitions.stored(run.automation_id)
            headers = self._definitions.headers(automation)
        except NotFound:
            return Ending("failed", error="The automation has been deleted."), []
        except StoreError as error:
            return Ending("failed", error=f"A secret header cannot be read: {error}"), []
        document = call_document(
            run.key,
            automation,
            conversation,
            workspace=self._desk.workspace,
            moment=run.moment,
            inputs=run.inputs,
            started_by=None if run.started_by is None else await self._user(run.started_by),
        )
        ending = await call(
            automation.address,
            body_of(document),
            {**headers, "idempotency-key": run.key},
            self._outside.egress(),
            tries=run.tries + 1,
        )
        if run.moment == "button":
            return _once(ending), []
        return _again(self._desk, run, ending), []


class FlowDoer:
    """Tells an address of a moment, signed as Standard Webhooks says, for an hour."""

    def __init__(self, desk: DeskContext, flows: Flows, outside: Outside) -> None:
        self._desk = desk
        self._flows = flows
        self._outside = outside

    async def do(self, run: AutomationRun, conversation: Conversation) -> tuple[Ending, list[Statement]]:
        """See ``Doer.do``."""
        from livechat_sdk.gateway.signing import Signer, delivery_id

        try:
            address, secret = await self._flows.target(run.automation_id)
        except NotFound:
            return Ending("failed", error="The trigger has been deleted."), []
        except StoreError as error:
            return Ending("failed", error=f"The secret cannot be read: {error}"), []
        body = body_of(flow_document(run, conversation, workspace=self._desk.workspace))
        proof = Signer([secret]).headers(delivery_id("flow", run.key), body, self._desk.now())
        ending = _again(
            self._desk, run, await call(address, body, proof, self._outside.egress(), tries=run.tries + 1)
        )
        counted = [] if ending.status == "waiting" else [self._flows.counted(run.automation_id, ending)]
        return ending, counted


class TicketDoer:
    """Has a ticket made by the SDK, which makes one for each moment of a handoff, whoever asks."""

    def __init__(self, desk: DeskContext, outside: Outside) -> None:
        self._desk = desk
        self._outside = outside

    async def do(self, run: AutomationRun, conversation: Conversation) -> tuple[Ending, list[Statement]]:
        """See ``Doer.do``."""
        host = self._outside.host
        if host is None:
            return Ending("failed", error="This desk runs without a dispatcher, which makes tickets."), []
        try:
            return await self._progress(host, run, conversation), []
        except HandoffNotFound:
            return Ending("failed", error="The handoff is no longer known: it was erased."), []
        except InvalidInput:
            return Ending("failed", error=f"The bot {conversation.bot!r} has no ticket system."), []
        except (RetryableError, StoreError) as error:
            return Ending("waiting", error=str(error), later=_SOON), []

    async def _progress(self, host: EmbeddedHost, run: AutomationRun, conversation: Conversation) -> Ending:
        key = run.ticket_key
        if key is None:
            if run.moment != "button":
                handoff = await host.handoff(conversation.handoff_id)
                attempt = handoff.attempt
                if handoff.is_live and attempt is not None and attempt.ref != conversation.ref:
                    return Ending(
                        "failed", error="Another live-chat system took the request over: no ticket."
                    )
                if handoff.is_live:  # the desk is told first, the handoff ends right afterwards
                    return self._wait(run, "The handoff has not ended.")
            key = await host.create_ticket(conversation.handoff_id)
        progress = await host.ticket_progress(conversation.handoff_id, key)
        if progress.state != "asked":
            return _ticket_ending(progress, key)
        return self._wait(run, "The ticket system has not answered.", key)

    def _wait(self, run: AutomationRun, why: str, key: str | None = None) -> Ending:
        """Look again soon, at first, and then more and more seldom, for a day."""
        if self._desk.now() - run.created_at > _TICKET_PATIENCE:
            return Ending("doubtful" if key else "failed", error=f"{why} Given up.", ticket_key=key)
        return Ending("waiting", later=min(30.0, 0.05 * 2 ** min(run.tries, 10)), ticket_key=key)


def _ticket_ending(progress: TicketProgress, key: str) -> Ending:
    ticket = progress.ticket
    if ticket is None:
        return Ending(
            "doubtful" if progress.state == "doubtful" else "failed", error=progress.error, ticket_key=key
        )
    facts = [RunFact(label="Ticket system", value=ticket.source)]
    if ticket.subject:
        facts.append(RunFact(label="Subject", value=ticket.subject))
    if ticket.status or ticket.state:
        facts.append(RunFact(label="Status", value=ticket.status or str(ticket.state)))
    result = RunResult(ticket=ticket.number or ticket.id, link=ticket.url, facts=tuple(facts))
    return Ending("done", result, ticket_key=key)


def _once(ending: Ending) -> Ending:
    """There is no second try: whoever pressed the button decides."""
    return Ending("failed", error=ending.error) if ending.status == "waiting" else ending


def _again(desk: DeskContext, run: AutomationRun, ending: Ending) -> Ending:
    """What is not done is tried again until the patience is over; the key makes that harmless."""
    if ending.status not in {"waiting", "doubtful"}:
        return ending
    if desk.now() + timedelta(seconds=ending.later) - run.created_at > _PATIENCE:
        return Ending(
            "doubtful" if ending.status == "doubtful" else "failed", error=f"{ending.error} Given up."
        )
    return Ending("waiting", error=ending.error, later=ending.later)
