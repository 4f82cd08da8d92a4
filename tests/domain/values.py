"""Values of any model, drawn from what its fields declare: constraints, unions, nested models and all."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import hypothesis.strategies as st
from pydantic import AwareDatetime, SecretStr
from pydantic.fields import FieldInfo

from livechat_sdk.domain.base import Model

# Lone surrogates are no text: pydantic refuses them (see test_messages).
letters = st.characters(exclude_categories=["Cs", "Cc"])
words = st.text(letters, max_size=8)
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-3, minutes=-30))])
times = st.builds(
    datetime.fromtimestamp,
    st.floats(1.5e9, 2.5e9),
    zones,
)


@cache
def values_of(model: type[Model]) -> st.SearchStrategy[Any]:
    """Valid instances of ``model``. Fields with a default are sometimes left out."""
    model.model_rebuild()
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        drawn = _of(field.annotation, _notes(field))
        (required if field.is_required() else optional)[name] = drawn
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: model(**fields))


def _notes(field: FieldInfo) -> list[Any]:
    return list(field.metadata)


def _of(kind: Any, notes: Iterable[Any] = ()) -> st.SearchStrategy[Any]:
    origin, inside = get_origin(kind), get_args(kind)
    notes = list(notes)
    if origin is Annotated:
        return _of(inside[0], [*notes, *inside[1:]])
    if origin in {Union, types.UnionType}:
        return st.one_of(*(_of(one, notes if one is not type(None) else ()) for one in inside))
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is tuple:
        longest = min(_limit(notes, "max_length", 2), 2)
        return st.lists(_of(inside[0]), min_size=_limit(notes, "min_length", 0), max_size=longest).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(inside[0]), _of(inside[1]), max_size=2)
    return _of_class(kind, notes)


def _of_class(kind: Any, notes: list[Any]) -> st.SearchStrategy[Any]:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and issubclass(kind, Model):
        return st.deferred(lambda: values_of(kind))
    low, high = _limit(notes, "ge", _limit(notes, "gt", 0)), _limit(notes, "le", 10**6)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        Any: plain_json,
        type(None): st.none(),
        AwareDatetime: times,
        SecretStr: words.map(SecretStr),
        bool: st.booleans(),
        int: st.integers(low, high),
        float: st.floats(low, high, exclude_min=_limit(notes, "gt", None) is not None),
        str: st.text(letters, min_size=_limit(notes, "min_length", 0), max_size=12),
    }
    return simple[kind]


def _limit(notes: Iterable[Any], name: str, otherwise: Any) -> Any:
    """The limit ``name`` that the notes of a field declare."""
    for note in notes:
        if isinstance(note, FieldInfo):
            found = _limit(note.metadata, name, None)
        else:
            found = getattr(note, name, None)
        if found is not None:
            return found
    return otherwise


def all_models(*modules: types.ModuleType) -> list[type[Model]]:
    """Every model that these modules define."""
    found = [
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Model) and one.__module__ == module.__name__
    ]
    return [one for one in found if one is not Model]
