"""The calls without an event loop are the same calls: nothing can be added to one side alone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from livechat_sdk import Dispatcher, sync

METHODS = {
    name
    for name, member in inspect.getmembers(Dispatcher)
    if not name.startswith("_") and (inspect.isfunction(member) or inspect.ismethod(member))
}


def shape(function: Callable[..., Any]) -> tuple[list[tuple[str, Any, Any, str]], str]:
    """Parameters and what is returned, as written; where asynchronous and plain must differ, the same."""
    signature = inspect.signature(function)
    parameters = [
        (one.name, one.kind, one.default, str(one.annotation).replace("Channel | PlainChannel", "Channel"))
        for one in signature.parameters.values()
    ]
    return parameters, re.sub(r"^Async(?=Iterator\[)", "", str(signature.return_annotation))


def test_every_call_is_there_and_no_other() -> None:
    here = {name for name, member in inspect.getmembers(sync.Dispatcher) if not name.startswith("_")}
    assert here == METHODS
    assert {"request", "user_message", "watch", "from_file", "metrics", "bot_may_send"} <= METHODS


@pytest.mark.parametrize("name", [*sorted(METHODS), "__init__"])
def test_call_takes_and_returns_the_same(name: str) -> None:
    assert shape(getattr(sync.Dispatcher, name)) == shape(getattr(Dispatcher, name))


@pytest.mark.parametrize("name", sorted(METHODS - {"from_file"}))
def test_call_is_a_plain_function_with_the_words_of_the_other(name: str) -> None:
    plain = getattr(sync.Dispatcher, name)
    assert not inspect.iscoroutinefunction(plain)
    first = inspect.getdoc(getattr(Dispatcher, name))
    assert first is not None
    assert (inspect.getdoc(plain) or "").startswith(first.splitlines()[0].removesuffix("."))
