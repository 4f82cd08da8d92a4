"""One method for each hook: what it passes on, how answers combine, what it raises."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from livechat_sdk.domain.handoff import Handoff, HandoffRequest, OpeningHours, Route
from livechat_sdk.domain.moments import SILENT, Moment, Silent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import AuthError, PluginError, RetryableError, UnsupportedFeature
from livechat_sdk.hooks import Hooks, hookimpl
from tests.hooks.samples import (
    DRAFT,
    HANDOFF,
    NOTE,
    NOW,
    OPEN,
    REQUEST,
    ROUTE,
    TICKET,
    USER,
    contact,
    stat,
)


# ----------------------------------------------------------------------------------------------- first answer
async def test_livechat_route_takes_the_first_route_to_a_candidate() -> None:
    class Chooses:
        def __init__(self, integration: str | None) -> None:
            self.integration = integration

        @hookimpl
        async def livechat_route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route | None:
            assert (request, candidates) == (REQUEST, ("desk", "zendesk"))
            return Route(integration=self.integration, bot=request.bot) if self.integration else None

    hooks = Hooks()
    for name, integration in (("last", "desk"), ("right", "zendesk"), ("abstains", None), ("wrong", "gone")):
        hooks.register(Chooses(integration), name)
    answer = await hooks.route(REQUEST, ["desk", "zendesk"])
    assert answer == Route(integration="zendesk", bot="shop")
    assert {one.plugin: (one.calls, one.failures) for one in hooks.stats()} == {
        "abstains": (1, 0),
        "right": (1, 0),
        "wrong": (1, 1),
    }


async def test_livechat_business_hours_takes_the_first_answer() -> None:
    class Hours:
        @hookimpl
        async def livechat_business_hours(self, route: Route, at: datetime) -> OpeningHours | None:
            return OPEN if (route, at) == (ROUTE, NOW) else None

    class Junk:
        @hookimpl
        async def livechat_business_hours(self) -> Any:
            return True

    hooks = Hooks()
    assert await hooks.business_hours(ROUTE, NOW) is None
    hooks.register(Hours())
    hooks.register(Junk())
    assert await hooks.business_hours(ROUTE, NOW) == OPEN
    assert stat(hooks, "Junk", "livechat_business_hours").failures == 1


async def test_livechat_system_message_takes_the_first_words_or_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Speaks:
        @hookimpl
        async def livechat_system_message(
            self, moment: Moment, handoff: Handoff, language: str
        ) -> SystemMessage | Silent | None:
            if moment is Moment.WAITING:
                return SystemMessage(text=f"{language}: one moment, {handoff.request.user.name}")
            return SILENT if moment is Moment.ENDING else None

    class Junk:
        @hookimpl
        async def livechat_system_message(self) -> Any:
            return "just a text"

    hooks = Hooks()
    hooks.register(Speaks())
    hooks.register(Junk())
    assert await hooks.system_message(Moment.WAITING, HANDOFF, "en") == SystemMessage(
        text="en: one moment, Maria"
    )
    assert await hooks.system_message(Moment.ENDING, HANDOFF, "en") is SILENT
    assert await hooks.system_message(Moment.JOINED, HANDOFF, "en") is None
    assert (
        "'Junk' in livechat_system_message: it answered with a str where a SystemMessage or SILENT"
        in caplog.text
    )


class Crm:
    """A CRM as it is made from the settings."""

    def __init__(self, source: str, *, knows: bool = True) -> None:
        self.source = source
        self.knows = knows
        self.asked: list[str] = []

    @hookimpl
    async def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        self.asked.append(f"{user.id} of {bot}")
        return contact(self.source) if self.knows else None

    @hookimpl
    def livechat_get_contact(self, source: str, contact_id: str) -> Contact | None:
        self.asked.append(contact_id)
        return contact(self.source) if self.source in {source, "liar"} else None


async def test_livechat_get_contact_asks_only_the_named_integration_and_plain_plugins() -> None:
    hooks, dynamics, zendesk, plain = Hooks(), Crm("dynamics"), Crm("zendesk"), Crm("plain")
    hooks.register(dynamics, "dynamics", selectable=True)
    hooks.register(zendesk, "zendesk", selectable=True)
    hooks.register(plain)
    assert await hooks.get_contact("dynamics", "42") == contact("dynamics")
    assert (dynamics.asked, zendesk.asked, plain.asked) == (["42"], [], ["42"])
    assert await hooks.get_contact("unknown", "43") is None
    assert await hooks.get_contact("plain", "44") == contact("plain")
    hooks.close()


async def test_livechat_get_contact_refuses_a_contact_of_another_source(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hooks = Hooks()
    hooks.register(Crm("dynamics"), "dynamics")
    hooks.register(Crm("liar"), "liar")
    assert await hooks.get_contact("dynamics", "42") == contact("dynamics")
    assert "plugin 'liar' in livechat_get_contact: it answered with a contact of 'liar'" in caplog.text
    hooks.close()


# ------------------------------------------------------------------------------------------------ all of them
async def test_livechat_find_contact_asks_named_integrations_and_all_plain_plugins() -> None:
    hooks, dynamics, zendesk, plain = Hooks(), Crm("dynamics"), Crm("zendesk"), Crm("plain")
    hooks.register(dynamics, "dynamics", selectable=True)
    hooks.register(zendesk, "zendesk", selectable=True)
    hooks.register(plain)
    assert await hooks.find_contacts(USER, "shop", only=("dynamics",)) == (
        contact("plain"),
        contact("dynamics"),
    )
    assert (dynamics.asked, zendesk.asked, plain.asked) == (["u-1 of shop"], [], ["u-1 of shop"])
    assert await hooks.find_contacts(USER, "shop", only=()) == (contact("plain"),)
    everybody = await hooks.find_contacts(USER, "shop")
    assert [found.source for found in everybody] == ["plain", "zendesk", "dynamics"]


async def test_livechat_find_contact_asks_all_at_the_same_time() -> None:
    here = asyncio.Barrier(3)

    class Meets(Crm):
        @hookimpl
        async def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
            await here.wait()  # opens when all three are inside
            return contact(self.source)

    hooks = Hooks()
    for source in ("a", "b", "c"):
        hooks.register(Meets(source), source)
    assert [found.source for found in await hooks.find_contacts(USER, "shop")] == ["c", "b", "a"]


async def test_livechat_find_contact_waits_for_no_slow_one() -> None:
    class Hangs:
        @hookimpl
        async def livechat_find_contact(self) -> None:
            await asyncio.Event().wait()

    hooks = Hooks(contact_timeout=0.02)
    hooks.register(Crm("dynamics"))
    hooks.register(Hangs())
    assert await hooks.find_contacts(USER, "shop") == (contact("dynamics"),)
    assert stat(hooks, "Hangs", "livechat_find_contact").timeouts == 1


async def test_livechat_find_contact_keeps_one_contact_a_source(caplog: pytest.LogCaptureFixture) -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        async def livechat_find_contact(self) -> Contact:
            return contact("crm", self.name)

    hooks = Hooks()
    hooks.register(Named("second"), "asked-second")
    hooks.register(Named("first"), "asked-first")
    assert await hooks.find_contacts(USER, "shop") == (contact("crm", "first"),)
    assert "plugin 'asked-second': there is a contact from 'crm' already" in caplog.text


async def test_livechat_find_contact_survives_failures_and_nobody_knowing() -> None:
    class Fails:
        @hookimpl
        def livechat_find_contact(self) -> Contact:
            raise OSError

    hooks = Hooks()
    assert await hooks.find_contacts(USER, "shop") == ()
    hooks.register(Fails())
    hooks.register(Crm("empty", knows=False))
    hooks.register(Crm("dynamics"))
    assert await hooks.find_contacts(USER, "shop") == (contact("dynamics"),)
    hooks.close()


class Observer:
    def __init__(self) -> None:
        self.told: list[tuple[Handoff | None, Handoff, str]] = []

    @hookimpl
    async def livechat_handoff_changed(self, before: Handoff | None, after: Handoff, cause: str) -> str:
        self.told.append((before, after, cause))
        return "observers may answer what they like"


async def test_livechat_handoff_changed_tells_everybody_and_ignores_answers_and_failures(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Fails:
        @hookimpl
        async def livechat_handoff_changed(self) -> None:
            raise ValueError

    hooks, one, two = Hooks(), Observer(), Observer()
    for plugin in (one, Fails(), two):
        hooks.register(plugin)
    later = HANDOFF.model_copy(update={"version": 1})
    await hooks.handoff_changed(None, HANDOFF, "requested")
    await hooks.handoff_changed(HANDOFF, later, "decided")
    assert one.told == two.told == [(None, HANDOFF, "requested"), (HANDOFF, later, "decided")]
    assert caplog.text.count("plugin 'Fails' in livechat_handoff_changed: failed with ValueError") == 2
    assert "Observer" not in caplog.text


async def test_livechat_handoff_changed_gives_observers_nothing_they_could_change() -> None:
    class Writes:
        @hookimpl
        async def livechat_handoff_changed(self, after: Handoff) -> None:
            after.request.metadata.clear()
            after.request.user.attributes["plan"]["name"] = "none"
            after.timers.clear()

    before, hooks = HANDOFF.model_copy(deep=True), Hooks()
    hooks.register(Writes())
    await hooks.handoff_changed(None, HANDOFF, "requested")
    assert before == HANDOFF
    assert stat(hooks, "Writes", "livechat_handoff_changed").failures == 0


# -------------------------------------------------------------------------------------- the configured plugin
class Tickets:
    """A ticket system whose answers and errors a test chooses."""

    def __init__(self, answer: object = None, error: BaseException | None = None) -> None:
        self.answer = answer
        self.error = error
        self.given: list[object] = []

    def _do(self, *given: object) -> Any:
        self.given += given
        if self.error is not None:
            raise self.error
        return self.answer

    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Any:
        return self._do(draft, handoff)

    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Any:
        return self._do(ticket, note)

    @hookimpl
    def livechat_list_tickets(self, handoff: Handoff) -> Any:
        return self._do(handoff)


def _with(plugin: object, *, ticket_timeout: float = 15, threads: int = 4) -> Hooks:
    hooks = Hooks(ticket_timeout=ticket_timeout, threads=threads)
    hooks.register(plugin, "tickets", selectable=True)
    return hooks


async def test_livechat_create_ticket_asks_the_named_plugin_only() -> None:
    named, other = Tickets(TICKET), Tickets(TICKET)
    hooks = _with(named)
    hooks.register(other, "other")
    assert await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets") == TICKET
    assert (named.given, other.given) == ([DRAFT, HANDOFF], [])


async def test_livechat_create_ticket_may_be_declined() -> None:
    assert await _with(Tickets(None)).create_ticket(DRAFT, HANDOFF, plugin="tickets") is None


async def test_livechat_create_ticket_raises_the_providers_own_error_unchanged() -> None:
    error = AuthError("the token was refused", provider="tickets", status=401)
    hooks = _with(Tickets(error=error))
    with pytest.raises(AuthError) as raised:
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")
    assert raised.value is error
    assert stat(hooks, "tickets", "livechat_create_ticket").failures == 1


@pytest.mark.parametrize(
    "error", [KeyError("token=hunter2"), SystemExit("hunter2"), asyncio.CancelledError()]
)
async def test_livechat_create_ticket_names_the_plugin_for_any_other_error(error: BaseException) -> None:
    hooks = _with(Tickets(error=error))
    with pytest.raises(PluginError) as raised:
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")
    assert str(raised.value).startswith(
        f"plugin 'tickets': livechat_create_ticket: failed with {type(error).__name__}"
    )
    assert "hunter2" not in str(raised.value)


async def test_livechat_create_ticket_refuses_junk() -> None:
    hooks = _with(Tickets({"id": "T-1"}))
    with pytest.raises(PluginError, match="it answered with a dict where a Ticket belongs"):
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")


async def test_livechat_create_ticket_that_is_too_late_may_be_tried_again() -> None:
    class Hangs:
        @hookimpl
        async def livechat_create_ticket(self) -> None:
            await asyncio.Event().wait()

    hooks = _with(Hangs(), ticket_timeout=0.02)
    with pytest.raises(RetryableError, match=r"no answer within 0.02 s") as raised:
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")
    assert (raised.value.provider, raised.value.operation) == ("tickets", "livechat_create_ticket")
    assert raised.value.sent is None  # nobody knows


async def test_livechat_create_ticket_that_is_stuck_was_certainly_not_sent() -> None:
    release = threading.Event()

    class Hangs:
        @hookimpl
        def livechat_create_ticket(self) -> None:
            release.wait(30)

    hooks = _with(Hangs(), ticket_timeout=0.02, threads=1)
    while not hooks.stuck():
        with pytest.raises(RetryableError, match="no answer"):
            await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")
    with pytest.raises(
        RetryableError, match="skipped, because it is stuck in livechat_create_ticket"
    ) as raised:
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")
    assert raised.value.sent is False
    release.set()
    hooks.close()


async def test_livechat_create_ticket_of_an_unknown_plugin_lists_those_that_are_there() -> None:
    with pytest.raises(
        PluginError, match="'jira': no plugin of this name is registered; registered are: tickets"
    ):
        await _with(Tickets()).create_ticket(DRAFT, HANDOFF, plugin="jira")


async def test_livechat_create_ticket_of_a_blocked_plugin_says_so() -> None:
    hooks = Hooks(block=["tickets"])
    hooks.register(Tickets(), "tickets")
    with pytest.raises(PluginError, match="'tickets': it is on the block-list; registered are: none"):
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="tickets")


async def test_livechat_create_ticket_of_a_plugin_without_tickets_lists_those_with() -> None:
    hooks = _with(Tickets())
    hooks.register(Crm("crm"), "crm")
    with pytest.raises(
        PluginError, match="does not implement livechat_create_ticket; plugins that do: tickets"
    ):
        await hooks.create_ticket(DRAFT, HANDOFF, plugin="crm")


async def test_livechat_add_to_ticket_asks_the_named_plugin_and_raises_its_errors() -> None:
    tickets = Tickets(TICKET)
    hooks = _with(tickets)
    assert await hooks.add_to_ticket(TICKET, NOTE, plugin="tickets") == TICKET
    assert tickets.given == [TICKET, NOTE]
    tickets.error = ValueError("no such ticket")
    with pytest.raises(PluginError, match="livechat_add_to_ticket: failed with ValueError"):
        await hooks.add_to_ticket(TICKET, NOTE, plugin="tickets")
    tickets.error = UnsupportedFeature("there are no public notes")
    with pytest.raises(UnsupportedFeature, match="there are no public notes"):
        await hooks.add_to_ticket(TICKET, NOTE, plugin="tickets")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [([TICKET], (TICKET,)), ((TICKET, TICKET), (TICKET, TICKET)), ([], ()), (None, ())],
)
async def test_livechat_list_tickets_gives_a_tuple(answer: object, expected: tuple[Ticket, ...]) -> None:
    hooks = _with(Tickets(answer))
    assert await hooks.list_tickets(HANDOFF, plugin="tickets") == expected
    hooks.close()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("T-1", "a str where a list of Ticket"),
        ([TICKET, 7], "a int where a Ticket"),
        (TICKET, "a Ticket where a list"),
    ],
)
async def test_livechat_list_tickets_refuses_junk(answer: object, complaint: str) -> None:
    hooks = _with(Tickets(answer))
    with pytest.raises(PluginError, match=complaint):
        await hooks.list_tickets(HANDOFF, plugin="tickets")
    hooks.close()


async def test_errors_of_the_configured_plugin_are_raised_and_not_logged_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="livechat_sdk.hooks")
    with pytest.raises(PluginError):
        await _with(Tickets(error=ValueError())).create_ticket(DRAFT, HANDOFF, plugin="tickets")
    assert caplog.text == ""
