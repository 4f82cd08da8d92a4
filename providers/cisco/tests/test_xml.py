"""XML from outside: read within limits, whatever it is."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_cisco.xml import NotXml, document, element, read_xml

BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><chatEvents>&i;</chatEvents>"
)
QUADRATIC = f'<!DOCTYPE q [<!ENTITY a "{"x" * 50_000}">]><q>{"&a;" * 50_000}</q>'


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB.encode(),
        QUADRATIC.encode(),
        b'<!DOCTYPE c [<!ENTITY f SYSTEM "file:///etc/passwd">]><c>&f;</c>',
        b'<!DOCTYPE c SYSTEM "http://evil.example/c.dtd"><c/>',
        b'<!DOCTYPE c [<!ENTITY % p SYSTEM "http://evil.example/p"> %p;]><c/>',
        b"<!DOCTYPE html><html/>",
        b"<a>" * 100_000,
        b"<a>" * 30 + b"</a>" * 30,
        b"<c>" + b"<a/>" * 30_000 + b"</c>",
        b"",
        b"   ",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"hello",
        b'{"id": 1}',
        b"\x00\x01\x02",
        b"\xff\xfe<a/>",
        b"<a>\xff\xfe</a>",
        b"<a>&undefined;</a>",
        b"<a>&#0;</a>",
        b'<?xml version="1.0" encoding="x-nothing"?><a/>',
        b'<?xml version="1.0" encoding="shift_jis"?><a/>',
    ],
    ids=lambda one: one[:20].decode("latin-1"),
)
def test_what_is_hostile_or_no_xml_is_refused_at_once_and_in_little_memory(hostile: bytes) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(NotXml):
            read_xml(hostile)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 5
    assert peak < 30_000_000


def test_an_error_does_not_quote_the_document() -> None:
    with pytest.raises(NotXml) as caught:
        read_xml(b"<a>JSESSIONID=very-secret</b>")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("root", ["chatEvents", "ChatEvents", "CHATEVENTS", "x:chatEvents"])
def test_names_are_found_whatever_their_case(root: str) -> None:
    found = read_xml(
        f"<{root}><MESSAGEEVENT><Id> 7 </Id></MESSAGEEVENT></{root}>".replace("<x:", "<")
        .replace("</x:", "</")
        .encode()
    )
    assert found.kind == "chatevents"
    assert found.value("MessageEvent", "id") == "7"
    assert found.value("MessageEvent", "from") == ""
    assert found.find("nothing", "id") is None


def test_name_spaces_and_attributes_are_looked_over() -> None:
    found = read_xml(b'<n:a xmlns:n="urn:x" n:y="1"><n:id>7</n:id></n:a>')
    assert (found.name, found.value("id")) == ("a", "7")


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("<a>λόγος</a>".encode(), None),
        ("<a>λόγος</a>".encode("utf-16"), None),
        ("<a>λόγος</a>".encode(), '"UTF-8"'),
        ('<?xml version="1.0" encoding="iso-8859-7"?><a>λόγος</a>'.encode("iso-8859-7"), None),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a>λόγος</a>'.encode(), "utf-8"),
    ],
)
def test_encodings_are_read_and_what_came_beside_goes_first(content: bytes, charset: str | None) -> None:
    assert read_xml(content, charset).text == "λόγος"


@pytest.mark.parametrize("charset", ["utf-7", "idna", "rot13", "hex", "unicode_escape", "x" * 1000])
def test_an_encoding_beside_it_that_is_not_known_is_refused(charset: str) -> None:
    with pytest.raises(NotXml):
        read_xml(b"<a/>", charset)


def test_a_charset_that_is_wrong_is_no_crash() -> None:
    with pytest.raises(NotXml):
        read_xml(b"<a>\xff</a>", "utf-8")
    assert read_xml("<a>é</a>".encode(), "iso-8859-1").text == "Ã©"


def test_a_document_is_kept_as_plain_values() -> None:
    found = read_xml(b"<e><id>1</id><x/><y>a</y><y>b</y><y>c</y><z><q>1</q></z></e>")
    assert found.plain() == {"id": "1", "x": "", "y": ["a", "b", "c"], "z": {"q": "1"}}


@given(st.text())
def test_whatever_is_written_can_be_read_again(text: str) -> None:
    found = read_xml(document("Message", ("body", text), element("x", text)))
    allowed = ("\t\n\r", " \ud7ff", "\ue000\ufffd", "\U00010000\U0010ffff")
    ranges = [range(ord(pair[0]), ord(pair[-1]) + 1) for pair in allowed[1:]]
    wanted = "".join(c for c in text if c in allowed[0] or any(ord(c) in one for one in ranges))
    wanted = wanted.replace("\r\n", "\n").replace("\r", "\n")  # as XML has it
    assert [one.text for one in found.children] == [wanted, wanted]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for whole in (content, b"<a>" + content + b"</a>"):
        with suppress(NotXml):
            read_xml(whole).plain()
