"""What the settings models say about a place in a document: its kind, its keys, whether it is secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, RootModel, SecretBytes, SecretStr

from livechat_sdk.config.documents import IntegrationDocument

__all__ = [
    "Kinds",
    "inner",
    "is_secret",
    "items",
    "keys_below",
    "keys_of",
    "kinds_of",
    "models",
    "secrets_of",
    "takes_values",
]

_CHOSEN = 2
"""The priority that pydantic gives to an alias of a single field, over those that follow from a rule."""

Kinds = tuple[Any, ...]
"""The annotations that a place may have; several for a union, none when the models do not know the place."""


def kinds_of(annotation: Any) -> Kinds:
    """An annotation as its alternatives: ``Annotated`` and ``None`` taken off, unions taken apart."""
    return tuple(_alternatives(annotation))


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if annotation is None or annotation is type(None):
        return
    if _is_model(annotation, RootModel):
        yield from _alternatives(annotation.model_fields["root"].annotation)
    elif origin is not None and _is_union(origin):
        for part in get_args(annotation):
            yield from _alternatives(part)
    elif hasattr(annotation, "__metadata__"):
        yield from _alternatives(get_args(annotation)[0])
    else:
        yield annotation


def _is_union(origin: Any) -> bool:
    from types import UnionType
    from typing import Union

    return origin is UnionType or origin is Union


def models(kinds: Kinds) -> list[type[BaseModel]]:
    """The settings models among the alternatives."""
    return [kind for kind in kinds if _is_model(kind, BaseModel)]


def _is_model(annotation: Any, of: type[BaseModel]) -> bool:
    # A parametrised generic such as tuple[str, ...] counts as a type for isinstance, not for issubclass.
    return isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, of)


def inner(kinds: Kinds, key: str) -> Kinds:
    """What the models say about the value under ``key``."""
    found: list[Any] = []
    for kind in kinds:
        if kind is Any or kind is object or kind is dict:
            found.append(Any)
        elif _container(kind, Mapping):
            arguments = get_args(kind)
            found += kinds_of(arguments[1]) if len(arguments) > 1 else (Any,)
    for model in models(kinds):
        found += _under(model, key)
    return tuple(found)


@lru_cache(maxsize=2000)
def _under(model: type[BaseModel], key: str) -> Kinds:
    """What one model says about the value under ``key``; files have many integrations of one type."""
    named = (info for name, info in model.model_fields.items() if key in (name, info.alias))
    return tuple(kind for info in named for kind in kinds_of(info.annotation))


def items(kinds: Kinds) -> Kinds:
    """What the models say about the entries of a list."""
    found: list[Any] = []
    for kind in kinds:
        if kind is Any or kind is object or kind in (list, tuple, set):
            found.append(Any)
        elif _container(kind, Sequence) or _container(kind, frozenset) or _container(kind, set):
            for argument in get_args(kind):
                if argument is not Ellipsis:
                    found += kinds_of(argument)
    return tuple(found)


def takes_values(kind: Any) -> bool:
    """Whether a single value may stand at a place; false where the models want keys and values."""
    return not (_is_model(kind, BaseModel) or kind is IntegrationDocument or _container(kind, Mapping))


def _container(kind: Any, of: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, of)


def is_secret(kinds: Kinds) -> bool:
    """Whether the place itself holds a secret: a ``SecretStr``, or a list or mapping of them."""
    return any(_is_secret(kind) for kind in kinds)


def _is_secret(kind: Any) -> bool:
    if isinstance(kind, type) and get_origin(kind) is None:
        return issubclass(kind, SecretStr | SecretBytes)
    return any(_is_secret(part) for argument in get_args(kind) for part in kinds_of(argument))


def keys_of(kinds: Kinds, *, camel: bool = False) -> tuple[str, ...]:
    """The keys that may stand at a place; in the platform's spelling when ``camel``."""
    return tuple(
        # An alias of a single field is what the file calls it: `from`, for `from_`.
        (info.alias or name) if camel or info.alias_priority == _CHOSEN else name
        for model in models(kinds)
        for name, info in model.model_fields.items()
    )


def keys_below(kinds: Kinds) -> frozenset[str]:
    """The keys that may stand at a place or anywhere below it, in every spelling."""
    found: set[str] = set()
    seen: set[type[BaseModel]] = set()
    pending = list(kinds)
    while pending:
        kind = pending.pop()
        for model in models((kind,)):
            if model not in seen:
                seen.add(model)
                for name, info in model.model_fields.items():
                    found.update((name, info.alias or name))
                    pending += kinds_of(info.annotation)
        pending += [part for argument in get_args(kind) for part in kinds_of(argument)]
    return frozenset(found)


def secrets_of(kinds: Kinds) -> tuple[str, ...]:
    """The keys of secrets that may stand at a place, in every spelling."""
    return tuple(
        key
        for model in models(kinds)
        for name, info in model.model_fields.items()
        if is_secret(kinds_of(info.annotation))
        for key in (name, info.alias)
        if key is not None
    )
