"""Rules of routing through the dispatcher: where handoffs go, what rules may know, what is stored of it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from livechat_sdk import EndUser, Handoff, HandoffState, Outcome, hookimpl
from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.routing import RoutingReasons, Target
from livechat_sdk.relay.contact_lookups import ContactLookups
from tests.dispatcher.bench import Bench, Workbench

BOTH = ("toy", "spare")
MORNING = {"timezone": "UTC", "weekly": {"daily": ["08:00-12:00"]}}
NEVER = {"timezone": "UTC", "weekly": {}, "dates": {"2026-12-01": ["10:00-11:00"]}}


def ruled(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"chain": BOTH, "settings": {"routing": list(rules)}}


async def reasons_of(one: Bench, handoff: Handoff) -> RoutingReasons:
    entries = await one.dispatcher.journal(handoff.id)
    detail = next(entry.detail for entry in entries if entry.kind == "decided")
    return RoutingReasons.model_validate(detail["routing"])


def route_of(handoff: Handoff) -> Route:
    assert handoff.attempt is not None
    return handoff.attempt.candidate.route


async def test_rule_sends_the_handoff_and_its_reasons_are_stored(bench: Workbench) -> None:
    one = await bench.start(
        **ruled(
            {"when": {"tags": "vip"}, "to": "toy"},
            {
                "name": "greek",
                "when": {"language": "el"},
                "to": {"integration": "spare", "queue": "athens", "priority": "high", "skills": ["greek"]},
            },
        )
    )
    handoff = await one.request(language="el-GR", group="north")
    route = route_of(handoff)
    assert (route.integration, route.queue, route.group, route.priority) == ("spare", "athens", None, "high")
    assert route.skills == ("greek",)
    assert route.why == "rule 2 (greek)"
    assert [one.route.integration for one in handoff.fallbacks] == ["toy"]
    reasons = await reasons_of(one, handoff)
    assert (reasons.by, reasons.rule, reasons.failed) == ("rule", 2, {"tags": "1"})
    assert reasons.seen == {"tags": None, "language": "el-gr"}
    assert reasons.candidates == BOTH
    book = one.settings.rule_books()["shop-bot"]
    assert book.revision == reasons.rules
    assert book.repeat(reasons, handoff.request) == reasons.chain


async def test_bots_own_rules_come_before_those_of_the_file(bench: Workbench) -> None:
    one = await bench.start(
        livechat={"routing": [{"when": {"tags": "vip"}, "to": "spare"}]}, **ruled({"to": "toy"})
    )
    assert (await one.request(tags=("vip",))).integration == "spare"
    assert (await one.request("k-2", "c-2")).integration == "toy"


async def test_plugin_is_asked_before_the_rules(bench: Workbench) -> None:
    class Chooser:
        @hookimpl
        def livechat_route(self, request: HandoffRequest) -> Route | None:
            if request.reason != "plugin":
                return None
            return Route(integration="spare", bot=request.bot, queue="own", why="because")

    one = await bench.start(plugins=[Chooser()], **ruled({"name": "all", "to": "toy"}))
    handoff = await one.request(reason="plugin")
    assert (route_of(handoff).queue, route_of(handoff).why) == ("own", "because")
    reasons = await reasons_of(one, handoff)
    assert (reasons.by, reasons.rule) == ("plugin", None)
    assert [target.integration for target in reasons.chain] == ["spare", "toy"]
    assert (await reasons_of(one, await one.request("k-2", "c-2"))).by == "rule"


async def test_stated_fallbacks_are_the_chain_when_the_first_breaks(bench: Workbench) -> None:
    one = await bench.start(**ruled({"to": {"integration": "spare", "fallback": [{"queue": "second"}]}}))
    handoff = await one.request()
    assert [c.route.integration for c in handoff.fallbacks] == ["toy"]
    assert handoff.fallbacks[0].route.queue == "second"
    await one.kill()
    alone = await bench.start(**ruled({"to": {"integration": "spare", "fallback": []}}))
    assert (await alone.request("k-2", "c-2")).fallbacks == ()


async def test_closed_target_is_passed_over_for_a_stated_fallback_that_is_open(bench: Workbench) -> None:
    hours = {
        "timezone": "UTC",
        "weekly": {"daily": ["00:00-24:00"]},
        "for": [{"queue": "day", "hours": NEVER}],
    }
    target = {
        "integration": "spare",
        "queue": "day",
        "fallback": [{"integration": "spare", "queue": "night"}],
    }
    one = await bench.start(livechat={"business_hours": hours}, **ruled({"to": target}))
    handoff = await one.request()
    assert route_of(handoff).queue == "night"
    reasons = await reasons_of(one, handoff)
    assert [closed.queue for closed in reasons.closed] == ["day"]
    assert reasons.chain == (Target(integration="spare", queue="night"),)


async def test_handoff_is_out_of_hours_when_every_stated_target_is_closed(bench: Workbench) -> None:
    hours = {
        "timezone": "UTC",
        "weekly": {"daily": ["00:00-24:00"]},
        "for": [{"queue": "day", "hours": NEVER}],
    }
    one = await bench.start(
        livechat={"business_hours": hours}, **ruled({"to": {"integration": "spare", "queue": "day"}})
    )
    handoff = await one.request()
    assert handoff.outcome is Outcome.OUT_OF_HOURS
    assert handoff.end is not None
    assert handoff.end.next_opening is not None
    reasons = await reasons_of(one, handoff)
    assert (reasons.rule, reasons.chain) == (1, ())
    assert [closed.integration for closed in reasons.closed] == ["spare"]


async def test_rule_may_ask_whether_the_team_is_there(bench: Workbench) -> None:
    hours = {
        **MORNING,
        "for": [{"queue": "night", "hours": {"timezone": "UTC", "weekly": {"daily": ["00:00-24:00"]}}}],
    }
    one = await bench.start(
        livechat={"business_hours": hours},
        **ruled({"when": {"business_hours": "closed"}, "to": {"integration": "spare", "queue": "night"}}),
    )
    assert (await one.request()).integration == "toy"
    await one.pass_time(5 * 3600)
    assert (await one.request("k-2", "c-2")).integration == "spare"


class Crm:
    """Knows one customer, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    @hookimpl
    async def livechat_find_contact(self, user: EndUser) -> Contact | None:
        self.asked += 1
        return Contact(source="crm", id="7", name="Maria") if user.id == "u-1" else None


