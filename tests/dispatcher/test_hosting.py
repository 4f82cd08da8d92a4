"""What a desk in the dispatcher's process is told of tickets: whether they are made, and why they are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from livechat_sdk.dispatcher.hosting import Assisting, Host
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.tickets import TicketMoment
from livechat_sdk.errors import HandoffNotFound, InvalidInput, RejectedError, RetryableError, StoreError
from livechat_sdk.hooks import hookimpl
from livechat_sdk.provider import NoFiles
from livechat_sdk.provider.hosting import AssistingHost, EmbeddedHost
from tests.dispatcher.bench import Bench, Workbench
from tests.dispatcher.test_tickets import Desk, started, unclear


def host_of(one: Bench, *, running: bool = True) -> Host:
    dispatcher = one.dispatcher
    return Host(
        dispatcher.database,
        NoFiles(),
        dispatcher.store,
        dispatcher,
        dispatcher.sessions,
        Assisting(dispatcher.hooks, dispatcher),
        lambda: running,
    )


async def test_a_ticket_is_asked_for_once_and_found_when_it_is_made(bench: Workbench) -> None:
    desk = Desk(failures=[unclear()])
    one = await started(bench, desk, bot={})
    handoff = await one.active()
    host = host_of(one)
    assert isinstance(host, EmbeddedHost)
    key = await host.create_ticket(handoff.id)
    await one.dispatcher.wait_idle()
    assert (await host.ticket_progress(handoff.id, key)).state == "asked"
    assert await host.create_ticket(handoff.id) == key
    await one.pass_time(10)
    made = await host.ticket_progress(handoff.id, key)
    assert (made.state, made.ticket and made.ticket.number) == ("made", "T-7")
    assert [ticket.key for ticket in await host.tickets(handoff.id)] == [key]
    assert desk.made == [key]
    assert (await host.handoff(handoff.id)).ticket_moments == (TicketMoment.DURING,)


@pytest.mark.parametrize(
    ("failures", "state"),
    [
        ([RejectedError("no such field")], "failed"),
        ([unclear(), RejectedError("nobody can tell")], "doubtful"),
    ],
)
async def test_what_was_given_up_is_told_with_the_reason(
    bench: Workbench, failures: list[Exception | None], state: str
) -> None:
    one = await started(bench, Desk(failures=list(failures)), bot={})
    handoff = await one.active()
    host = host_of(one)
    key = await host.create_ticket(handoff.id)
    await one.dispatcher.wait_idle()
    await one.pass_time(timedelta(hours=2).total_seconds())
    progress = await host.ticket_progress(handoff.id, key)
    assert (progress.state, progress.ticket) == (state, None)
    assert str(failures[-1]) in progress.error


async def test_what_cannot_be_is_refused(bench: Workbench) -> None:
    one = await started(bench, Desk(), bot={})
    handoff = await one.active()
    with pytest.raises(RetryableError, match="starting or stopping"):
        await host_of(one, running=False).create_ticket(handoff.id)
    with pytest.raises(HandoffNotFound):
        await host_of(one).create_ticket("h-nobody")
    with pytest.raises(HandoffNotFound):
        await host_of(one).ticket_progress("h-nobody", "k")
    assert (await host_of(one).ticket_progress(handoff.id, "another key")).state == "asked"


async def test_without_a_ticket_system_it_says_so(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    with pytest.raises(InvalidInput, match="has no ticket system"):
        await host_of(one).create_ticket(handoff.id)


async def test_it_has_the_egress_rule_and_keys_of_its_own(bench: Workbench) -> None:
    one = await bench.start()
    host = host_of(one)
    assert list(host.egress_allowed) == list(one.dispatcher.settings.files.egress.allow)
    try:
        keys = host.derived_keys("a purpose")
    except StoreError:
        return
    assert keys != host.derived_keys("another purpose")
    assert all(len(key) == 32 for key in keys)


async def test_plugins_assist_through_the_host(bench: Workbench) -> None:
    class Helper:
        @hookimpl
        async def livechat_translate(self, text: str, source: str, target: str) -> str | None:
            return f"{text} ({source} > {target})" if text == "Hello" else None

        @hookimpl
        async def livechat_suggest_reply(
            self, handoff: Handoff, messages: Sequence[TranscriptEntry], bot: str, deployment: str | None
        ) -> str:
            return f"{handoff.id}: {messages[-1].body} {bot} {deployment}"

    one = await bench.start()
    handoff = await one.active()
    host = host_of(one)
    assert isinstance(host, AssistingHost)
    assert await host.assistance.translate("Hello", "en", "el") is None
    one.dispatcher.hooks.register(Helper())
    said = [TranscriptEntry(author="user", body="Why?")]
    assert await host.assistance.translate("Hello", "en", "el") == "Hello (en > el)"
    mine = await host.assistance.suggest_reply(handoff.id, said)
    assert mine == f"{handoff.id}: Why? {handoff.request.bot} None"
    chosen = await host.assistance.suggest_reply(handoff.id, said, bot="helper", deployment="live")
    assert chosen == f"{handoff.id}: Why? helper live"
    with pytest.raises(HandoffNotFound):
        await host.assistance.suggest_reply("h-nobody", said)
