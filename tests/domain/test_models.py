"""Every model of the vocabulary: cannot be changed, refuses what it does not know, survives JSON."""

from __future__ import annotations

from types import ModuleType
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import TypeAdapter, ValidationError

from livechat_sdk.domain import (
    base,
    capabilities,
    chats,
    ends,
    handoff,
    messages,
    outgoing,
    people,
    tickets,
)
from livechat_sdk.domain.base import Model
from livechat_sdk.domain.chats import Chat, EventEnvelope, ProviderEvent
from livechat_sdk.domain.outgoing import Outgoing, OutgoingBase
from livechat_sdk.lifecycle import effects, inputs
from livechat_sdk.lifecycle.effects import Action, BaseAction
from tests.domain.values import all_models, values_of

MODULES: tuple[ModuleType, ...] = (
    *(base, capabilities, chats, ends, handoff, messages, outgoing, people, tickets),
    *(effects, inputs),
)
MODELS = all_models(*MODULES)
EACH = pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
UNIONS: dict[str, tuple[Any, type[Model]]] = {
    "ProviderEvent": (ProviderEvent, EventEnvelope),
    "Outgoing": (Outgoing, OutgoingBase),
    "Action": (Action, BaseAction),
}
quick = settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def members(common: type[Model]) -> list[type[Model]]:
    """The models of a union told apart by ``kind``."""
    return [one for one in MODELS if issubclass(one, common) and "kind" in one.model_fields]


def carries_secrets(value: Model) -> bool:
    """Whether a chat is in it: secrets are stars in JSON, on purpose."""
    return isinstance(value, Chat) or isinstance(getattr(value, "chat", None), Chat)


def test_every_module_of_the_vocabulary_has_models() -> None:
    for module in MODULES:
        if module is not base:
            assert all_models(module), module.__name__
    assert len(MODELS) > 70


@EACH
@given(data=st.data())
@quick
def test_model_survives_json(model: type[Model], data: st.DataObject) -> None:
    value = data.draw(values_of(model))
    text = value.model_dump_json()
    again = model.model_validate_json(text)
    if carries_secrets(value):
        assert again.model_dump_json() == text
    else:
        assert again == value
    assert type(again) is model
    assert model.model_validate(value.model_dump()) == value


@EACH
@given(data=st.data())
@settings(quick, max_examples=1)
def test_model_cannot_be_changed_and_refuses_what_it_does_not_know(
    model: type[Model], data: st.DataObject
) -> None:
    value = data.draw(values_of(model))
    for name in model.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, name, getattr(value, name))
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        model.model_validate({**value.model_dump(), "unheard_of": 1})


@EACH
def test_error_of_a_model_does_not_repeat_its_input(model: type[Model]) -> None:
    """Errors are logged and answered: what was wrong may be somebody's words or password."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"unheard_of": "s3cret-canary"})
    assert "s3cret-canary" not in str(caught.value)


@EACH
def test_fields_have_names_that_survive_as_json_keys(model: type[Model]) -> None:
    for name in model.model_fields:
        assert name == name.lower()
        assert not name.startswith("_")


# -------------------------------------------------------------------- unions told apart by their kind
@pytest.mark.parametrize("name", UNIONS)
@given(data=st.data())
@settings(quick, max_examples=30)
def test_union_survives_json(name: str, data: st.DataObject) -> None:
    union, common = UNIONS[name]
    value = data.draw(st.sampled_from(members(common)).flatmap(values_of))
    adapter: TypeAdapter[Any] = TypeAdapter(union)
    again = adapter.validate_json(adapter.dump_json(value))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("name", UNIONS)
def test_kinds_of_a_union_are_one_of_a_kind(name: str) -> None:
    kinds = [one.model_fields["kind"].default for one in members(UNIONS[name][1])]
    assert len(kinds) == len(set(kinds)) == len(get_args(get_args(UNIONS[name][0])[0]))


@pytest.mark.parametrize("name", UNIONS)
@pytest.mark.parametrize("kind", ["unheard_of", "", None])
def test_union_refuses_a_kind_that_it_does_not_know(name: str, kind: str | None) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(UNIONS[name][0])
    with pytest.raises(ValidationError, match="kind"):
        adapter.validate_python({"kind": kind})
