"""What one ticket in Zendesk Support costs this process, with 20 in flight.

Ours is the adapter's hook, called as the relay calls it, from the draft to the ticket that is stored: copies
for the plugin, the time limit, the text escaped, the idempotency key. The yardstick is ``zenpy`` in 20
threads with a client each, which is how its users do that: it creates a ticket with the same requester, tags
and comment, and makes its objects of the answer. Each is processor time, of all threads, for one ticket; the
vendor runs in a process of its own. Both take turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from benchmarks._steps import request
from benchmarks._yardsticks import leave_out_without
from benchmarks._zendesk_support import TOKEN, a_zendesk_support
from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.hooks import Hooks
from livechat_sdk.registry import Registry
from livechat_sdk_tickets import plugin
from livechat_sdk_tickets.zendesk.system import ZendeskTicketing

GOAL = 0.5
ROUNDS = 7
IN_FLIGHT = 20
TICKETS = 12
NAME, EMAIL = "Eleni Mavrou", "eleni@shop.example"
SUBJECT = "Missed: where is my order?"
TRANSCRIPT = "\n".join(
    line
    for minute in range(10, 22)
    for line in (
        f"[2026-11-26 09:{minute} UTC] {NAME}: Where is my order? It should have come on Monday.",
        f"[2026-11-26 09:{minute} UTC] Bot: I am sorry to hear that. What does the e-mail say, <{EMAIL}>?",
    )
)


async def ours(url: str) -> float:
    """The adapter, behind the hook."""
    registry = Registry({"tickets": plugin})
    system = registry.build(
        {
            "type": "ZENDESK_TICKETING",
            "name": "tickets",
            "baseUrl": url,
            "clientId": "a-client",
            "clientSecret": "a-secret-that-opens-nothing",
            "tags": ["livechat", "shop"],
        }
    )
    assert isinstance(system, ZendeskTicketing)  # noqa: S101 - it is what was built
    hooks = Hooks()
    hooks.register(system, name="tickets", selectable=True)
    handoff = request(7, datetime.now(UTC)).handoff

    async def maker(place: int, tickets: int) -> None:
        for number in range(tickets):
            draft = TicketDraft(
                key=f"h-{place}-{number}.ticket",
                subject=SUBJECT,
                body=TRANSCRIPT,
                requester_name=NAME,
                requester_email=EMAIL,
                tags=("missed", "orders"),
                priority="high",
                kind="question",
            )
            ticket = await hooks.create_ticket(draft, handoff, plugin="tickets")
            if ticket is None or ticket.subject != SUBJECT:
                raise AssertionError(f"another ticket: {ticket}")

    try:
        await asyncio.gather(*(maker(place, 1) for place in range(IN_FLIGHT)))  # makes the connections
        before = time.process_time()
        await asyncio.gather(*(maker(place, TICKETS) for place in range(IN_FLIGHT)))
        return (time.process_time() - before) / (IN_FLIGHT * TICKETS)
    finally:
        await system.stop()


def zenpy(url: str) -> float:
    """The client that users of Zendesk have, in threads, one for each: they cannot share one."""
    client: Any = importlib.import_module("zenpy")  # dev only; without types
    objects: Any = importlib.import_module("zenpy.lib.api_objects")
    os.environ["ZENPY_FORCE_SCHEME"], os.environ["ZENPY_FORCE_NETLOC"] = url.split("://")
    clients = [client.Zenpy(subdomain="acme", oauth_token=TOKEN) for _ in range(IN_FLIGHT)]

    def maker(place: int, tickets: int) -> None:
        for number in range(tickets):
            asked = objects.Ticket(
                subject=SUBJECT,
                comment=objects.Comment(body=TRANSCRIPT, public=False),
                requester=objects.User(name=NAME, email=EMAIL),
                external_id=f"h-{place}-{number}.ticket",
                tags=["livechat", "shop", "missed", "orders"],
                priority="high",
                type="question",
            )
            if clients[place].tickets.create(asked).ticket.subject != SUBJECT:
                raise AssertionError("another ticket")

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(maker, range(IN_FLIGHT), [1] * IN_FLIGHT))
        before = time.process_time()
        list(threads.map(maker, range(IN_FLIGHT), [TICKETS] * IN_FLIGHT))
        return (time.process_time() - before) / (IN_FLIGHT * TICKETS)


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    leave_out_without("zenpy", "zenpy")
    costs: dict[str, list[float]] = {"ours": [], "zenpy": []}
    with a_zendesk_support() as url:
        for _ in range(ROUNDS):
            costs["ours"].append(asyncio.run(ours(url)))
            costs["zenpy"].append(zenpy(url))
    median = {name: statistics.median(values) for name, values in costs.items()}
    shown = ", ".join(f"{name} {value * 1e6:.0f} µs" for name, value in median.items())
    print(f"a ticket with {IN_FLIGHT} in flight: {shown}", file=sys.stderr)
    ratio = median["ours"] / median["zenpy"]
    print(f"zendesk_ticket_of_zenpy_cpu {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
