"""The names that other people's code imports from ``livechat_sdk``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import livechat_sdk
from livechat_sdk import errors

PROMISED = {
    "Dispatcher", "LiveChatNode", "Registry", "HandoffRequest", "Handoff", "Outcome", "Message", "EndUser",
    "ChatProvider", "Capabilities", "WebhookDelivery", "ProviderEvent", "hookimpl", "LivechatError",
    "ConfigurationError", "ProviderError", "WebhookRejected",
}  # fmt: skip


def test_what_was_promised_is_there() -> None:
    assert set(livechat_sdk.__all__) >= PROMISED
    assert set(errors.__all__) <= set(livechat_sdk.__all__), "every public error"


@pytest.mark.parametrize("name", livechat_sdk.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    assert getattr(livechat_sdk, name) is not None


def test_type_checkers_see_the_same_names_as_programs() -> None:
    tree = ast.parse(Path(str(livechat_sdk.__file__)).read_text(encoding="utf-8"))
    seen = {
        alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    loaded = {name for names in livechat_sdk._HOMES.values() for name in names}
    assert seen == set(livechat_sdk.__all__) == loaded
    assert sorted(dir(livechat_sdk)) == sorted(livechat_sdk.__all__)


def test_a_name_that_is_not_there_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="Dispatchr"):
        getattr(livechat_sdk, "Dispatchr")  # noqa: B009  (the name is wrong on purpose)
