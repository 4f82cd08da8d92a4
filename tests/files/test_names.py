"""What others call a file never becomes a path, and never lies about its ending."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from livechat_sdk.files.names import clean_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.png", "photo.png"),
        ("photo\x00.png\r\nSet-Cookie: a", "photo.pngSet-Cookie_ a"),
        ("exe\u202egpj.exe", "exegpj.exe"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ("  .hidden. ", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("a/", "file"),
        ("con.txt", "_con.txt"),
        ('<b>"x"|?*.txt', "_b__x____.txt"),
        ("φωτογραφία.jpg", "φωτογραφία.jpg"),
        ("cafe\u0301.txt", "café.txt"),
        ("many   spaces\t.txt", "many spaces.txt"),
    ],
)
def test_a_name_is_cleaned(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("x" * 500 + ".pdf") == "x" * 116 + ".pdf"
    assert clean_name("字" * 300 + ".pdf").endswith("字.pdf")


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder_or_carries_control_characters(text: str) -> None:
    name = clean_name(text)
    assert name
    assert len(name.encode()) <= 240
    assert name not in {".", ".."}
    assert not set(name) & set('/\\\x00\r\n"<>:|?*\u202e\u2066')
    assert clean_name(name) == name, "cleaning again changes nothing"
