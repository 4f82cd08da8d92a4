from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.messages import Message
from livechat_sdk.errors import InvalidInput, StoreError
from livechat_sdk.ledger import documents
from livechat_sdk.lifecycle.effects import Decide
from tests.ledger.builders import a_handoff, an_event

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def test_a_document_has_its_schema_number_in_front() -> None:
    assert documents.dump(Decide()) == '{"v":1,"d":{"kind":"decide"}}'
    assert documents.load_action('{"v":1,"d":{"kind":"decide"}}') == Decide()


def test_a_document_that_another_tool_formatted_is_read_too() -> None:
    assert documents.load_action('{ "v" : 1, "d": {"kind": "decide"} } ') == Decide()


def test_a_handoff_is_stored_apart_from_its_request() -> None:
    handoff = a_handoff(held=("m1",))

    document = documents.dump_handoff(handoff)

    assert "shop-bot" not in document
    assert documents.load_handoff(document, documents.dump(handoff.request)) == handoff


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=5), st.text())
def test_any_content_comes_back_as_it_was(metadata: dict[str, Any], body: str) -> None:
    message = Message(key="m", body=body, metadata=metadata)

    assert documents.load(Message, documents.dump(message)) == message
    assert documents.load_mapping(documents.dump_mapping(metadata)) == metadata


@pytest.mark.parametrize(
    "document", ["", "{}", "[]", "null", '{"kind":"decide"}', '{"v":"1","d":{}}', '{"d":1}']
)
def test_what_has_no_schema_number_is_refused(document: str) -> None:
    with pytest.raises(StoreError, match="no schema number"):
        documents.unpack(document)


@pytest.mark.parametrize("document", ['{"v":2,"d":{}}', '{"v": 10, "d": {}}'])
def test_a_newer_schema_number_is_refused(document: str) -> None:
    with pytest.raises(StoreError, match="newer one"):
        documents.unpack(document)


@pytest.mark.parametrize("inner", ["", "nonsense", "{}", '{"kind":"unknown"}', '{"kind":"decide","more":1}'])
def test_a_broken_document_is_refused(inner: str) -> None:
    document = f'{{"v":1,"d":{inner}}}'
    with pytest.raises(StoreError, match="Action cannot be read"):
        documents.load_action(document)
    with pytest.raises(StoreError, match="ProviderEvent cannot be read"):
        documents.load_event(document)
    with pytest.raises(StoreError, match="Handoff cannot be read"):
        documents.load_handoff(document, documents.dump(a_handoff().request))


@pytest.mark.parametrize("inner", ["", "1", "[]", "null", "{"])
def test_a_broken_mapping_is_refused(inner: str) -> None:
    with pytest.raises(StoreError, match="not a JSON object"):
        documents.load_mapping(f'{{"v":1,"d":{inner}}}')


def test_an_event_comes_back_as_it_was() -> None:
    assert documents.load_event(documents.dump(an_event())) == an_event()


def test_what_json_cannot_carry_is_the_callers_error() -> None:
    with pytest.raises(InvalidInput, match="Message cannot be stored"):
        documents.dump(Message(key="m", metadata={"x": object()}))
    with pytest.raises(InvalidInput):
        documents.dump(Message(key="m", metadata={"x": "\ud800"}))


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(levels):
        document = {"a": document}
    return document


@pytest.mark.parametrize("levels", [1, 140, 180, 192])
def test_what_is_written_can_be_read_however_deeply_it_is_nested(levels: int) -> None:
    handoff = a_handoff()
    request = handoff.request.model_copy(update={"attributes": nested(levels)})
    document = documents.dump(request)
    assert documents.load_handoff(documents.dump_handoff(handoff), document).request == request


@pytest.mark.parametrize("levels", [199, 205, 250])
def test_what_is_nested_too_deeply_to_be_read_is_not_written(levels: int) -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        documents.dump(Message(key="m", metadata=nested(levels)))
