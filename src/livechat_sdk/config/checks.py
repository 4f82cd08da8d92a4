"""Whether the parts of the settings fit together: what single values cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from pydantic_core import PydanticCustomError

from livechat_sdk.config.diagnostics import Draft, Mend, certainly_means, did_you_mean, rewritten
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.doubts import is_local
from livechat_sdk.config.durations import parse_duration
from livechat_sdk.config.integrations import Types
from livechat_sdk.config.routing_checks import check_routing
from livechat_sdk.config.tree import MappingNode, Path, plain

__all__ = ["cross_check"]

_NOTHING: Final[Mapping[str, Any]] = {}
_HOME: Final = {"livechat": "livechat: integrations", "crm": "crm", "ticketing": "ticketing"}
_MISPLACED: Final = {"livechat": "LC302", "crm": "LC303", "ticketing": "LC304"}
_KIND_NAMES: Final = {"livechat": "live chat", "crm": "a CRM", "ticketing": "ticketing"}


def cross_check(document: MappingNode, types: Types, drafts: list[Draft], *, is_bare: bool) -> None:
    """Write down where the parts do not fit together.

    Works on the raw document, so that one wrong value elsewhere hides nothing; what has the wrong form is
    passed over, because its own problem is written down already.
    """
    _Checker(_mapping(plain(document)), types, drafts).run(is_bare=is_bare)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else _NOTHING


def _items(value: Any) -> Sequence[object]:
    return cast("list[object]", value) if isinstance(value, list) else ()


def _texts(value: Any) -> Iterator[tuple[int, str]]:
    return ((index, item) for index, item in enumerate(_items(value)) if isinstance(item, str))


def _seconds(value: Any, default: float | None = None) -> float | None:
    if value is None:
        return default
    try:
        return parse_duration(value)
    except PydanticCustomError:
        return None


class _Checker:
    def __init__(self, content: Mapping[str, Any], types: Types, drafts: list[Draft]) -> None:
        self._content = content
        self._types = types
        self._drafts = drafts
        self._integrations = {
            name: IntegrationDocument(_mapping(one))
            for name, one in _mapping(content.get("integrations")).items()
        }
        self._used: set[str] = set()
        self._unclear = False

    def _add(
        self, code: str, message: str, path: Path, suggestion: str | None = None, *, at_key: bool = False
    ) -> None:
        self._drafts.append(Draft(code, message, path, suggestion=suggestion, at_key=at_key))

    def run(self, *, is_bare: bool) -> None:
        """Every check."""
        bots = _mapping(self._content.get("bots"))
        for name, bot in bots.items():
            self._unclear = self._unclear or _is_unclear(bot)
            self._bot(("bots", name), _mapping(bot))
        check_routing(self._content, self._integrations, self._kind_of, self._drafts)
        self._names("integrations", self._integrations)
        self._names("bots", bots)
        if bots:
            if not self._integrations and isinstance(self._content.get("integrations", {}), Mapping):
                self._add(
                    "LC307",
                    "there is no integration that could take a handoff",
                    ("bots",),
                    "add `integrations: {desk: {type: HELVIA_LIVECHAT}}` and name desk in the bots",
                    at_key=True,
                )
            self._unused()
        elif not is_bare and isinstance(self._content.get("bots", {}), Mapping):
            self._add("LC607", "there are no bots", ("bots",), "add them under `bots:`", at_key=True)
        gateway = _mapping(self._content.get("gateway"))
        if self._content.get("files") and gateway.get("public_url") is None:
            self._add(
                "LC612",
                "there are no links to files without `gateway.public_url`",
                ("files",),
                "set `gateway: {public_url: https://…}`",
                at_key=True,
            )
        self._unencrypted(gateway.get("public_url"), ("gateway", "public_url"))
        self._unencrypted(_mapping(gateway.get("platform")).get("url"), ("gateway", "platform", "url"))

    def _unencrypted(self, url: object, path: Path) -> None:
        if isinstance(url, str) and url.lower().startswith("http://") and not is_local(url):
            self._add("LC610", "conversations would travel unencrypted", path, "write https://…")

    # ------------------------------------------------------------------------------------------------- bots
    def _bot(self, path: Path, bot: Mapping[str, Any]) -> None:
        livechat = _mapping(bot.get("livechat"))
        if isinstance(bot.get("livechat", {}), Mapping):
            self._livechat((*path, "livechat"), livechat)
        for index, name in _texts(bot.get("crm")):
            self._reference(name, (*path, "crm", index), "crm")
        self._twice((*path, "crm"), bot.get("crm"))
        ticketing = bot.get("ticketing")
        if isinstance(ticketing, str) and ticketing:
            self._reference(ticketing, (*path, "ticketing"), "ticketing")
        elif ticketing is None:
            for wish, place in (
                (livechat.get("tickets_on"), ("livechat", "tickets_on")),
                (bot.get("tickets"), ("tickets",)),
            ):
                if wish:
                    self._add(
                        "LC312",
                        "tickets are to be made, and the bot has no `ticketing`",
                        (*path, *place),
                        "name a ticketing integration under `ticketing:` of the bot",
                        at_key=True,
                    )

    def _livechat(self, path: Path, livechat: Mapping[str, Any]) -> None:
        listed = livechat.get("integrations", [])
        names = [name for _, name in _texts(listed)]
        for index, name in _texts(listed):
            self._reference(name, (*path, "integrations", index), "livechat")
        self._twice((*path, "integrations"), listed)
        is_on = str(livechat.get("enabled", True)).strip().lower() not in (
            "false",
            "no",
            "off",
            "0",
            "n",
            "f",
        )
        if is_on and listed == []:
            usable = [name for name in self._integrations if self._kind_of(name) in ("livechat", None)]
            self._add(
                "LC306",
                "live chat is enabled, and no integration is named for it",
                (*path, "integrations"),
                f"write integrations: [{', '.join(usable[:3]) or 'desk'}]",
            )
        known = [name for name in names if name in self._integrations]
        if is_on and known and not any(self._integrations[name].enabled for name in known):
            self._add(
                "LC604",
                "all integrations of this bot are disabled",
                (*path, "integrations"),
                "switch one on, or write `enabled: false` here",
                at_key=True,
            )
        self._clocks(path, livechat)
        self._survey((*path, "survey"), livechat.get("survey"))

    def _clocks(self, path: Path, livechat: Mapping[str, Any]) -> None:
        for part, last, code in (
            ("inactivity", "close_after", "LC308"),
            ("agent_silence", "release_after", "LC309"),
        ):
            settings = _mapping(livechat.get(part))
            remind, end = _seconds(settings.get("remind_after")), _seconds(settings.get(last))
            if remind is not None and end is not None and end <= remind:
                self._add(code, f"{last} must be longer than remind_after", (*path, part, last))
        longest = _seconds(livechat.get("max_duration"))
        waiting = 120.0 if "request_timeout" not in livechat else _seconds(livechat["request_timeout"])
        if longest is not None and waiting is not None and waiting >= longest:
            at = "request_timeout" if "request_timeout" in livechat else "max_duration"
            self._add(
                "LC310",
                f"request_timeout ({waiting:g} s) must be shorter than max_duration ({longest:g} s)",
                (*path, at),
            )

    def _survey(self, path: Path, survey: Any) -> None:
        seen: dict[str, int] = {}
        for index, question in enumerate(_items(survey)):
            name = _mapping(question).get("id")
            if isinstance(name, str) and name in seen:
                self._add(
                    "LC311",
                    f"question {seen[name] + 1} has the id {name[:60]!r} too",
                    (*path, index, "id"),
                    "give every question its own id",
                )
            elif isinstance(name, str):
                seen[name] = index

    # ------------------------------------------------------------------------------------------ integrations
    def _kind_of(self, name: str) -> str | None:
        offered = self._types.get(self._integrations[name].type)
        return None if offered is None else offered.kind

    def _reference(self, name: str, path: Path, kind: str) -> None:
        if not name:
            return
        if name not in self._integrations:
            if self._integrations:
                self._unknown(name, path)
            return
        self._used.add(name)
        found = self._kind_of(name)
        if found is not None and found != kind:
            self._add(
                _MISPLACED[kind],
                f"integration {name[:60]!r} is for {_KIND_NAMES[found]}, not for {_KIND_NAMES[kind]}",
                path,
                f"name it under `{_HOME[found]}:` of the bot",
            )
        elif not self._integrations[name].enabled:
            self._add("LC603", f"integration {name[:60]!r} is disabled", path, "write `enabled: true` in it")

    def _unknown(self, name: str, path: Path) -> None:
        several = [part.strip() for part in name.split(",")]
        if len(several) > 1 and all(part in self._integrations for part in several):
            suggestion, mend = f"write them apart: [{', '.join(several)}]", None
            self._used.update(several)
        else:
            known = ", ".join(sorted(self._integrations)[:8])
            suggestion = did_you_mean(name, self._integrations) or f"the file has: {known}"
            meant = certainly_means(name, self._integrations)
            mend = rewritten(meant) if meant else None
        message = f"unknown integration {name[:60]!r}"
        self._drafts.append(Draft("LC301", message, path, suggestion=suggestion, mend=mend))

    def _twice(self, path: Path, names: Any) -> None:
        seen: set[str] = set()
        for index, name in _texts(names):
            if name in seen:
                message = f"integration {name[:60]!r} is listed twice"
                place = (*path, index)
                self._drafts.append(
                    Draft("LC305", message, place, suggestion="remove this one", mend=Mend(None))
                )
            seen.add(name)

    def _unused(self) -> None:
        if self._unclear:
            return
        for name, document in self._integrations.items():
            if name not in self._used and document.enabled:
                self._add(
                    "LC601", f"no bot uses the integration {name[:60]!r}", ("integrations", name), at_key=True
                )

    def _names(self, part: str, names: Mapping[str, Any]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                self._add(
                    "LC602",
                    f"{name[:60]!r} and {other[:60]!r} differ in case only",
                    (part, name),
                    at_key=True,
                )


def _is_unclear(bot: Any) -> bool:
    """Whether a bot names integrations in a form that cannot be read: then nobody knows which are used."""
    if not isinstance(bot, Mapping):
        return True
    content = _mapping(bot)
    livechat = content.get("livechat", {})
    lists = (content.get("crm", []), _mapping(livechat).get("integrations", []))
    return not isinstance(livechat, Mapping) or not all(isinstance(one, list) for one in lists)
