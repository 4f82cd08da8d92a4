"""What is valid and still looks like a mistake: settings without effect, values twice, open links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from pydantic_core import PydanticCustomError

from livechat_sdk.config.diagnostics import Draft, Mend
from livechat_sdk.config.durations import parse_age, parse_duration
from livechat_sdk.config.severity import is_warning
from livechat_sdk.config.sizes import parse_size
from livechat_sdk.config.tree import MappingNode, Node, Path, ScalarNode, SequenceNode, plain

__all__ = ["doubt", "is_local"]

_NOTHING: Final[Mapping[str, Any]] = {}
_QUOTED: Final = re.compile(r"[“”„«‘’‚].*[“”»‘’]", re.DOTALL)
_WORDS_FOR_PEOPLE: Final = frozenset({"system_messages", "survey", "tickets", "description"})
_ADDRESS_KEY: Final = re.compile(r"(?:url|endpoint)$", re.IGNORECASE)
_LINK_LIFETIME: Final = 86_400.0
_MAX_SIZE: Final = 20 * 1024**2
_MAX_TOTAL: Final = 20 * 1024**3
_TWICE: Final = "this is listed already; naming it twice changes nothing"


def doubt(document: MappingNode, drafts: list[Draft]) -> None:
    """Write down what is doubtful. What has the wrong form is passed over: that is written down already."""
    wrong = {draft.path for draft in drafts if not is_warning(draft.code)}
    drafts += [one for one in _doubts(document) if one.path not in wrong]


def _doubts(document: MappingNode) -> Iterator[Draft]:
    content = _mapping(plain(document))
    for name, bot in _mapping(content.get("bots")).items():
        yield from _bot(("bots", name), _mapping(bot))
    for name, one in _mapping(content.get("integrations")).items():
        yield from _integration(("integrations", name), _mapping(one))
    yield from _files(_mapping(content.get("files")))
    yield from _tokens(_mapping(content.get("gateway")))
    yield from _twice(("plugins", "block"), _mapping(content.get("plugins")).get("block"))
    yield from _quotes(document, ())


def is_local(url: str) -> bool:
    """Whether an address leads to this machine."""
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return host in ("localhost", "::1") or host.startswith("127.")


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else _NOTHING


def _list(value: Any) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _number(value: Any, read: Any, default: float | None = None) -> float | None:
    """A duration, age or size; the default where there is none, ``None`` where it cannot be read."""
    if value is None:
        return default
    try:
        return float(read(value))
    except PydanticCustomError:
        return None


# ------------------------------------------------------------------------------------------------------- bots
def _bot(path: Path, bot: Mapping[str, Any]) -> Iterator[Draft]:
    livechat = _mapping(bot.get("livechat"))
    at = (*path, "livechat")
    silence = _mapping(livechat.get("agent_silence"))
    if "requeue_at_most" in silence and silence.get("then", "fall_back") == "fall_back":
        yield _without_effect(
            (*at, "agent_silence", "requeue_at_most"),
            "nothing goes back to the queue",
            "write `then: requeue`",
        )
    if "then" in silence and silence.get("release_after") is None:
        yield _without_effect(
            (*at, "agent_silence", "then"), "no silent agent loses the chat", "set `release_after` too"
        )
    if livechat.get("wait_for_contact") is not None and bot.get("crm", []) == []:
        why = "the bot has no CRM that could be asked"
        yield _without_effect((*at, "wait_for_contact"), why, "name one under `crm:`")
    longest = _number(livechat.get("max_duration"), parse_duration)
    for part in ("inactivity", "agent_silence"):
        for key in ("remind_after", "close_after", "release_after"):
            clock = _number(_mapping(livechat.get(part)).get(key), parse_duration)
            if longest is not None and clock is not None and clock >= longest:
                yield _without_effect(
                    (*at, part, key), f"max_duration ends the handoff after {longest:g} s", "make it shorter"
                )
    yield from _twice((*at, "tickets_on"), livechat.get("tickets_on"))
    ended = _mapping(_mapping(bot.get("tickets")).get("ended"))
    yield from _twice((*path, "tickets", "ended", "outcomes"), ended.get("outcomes"))
    for index, question in enumerate(_list(livechat.get("survey"))):
        place = (*at, "survey", index, "choices")
        choices = _mapping(question).get("choices")
        yield from _twice(place, choices, "LC314", "this choice is offered already")


def _without_effect(path: Path, why: str, suggestion: str) -> Draft:
    return Draft(
        "LC620",
        f"{path[-1]} has no effect: {why}",
        path,
        suggestion=f"{suggestion}, or remove it",
        at_key=True,
    )


def _twice(path: Path, listed: Any, code: str = "LC619", message: str = _TWICE) -> Iterator[Draft]:
    seen: set[str] = set()
    for index, one in enumerate(_list(listed)):
        if isinstance(one, str) and one in seen:
            yield Draft(code, message, (*path, index), suggestion="remove this one", mend=Mend(None))
        elif isinstance(one, str):
            seen.add(one)


# ----------------------------------------------------------------------------------------------- integrations
def _integration(path: Path, document: Mapping[str, Any]) -> Iterator[Draft]:
    for key, value in document.items():
        if (
            isinstance(value, str)
            and _ADDRESS_KEY.search(key)
            and value.lower().startswith("http://")
            and not is_local(value)
        ):
            message = "conversations would travel to the vendor unencrypted"
            yield Draft("LC625", message, (*path, key), suggestion="write https://…")
    yield from _twice((*path, "tags"), document.get("tags"))


# ------------------------------------------------------------------------------------------------- everything
def _files(files: Mapping[str, Any]) -> Iterator[Draft]:
    size = _number(files.get("max_size"), parse_size, _MAX_SIZE)
    total = _number(files.get("max_total"), parse_size, _MAX_TOTAL)
    if size is not None and total is not None and size > total:
        at = "max_size" if "max_size" in files else "max_total"
        message = "one file may be larger than all files together"
        yield Draft("LC316", message, ("files", at), suggestion="make `max_total` larger than `max_size`")
    links = _number(files.get("link_lifetime"), parse_duration, _LINK_LIFETIME)
    kept = _number(files.get("keep_for"), parse_age)
    if links is not None and kept is not None and links > kept:
        message = f"links are good for {links:g} s and files are kept for {kept:g} s"
        at = "link_lifetime" if "link_lifetime" in files else "keep_for"
        yield Draft(
            "LC622", message, ("files", at), suggestion="make `link_lifetime` shorter than `keep_for`"
        )
    yield from _twice(("files", "kinds"), files.get("kinds"))
    yield from _twice(("files", "egress", "allow"), _mapping(files.get("egress")).get("allow"))


def _tokens(gateway: Mapping[str, Any]) -> Iterator[Draft]:
    tokens = gateway.get("tokens")
    known = {one for one in [*_list(tokens), tokens] if isinstance(one, str) and one}
    metrics = gateway.get("metrics_tokens")
    for place, token in [((), metrics), *(((index,), one) for index, one in enumerate(_list(metrics)))]:
        if isinstance(token, str) and token in known:
            message = "this token opens /v1 too, and not only the counts"
            yield Draft(
                "LC621", message, ("gateway", "metrics_tokens", *place), suggestion="make another one"
            )


def _quotes(node: Node, path: Path) -> Iterator[Draft]:
    """Values in typographic quotes, which people did not mean as a part of them."""
    match node:
        case MappingNode():
            for key, entry in node.entries.items():
                if key not in _WORDS_FOR_PEOPLE:
                    yield from _quotes(entry.value, (*path, key))
        case SequenceNode():
            for index, item in enumerate(node.items):
                yield from _quotes(item, (*path, index))
        case ScalarNode():
            if isinstance(node.value, str) and not node.references and _QUOTED.fullmatch(node.value):
                message = "these quotes are part of the value: they are not the straight ones"
                yield Draft("LC623", message, path, suggestion='write "…" with straight quotes, or none')
