"""pydantic's errors as problems: our words, the exact place, a suggestion, and never the input itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from livechat_sdk.config.annotations import Kinds, inner, is_secret, items, keys_of, kinds_of
from livechat_sdk.config.diagnostics import Draft, Mend, certainly_means, did_you_mean, rewritten
from livechat_sdk.config.forms import A_NAME, wanted_form
from livechat_sdk.config.sensitive import is_suspicious, text_of
from livechat_sdk.config.tree import Found, MappingNode, Node, Path, ScalarNode, SequenceNode, locate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["drafts_from"]

_WANTED: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys and values",
    "mapping_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
}
_TAKEN: Final = "the key that this looks like stands here already; remove one of the two"
_LIMITS: Final = ("greater_than", "less_than", "too_short", "too_long", "finite_number")
_BASE_KEYS: Final = frozenset(keys_of((IntegrationSettings,), camel=True))
_GRAM: Final = 4
_WRITE: Final = re.compile(r"write ([0-9][0-9a-z.]*)")
_TWO_SLASHES: Final = re.compile(r"sqlite://([A-Za-z0-9_.][\w./-]*)", re.ASCII)
_ONE_NAME: Final = re.compile(r"[A-Za-z0-9_][\w.-]*(?: [\w.-]+)*")


def drafts_from(
    error: ValidationError, *, root: Node, model: type[BaseModel], base: Path = (), integration: bool = False
) -> list[Draft]:
    """One draft for each error; ``base`` is the path of the validated part in the document ``root``.

    ``integration`` chooses the codes and the spelling of keys for a part that is an integration.
    """
    # Past a thousand nobody reads on, and suggestions cost time.
    errors = error.errors(include_url=False)[:1000]
    return [_draft(one, root, model, base, integration=integration) for one in errors]


def _draft(
    error: ErrorDetails, root: Node, model: type[BaseModel], base: Path, *, integration: bool
) -> Draft:
    at_key = error["loc"][-1:] == ("[key]",)
    loc: Path = error["loc"][:-1] if at_key else error["loc"]
    found = locate(root, (*base, *loc))
    kinds = _kinds_at(kinds_of(model), found.path[len(base) :])
    kind = error["type"]
    if kind == "missing":
        return _missing(found, kinds, integration=integration)
    if kind == "extra_forbidden":
        return _unknown(found, model, base, integration=integration)
    if at_key:
        return Draft("LC209", A_NAME, found.path, at_key=True)
    if is_secret(kinds):
        return _bad_secret(error, found)
    return _bad_value(error, found, integration=integration)


def _kinds_at(kinds: Kinds, path: Iterable[str | int]) -> Kinds:
    for part in path:
        kinds = items(kinds) if isinstance(part, int) else inner(kinds, part)
    return kinds


# ------------------------------------------------------------------------------------------------------- keys
def _missing(found: Found, kinds: Kinds, *, integration: bool) -> Draft:
    name = str(found.rest[-1]) if found.rest else "a key"
    secret = is_secret(inner(kinds, name))
    return Draft(
        "LC404" if integration else "LC204",
        f"the {'setting' if integration else 'key'} {name!r} is missing",
        (*found.path, name),
        suggestion=f"add {name}: {'${NAME}, from the environment' if secret else '…'}",
    )


def _unknown(found: Found, model: type[BaseModel], base: Path, *, integration: bool) -> Draft:
    key = str(found.path[-1]) if found.path else ""
    code = "LC405" if integration else "LC203"
    if found.entry is not None and is_suspicious(found.entry):
        return _no_key(found, code)
    kinds = _kinds_at(kinds_of(model), found.path[len(base) : -1])
    siblings: Collection[str] = found.parent.entries if isinstance(found.parent, MappingNode) else ()
    camel = integration and not any("_" in one for one in siblings)
    every = keys_of(kinds, camel=camel)
    known = [one for one in every if one not in siblings]
    if integration:
        known.sort(key=lambda one: one in _BASE_KEYS)
    suggestion = None if integration else _elsewhere(key, model)
    meant = certainly_means(key, every) if suggestion is None else None
    if suggestion is None and (near := did_you_mean(key, every)):
        # The nearest key counts: where it is taken, the next one is not what was meant.
        suggestion = near if near == did_you_mean(key, known) else _TAKEN
    if suggestion is None and known:
        suggestion = f"known here: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}"  # noqa: PLR2004 - one line
    return Draft(
        code,
        f"unknown {'setting' if integration else 'key'} {key[:60]!r}",
        found.path,
        at_key=True,
        suggestion=suggestion or "remove it",
        mend=rewritten(meant, at_key=True) if meant in known and not is_secret(inner(kinds, meant)) else None,
    )


def _no_key(found: Found, code: str) -> Draft:
    """A key that may hold a value is not repeated, but for the word that it starts with."""
    key = str(found.path[-1])
    head = re.match(r"([A-Za-z_]\w{0,59})[ :=]", key)
    name = f" that starts with {head[1]!r}" if head else ""
    return Draft(
        code,
        f"unknown key{name}",
        found.path[:-1],
        span=found.key_span,
        suggestion=f"write a colon and a space behind the key: `{head[1] if head else 'key'}: …`",
    )


def _elsewhere(key: str, model: type[BaseModel]) -> str | None:
    """Where a key belongs that stands at the wrong place."""
    pending: list[tuple[Kinds, tuple[str, ...]]] = [(kinds_of(model), ())]
    for kinds, path in pending:
        names = keys_of(kinds)
        if key in names and "routing" not in path:  # its keys are words that are near to many others
            return (
                f"it belongs under `{': '.join(path)}:`"
                if path
                else "it belongs to the top level of the file"
            )
        for name in names:
            below = inner(kinds, name)
            deeper = (*path, name)
            pending += [(below, deeper), (inner(below, ""), (*deeper, "NAME"))]
            pending.append((items(below), deeper))
    return None


# ----------------------------------------------------------------------------------------------------- values
def _bad_secret(error: ErrorDetails, found: Found) -> Draft:
    kind = error["type"]
    context = error.get("ctx", {})
    if kind in ("too_long", "too_short") and isinstance(found.node, SequenceNode):
        return Draft("LC506", "a secret is one value, or two while it rotates: [new, old]", found.path)
    for key, words in (("min_length", "at least"), ("max_length", "at most")):
        if key in context:
            return Draft("LC207", f"this secret must have {words} {context[key]} characters", found.path)
    if kind == "string_type":
        nothing = isinstance(found.node, ScalarNode) and found.node.value is None
        return Draft(
            "LC505" if nothing else "LC507",
            "the secret is empty" if nothing else f"a secret must be text, not {_kind_of(found.node)}",
            found.path,
            suggestion="refer to the environment: ${NAME}"
            if nothing
            else "put it in quotes, or write ${NAME}",
        )
    message = _words(error)
    value = text_of(found.node.value) if isinstance(found.node, ScalarNode) else ""
    if any(value[at : at + _GRAM] in message for at in range(max(1, len(value) - _GRAM + 1)) if value):
        message = "this secret is not valid"
    return Draft("LC406", message, found.path)


def _bad_value(error: ErrorDetails, found: Found, *, integration: bool) -> Draft:
    from livechat_sdk.config.codes import CODES

    kind = error["type"]
    context = error.get("ctx", {})
    value = found.node.value if isinstance(found.node, ScalarNode) else None
    if kind in CODES:
        suggestion = context.get("suggestion")
        return Draft(
            kind,
            error["msg"],
            found.path,
            suggestion=suggestion,
            at_key=bool(context.get("at_key")),
            mend=_as_suggested(kind, value, suggestion),
        )
    if kind == "livechat_settings":
        return _policy(error, found)
    mend: Mend | None = None
    if kind in _WANTED:
        mend = _in_form_mend(_WANTED[kind], found)
        message = f"must be {_WANTED[kind]}, not {_kind_of(found.node)}"
        code, suggestion = "LC205", _in_form(_WANTED[kind], found)
    elif kind in ("literal_error", "enum"):
        words = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        message, code = f"must be one of {words}", "LC206"
        suggestion = did_you_mean(value, words.split(", ")) if isinstance(value, str) else None
        meant = certainly_means(value, words.split(", ")) if isinstance(value, str) else None
        mend = rewritten(meant) if meant else None
    elif kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        message, suggestion = wanted_form(pattern, found.node)
        code = "LC209" if message == A_NAME else "LC208"
    else:
        message, suggestion = _words(error), None
        code = "LC207" if any(part in kind for part in _LIMITS) else "LC208"
    return Draft("LC406" if integration else code, message, found.path, suggestion=suggestion, mend=mend)


def _as_suggested(code: str, value: object, suggestion: str | None) -> Mend | None:
    """How a value of one of our own kinds is mended, where the suggestion is the whole answer."""
    written = _WRITE.fullmatch(suggestion or "")
    if code == "LC210" and written is not None:
        return Mend(lambda _: written[1])
    if code == "LC213" and isinstance(value, str) and (slipped := _TWO_SLASHES.fullmatch(value)):
        return rewritten(f"sqlite:///{slipped[1]}")
    return None


def _in_form_mend(wanted: str, found: Found) -> Mend | None:
    """A number or a truth value as a text, a single value as a list."""
    node = found.node
    if not isinstance(node, ScalarNode) or node.value is None:
        return None
    if wanted == "text" and not isinstance(node.value, str):
        return Mend(lambda raw: f'"{raw}"')
    if wanted == "a list" and isinstance(node.value, str) and _ONE_NAME.fullmatch(node.value):
        return Mend(lambda raw: f"[{raw}]")
    return None


def _policy(error: ErrorDetails, found: Found) -> Draft:
    """A problem in business hours or system messages: the code follows from the place."""
    message, _, suggestion = error["msg"].partition("; ")
    path = found.path
    last = path[-1] if path else ""
    at_key = False
    if "system_messages" in path:
        depth = len(path) - path.index("system_messages")
        at_key = depth == 2 or last not in {moment.value for moment in Moment}  # noqa: PLR2004 - the language's key
        code = "LC231" if depth == 2 else "LC232" if at_key else "LC233"  # noqa: PLR2004 - the language's key
    elif last == "timezone":
        code = "LC221"
    elif isinstance(last, int):
        code = "LC223"
    elif "weekly" in path:
        code, at_key = "LC222", True
    else:
        code = "LC220"
    return Draft(code, message, path, at_key=at_key, suggestion=suggestion or None)


def _words(error: ErrorDetails) -> str:
    """The message of an error in our words."""
    text = error["msg"]
    for before, after in (
        ("Value error, ", ""),
        ("Assertion failed, ", ""),
        ("Input should be", "must be"),
        ("Input should", "the value should"),
        ("String should", "the text should"),
        ("Tuple should", "the list should"),
        ("List should", "the list should"),
        ("Dictionary should", "the mapping should"),
        (" after validation", ""),
    ):
        text = text.replace(before, after)
    return text[:300]


def _kind_of(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        return "a mapping" if isinstance(node, MappingNode) else "a list"
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case _:
            return type(node.value).__name__


def _in_form(wanted: str, found: Found) -> str | None:
    """How the value could be written in the form that is wanted."""
    node = found.node
    if not isinstance(node, ScalarNode):
        return None
    if node.value is None:
        return "write a value, or remove the key"
    if wanted == "text" and node.written is not None:
        return f'put it in quotes: "{node.written[:60]}"'
    if wanted == "a list" and isinstance(node.value, str):
        return f"write [{node.value[:60]}]"
    return None
