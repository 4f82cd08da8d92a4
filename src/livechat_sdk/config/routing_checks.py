"""Whether rules of routing fit the rest of the settings: integrations, bots, one another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from livechat_sdk.config.diagnostics import Draft, did_you_mean
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.tree import Path

__all__ = ["check_routing"]

_NOTHING: Final[Mapping[str, Any]] = {}
_PLACE: Final = ("integration", "queue", "group", "agent", "last_agent")


def check_routing(
    content: Mapping[str, Any],
    integrations: Mapping[str, IntegrationDocument],
    kind_of: Callable[[str], str | None],
    drafts: list[Draft],
) -> None:
    """Write down what is wrong with the rules of the file and of its bots.

    Works on the raw document; what has the wrong form is passed over, because its own problem is written down
    already.
    """
    bots = _mapping(content.get("bots"))
    lists = {name: _listed(bot) for name, bot in bots.items()}
    everywhere = {name for names in lists.values() for name in names}
    checker = _Checker(integrations, kind_of, bots, drafts)
    for name, bot in bots.items():
        rules = _mapping(_mapping(bot).get("livechat")).get("routing")
        checker.rules(rules, ("bots", name, "livechat", "routing"), lists[name], f"bot {name[:60]!r}")
    checker.rules(content.get("routing"), ("routing",), everywhere, "a bot")


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else _NOTHING


def _items(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def _listed(bot: Any) -> list[str]:
    live = _mapping(_mapping(bot).get("livechat"))
    return [name for name in _items(live.get("integrations")) if isinstance(name, str)]


def _targets(rule: Mapping[str, Any], path: Path) -> Iterator[tuple[Any, Path]]:
    to = rule.get("to")
    for one, at in (
        [(one, (*path, "to", index)) for index, one in enumerate(_items(to))]
        if isinstance(to, list)
        else [(to, (*path, "to"))]
    ):
        yield one, at
        for index, fallback in enumerate(_items(_mapping(one).get("fallback"))):
            yield fallback, (*at, "fallback", index)


@dataclass(frozen=True, slots=True)
class _Checker:
    integrations: Mapping[str, IntegrationDocument]
    kind_of: Callable[[str], str | None]
    bots: Mapping[str, Any]
    drafts: list[Draft]

    def _add(
        self, code: str, message: str, path: Path, suggestion: str | None = None, *, at_key: bool = False
    ) -> None:
        self.drafts.append(Draft(code, message, path, suggestion=suggestion, at_key=at_key))

    def rules(self, rules: Any, path: Path, listed: Collection[str], whose: str) -> None:
        """Check one list of rules; ``listed`` are the integrations that its bots may use."""
        names: dict[str, int] = {}
        always: int | None = None
        for index, rule in enumerate(map(_mapping, _items(rules))):
            here = (*path, index)
            if always == index - 1:
                told = f"no rule from here on is ever looked at: rule {index} of the list always matches"
                self._add("LC791", told, here, "move the rule without conditions to the end")
            if rule and always is None and rule.get("when") is None and rule.get("if") is None:
                always = index
            name = rule.get("name")
            if isinstance(name, str) and name:
                first = names.setdefault(name, index)
                if first != index:
                    told = f"rule {first + 1} of the list is called {name[:60]!r} too"
                    self._add("LC722", told, (*here, "name"), "give every rule its own name")
            for wanted, at in _bots_of(rule.get("when"), (*here, "when")):
                if not any(wanted.strip().casefold() == bot.strip().casefold() for bot in self.bots):
                    hint = (
                        did_you_mean(wanted, self.bots) or f"the file has: {', '.join(sorted(self.bots)[:8])}"
                    )
                    self._add("LC723", f"there is no bot {wanted[:60]!r}", at, hint)
            for target, at in _targets(rule, here):
                self._target(target, at, listed, whose)
            self._repeats(rule, here)

    def _target(self, target: Any, path: Path, listed: Collection[str], whose: str) -> None:
        short = isinstance(target, str)
        name = target if short else _mapping(target).get("integration")
        if not isinstance(name, str) or not name:
            return
        at = path if short else (*path, "integration")
        if name not in self.integrations:
            known = f"the file has: {', '.join(sorted(self.integrations)[:8]) or 'none'}"
            hint = did_you_mean(name, self.integrations) or known
            self._add("LC717", f"unknown integration {name[:60]!r}", at, hint)
        elif self.kind_of(name) not in ("livechat", None):
            self._add("LC718", f"integration {name[:60]!r} is not for live chat", at)
        elif name not in listed:
            hint = f"add it to `livechat: integrations:` of {whose}"
            self._add("LC719", f"{name[:60]!r} is not among the integrations of {whose}", at, hint)
        elif not self.integrations[name].enabled:
            self._add("LC792", f"integration {name[:60]!r} is disabled", at, "write `enabled: true` in it")

    def _repeats(self, rule: Mapping[str, Any], path: Path) -> None:
        seen: set[tuple[Any, ...]] = set()
        for target, at in _targets(rule, path):
            if "fallback" not in at:
                seen = set()
            where = (
                (target,)
                if isinstance(target, str)
                else tuple(str(_mapping(target).get(key) or "") for key in _PLACE)
            )
            full = (*where, *[""] * (len(_PLACE) - len(where)))
            if full in seen and full[0]:
                self._add("LC724", "this target stands in the chain already", at, "remove it")
            seen.add(full)


def _bots_of(when: Any, path: Path, depth: int = 0) -> Iterator[tuple[str, Path]]:
    """The bots that a condition names outright, each with its place."""
    content = _mapping(when)
    if depth > 8:  # noqa: PLR2004 - deeper ones have their own problem
        return
    bot = content.get("bot")
    for value, at in ((bot, (*path, "bot")), (_mapping(bot).get("is"), (*path, "bot", "is"))):
        if isinstance(value, str):
            yield value, at
        for index, one in enumerate(_items(value)):
            if isinstance(one, str):
                yield one, (*at, index)
    for key in ("all", "any"):
        for index, one in enumerate(_items(content.get(key))):
            yield from _bots_of(one, (*path, key, index), depth + 1)
    if "not" in content:
        yield from _bots_of(content["not"], (*path, "not"), depth + 1)
