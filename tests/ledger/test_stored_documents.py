"""Documents that earlier releases have stored must load for ever.

``stored`` holds one document of each kind, as a release wrote it. A file is never changed: when a model
grows, files of the next release come beside them (``handoff.2.json``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger import documents
from livechat_sdk.lifecycle.effects import Action

STORED = Path(__file__).parent / "stored"
FILES = sorted(STORED.glob("*.json"))


def stored(name: str) -> str:
    """A document as it is in the database."""
    return (STORED / name).read_text("utf-8").strip()


LOADERS: dict[str, Callable[[str], BaseModel]] = {
    "action": documents.load_action,
    "event": documents.load_event,
    "handoff": lambda document: documents.load_handoff(document, stored("request.json")),
    "chat": lambda document: documents.load(Chat, document),
    "message": lambda document: documents.load(Message, document),
    "system_message": lambda document: documents.load(SystemMessage, document),
    "ticket": lambda document: documents.load(Ticket, document),
}


def kinds_of(union: Any) -> set[str]:
    """The ``kind`` of every model in a union."""
    models = get_args(get_args(union)[0])
    return {model.model_fields["kind"].default for model in models}


def assert_kept(stored: Any, loaded: Any, place: str = "") -> None:
    """Everything that was stored is in what was loaded; newer fields may have come beside it."""
    if isinstance(stored, dict):
        for name, value in stored.items():
            assert_kept(value, loaded[name], f"{place}.{name}")
    elif isinstance(stored, list):
        assert len(stored) == len(loaded), place
        for number, value in enumerate(stored):
            assert_kept(value, loaded[number], f"{place}[{number}]")
    else:
        assert stored == loaded, place


@pytest.mark.parametrize("name", [path.name for path in FILES if path.name != "request.json"])
def test_a_stored_document_loads_with_all_that_it_says(name: str) -> None:
    text = stored(name)
    loaded = LOADERS[name.partition(".")[0]](text)
    assert_kept(json.loads(text)["d"], json.loads(loaded.model_dump_json()))


def test_a_document_of_every_kind_is_kept() -> None:
    names = {path.name for path in FILES}
    assert names >= {f"action.{kind}.json" for kind in kinds_of(Action)}
    assert names >= {f"event.{kind}.json" for kind in kinds_of(ProviderEvent)}
    assert names >= {
        f"{kind}.json" for kind in ("handoff", "request", "chat", "message", "system_message", "ticket")
    }


def test_a_change_that_cannot_read_what_was_stored_would_be_noticed() -> None:
    text = stored("handoff.json").replace('"held"', '"holds"')
    with pytest.raises(Exception, match="cannot be read"):
        LOADERS["handoff"](text)
