"""The simplest routing: the first usable integration of the bot."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.hooks.markers import hookimpl

__all__ = ["FirstCandidate"]


class FirstCandidate:
    """Answers ``livechat_route`` with the first candidate; asked last, after every other plugin.

    What the request itself asks for (queue, group, agent, priority, skills, language) goes along. Pure: it
    may run on the event loop.
    """

    @hookimpl(trylast=True)
    def livechat_route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route | None:
        """The route to the first candidate; abstains when there is none."""
        if not candidates:
            return None
        return Route(
            integration=candidates[0],
            bot=request.bot,
            language=request.spoken_language,
            queue=request.queue,
            group=request.group,
            agent=request.agent,
            priority=request.priority,
            skills=request.skills,
            why="first enabled integration of the bot",
        )
