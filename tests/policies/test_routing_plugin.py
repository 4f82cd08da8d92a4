"""Routing without rules goes to the first candidate, and asks every other plugin first."""

from __future__ import annotations

import pluggy

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import RoutingSpecs
from livechat_sdk.policies.routing import RoutingRules
from tests.policies.makers import a_request


def test_livechat_route_takes_the_first_candidate_with_all_that_the_request_asks_for() -> None:
    request = a_request(
        queue="billing", group="north", agent="maria", priority="high", skills=("greek", "tax"), language="en"
    )
    assert RoutingRules().livechat_route(request, ["acme-zendesk", "desk"]) == Route(
        integration="acme-zendesk",
        bot="shop-bot",
        language="en",
        queue="billing",
        group="north",
        agent="maria",
        priority="high",
        skills=("greek", "tax"),
        why="first enabled integration of the bot",
    )


def test_livechat_route_takes_the_users_language_when_the_request_names_none() -> None:
    route = RoutingRules().livechat_route(a_request(), ["desk"])
    assert route is not None
    assert route.language == "el"
    assert route.skills == ()


def test_livechat_route_abstains_without_candidates() -> None:
    assert RoutingRules().livechat_route(a_request(), []) is None


def test_livechat_route_lets_every_other_plugin_answer_first() -> None:
    class Chooser:
        @pluggy.HookimplMarker(PROJECT)
        def livechat_route(self, request: HandoffRequest) -> Route:
            return Route(integration="desk", bot=request.bot, why="because")

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(RoutingSpecs)
    manager.register(Chooser())
    manager.register(RoutingRules())  # registered last, and asked last all the same
    manager.check_pending()
    answers = manager.hook.livechat_route(request=a_request(), candidates=["acme-zendesk", "desk"])
    assert [answer.why for answer in answers] == ["because", "first enabled integration of the bot"]