async def test_rule_may_ask_what_the_crms_know_and_they_are_asked_once(bench: Workbench) -> None:
    crm = Crm()
    one = await bench.start(plugins=[crm], **ruled({"when": {"contact.known": True}, "to": "spare"}))
    handoff = await one.request()
    assert handoff.integration == "spare"
    assert [contact.id for contact in handoff.contacts] == ["7"]
    assert crm.asked == 1
    assert (await one.request("k-2", "c-2", user=EndUser(id="u-2"))).integration == "toy"
    assert (await reasons_of(one, handoff)).seen == {"contact.known": True}


async def test_crms_that_take_too_long_are_not_waited_for() -> None:
    class Slow:
        async def find_contacts(self, *_: Any, **__: Any) -> Any:
            await asyncio.Event().wait()

    class Nobody:
        bots: dict[str, Any] = {}  # noqa: RUF012 - a stand-in for settings

    lookups = ContactLookups(cast("Any", Nobody()), cast("Any", Slow()))
    request = HandoffRequest(key="k", conversation_id="c", bot="b", user=EndUser(id="u"))
    from tests.policies.makers import a_handoff

    handoff = a_handoff(request)
    assert await lookups.within(handoff, 0.01) == ()
    (task,) = lookups._running.values()
    assert not task.cancelled()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert not lookups._running


async def test_last_agent_is_asked_for_whoever_has_left_since(bench: Workbench) -> None:
    one = await bench.start(**ruled({"to": {"integration": "toy", "last_agent": "1d", "queue": "q"}}))
    first = await one.request()
    assert (route_of(first).agent, route_of(first).queue) == (None, "q")
    await one.event("joined", agent="a-7", name="Ann")
    await one.event("left", agent="a-7", name="Ann")
    await one.event("ended", by="agent", why="resolved")
    assert (await one.reload(first)).state is HandoffState.ENDED
    other = await one.request("k-2", "c-2", user=EndUser(id="u-2"))
    assert route_of(other).agent is None
    again = await one.request("k-3", "c-3")
    assert (route_of(again).agent, route_of(again).queue) == ("a-7", "q")
    reasons = await reasons_of(one, again)
    assert reasons.last_agent == {"1": "a-7"}
    assert one.settings.rule_books()["shop-bot"].repeat(reasons, again.request) == reasons.chain


async def test_last_agent_of_long_ago_is_not_asked_for(bench: Workbench) -> None:
    one = await bench.start(**ruled({"to": {"integration": "toy", "last_agent": "1h"}}))
    await one.active()
    await one.event("ended", by="agent", why="resolved")
    await one.pass_time(3601)
    assert route_of(await one.request("k-2", "c-2")).agent is None


async def test_nobody_is_lost_when_no_rule_can_be_used(bench: Workbench) -> None:
    one = await bench.start(settings={"routing": [{"to": "spare"}]})  # the bot has the toy alone
    handoff = await one.request()
    assert handoff.integration == "toy"
    reasons = await reasons_of(one, handoff)
    assert (reasons.by, reasons.unusable) == ("default", (1,))
