"""What a plugin gets shares nothing with the original that can be written to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from livechat_sdk.domain.base import Model
from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import EndUser
from livechat_sdk.hooks.copies import detached
from tests.hooks.samples import DRAFT, HANDOFF, REQUEST, ROUTE, TICKET, USER, contact


def _writable(value: object) -> Iterator[int]:
    """Ids of everything inside ``value`` that can be written to."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _writable(getattr(value, name))
    elif isinstance(value, dict):
        yield id(value)
        for item in value.values():
            yield from _writable(item)
    elif isinstance(value, list | set):
        yield id(value)
        for item in value:
            yield from _writable(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _writable(item)


@pytest.mark.parametrize(
    "value", [HANDOFF, REQUEST, USER, DRAFT, (HANDOFF, [USER])], ids=lambda v: type(v).__name__
)
def test_copy_is_equal_and_shares_nothing_writable(value: object) -> None:
    originals = set(_writable(value))
    assert originals, "the sample holds nothing that could be written to: the test would prove nothing"
    copied = detached(value)
    assert copied == value
    assert not originals & set(_writable(copied))


@pytest.mark.parametrize("value", [ROUTE, TICKET, contact("crm"), "text", None, 7], ids=repr)
def test_what_cannot_be_written_to_is_shared(value: object) -> None:
    assert detached(value) is value


def test_long_transcript_is_shared_not_copied() -> None:
    transcript = tuple(TranscriptEntry(author="user", body=str(number)) for number in range(100))
    request = REQUEST.model_copy(update={"transcript": transcript})
    assert detached(request).transcript is transcript


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_any_metadata_is_detached(metadata: dict[str, Any]) -> None:
    request = HandoffRequest(key="r", conversation_id="c", bot="b", user=EndUser(id="u"), metadata=metadata)
    copied = detached(request)
    assert copied == request
    assert not set(_writable(request)) & set(_writable(copied))


class Inner(Model):
    values: list[int] | None = None


class Outer(Model):
    inners: tuple[Inner, ...] = ()
    anything: Any = None


def test_fields_deep_inside_and_of_any_type_are_found() -> None:
    value = Outer(inners=(Inner(values=[1]), Inner()), anything={"a": [1]})
    copied = detached(value)
    assert copied == value
    assert not set(_writable(value)) & set(_writable(copied))
