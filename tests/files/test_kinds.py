"""Which files are accepted: by their claim, and by what they are."""

from __future__ import annotations

import pytest

from livechat_sdk.errors import FileRefused
from livechat_sdk.files.kinds import DEFAULT_KINDS, judge_kind, media_type_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
PDF = b"%PDF-1.7\n"
ZIP = b"PK\x03\x04" + bytes(20)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(8)
HTML = b"\n <!DOCTYPE html><html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("claimed", "head", "kept"),
    [
        ("image/png", PNG, "image/png"),
        ("image/png", JPEG, "image/jpeg"),  # a picture of another kind is called by its right name
        ("image/webp", WEBP, "image/webp"),
        ("application/octet-stream", PNG, "image/png"),
        ("application/pdf", PDF, "application/pdf"),
        (DOCX, ZIP, DOCX),
        ("application/vnd.ms-excel", OLE, "application/vnd.ms-excel"),
        ("video/mp4", MP4, "video/mp4"),
        ("audio/mp4", MP4, "audio/mp4"),
        ("audio/webm", b"\x1aE\xdf\xa3" + bytes(20), "audio/webm"),
        ("text/plain", b"MZ is what this text begins with", "text/plain"),
        ("text/plain", "γεια σου".encode(), "text/plain"),
        ("text/csv", b"a,b\n1,<html>\n", "text/csv"),
    ],
)
def test_a_file_is_kept_as_what_it_is(claimed: str, head: bytes, kept: str) -> None:
    assert judge_kind(claimed, head, DEFAULT_KINDS) == kept


@pytest.mark.parametrize(
    ("claimed", "head"),
    [
        ("image/png", HTML),
        ("text/plain", HTML),
        ("text/plain", b"\xef\xbb\xbf" + HTML),
        ("text/plain", b"\xff\xfe" + HTML.decode().encode("utf-16-le")),
        ("image/svg+xml", SVG),  # a browser would run it, so image/* does not let it in
        ("image/png", SVG),
        ("text/html", HTML),
        ("application/pdf", HTML),
        ("image/png", b"not a picture at all"),
        ("application/pdf", b"nor is this a document"),
        ("image/png", PDF),
        ("text/plain", PDF),
        ("application/pdf", ZIP),
        ("image/png", ZIP),
        ("application/zip", b"MZ\x90\x00" + bytes(20)),
        ("image/png", b"\x7fELF\x02\x01\x01" + bytes(20)),
        ("text/plain", b"#!/bin/sh\nrm -rf /"),
        ("application/x-msdownload", b"MZ\x90\x00" + bytes(20)),
        ("application/octet-stream", b"\x01\x02\x03 who knows"),
        ("application/javascript", b"alert(1)"),
    ],
)
def test_lies_programs_and_what_a_browser_runs_are_refused(claimed: str, head: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        judge_kind(claimed, head, DEFAULT_KINDS)
    assert refused.value.why == "kind"


def test_settings_may_name_what_is_refused_otherwise() -> None:
    assert judge_kind("image/svg+xml", SVG, ("image/svg+xml",)) == "image/svg+xml"
    assert judge_kind("application/dicom", b"\x01\x02", ("application/dicom",)) == "application/dicom"
    with pytest.raises(FileRefused):
        judge_kind("image/png", PNG, ("application/pdf",))
    with pytest.raises(FileRefused):
        judge_kind("text/html", HTML, ("*/*",))


@pytest.mark.parametrize(
    ("claimed", "name", "kind"),
    [
        ("Image/PNG; charset=binary", "x", "image/png"),
        ("image/jpg", "x", "image/jpeg"),
        (None, "notes.txt", "text/plain"),
        ("", "invoice.pdf", "application/pdf"),
        ("application/octet-stream", "photo.png", "image/png"),
        (None, "nobody knows", "application/octet-stream"),
    ],
)
def test_the_claim_is_read_or_made_up_from_the_name(claimed: str | None, name: str, kind: str) -> None:
    assert media_type_of(claimed, name) == kind


@pytest.mark.parametrize("claimed", ["image", "a/b/c", "text/plain\r\nx: y", "ελληνικά/type", "/", "x" * 400])
def test_what_is_no_media_type_is_refused(claimed: str) -> None:
    with pytest.raises(FileRefused):
        media_type_of(claimed, "x")
