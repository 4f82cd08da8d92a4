"""Which kinds of files are accepted, and whether a file is what it claims to be.

The first bytes tell what a program would take a file for. A claim that contradicts them is a lie or a
mistake: a picture of another kind is called by its right name, everything else is refused. What a browser
would run is refused whatever the settings allow, unless they name it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from livechat_sdk.errors import FileRefused

__all__ = ["DEFAULT_KINDS", "HEAD", "judge_kind", "media_type_of"]

HEAD: Final = 1024
"""How many of the first bytes are looked at."""

DEFAULT_KINDS: Final = (
    *("image/*", "audio/*", "video/*", "text/plain", "text/csv", "application/pdf", "application/zip"),
    *("application/json", "application/rtf", "application/msword", "application/vnd.ms-*"),
    *("application/vnd.openxmlformats-officedocument.*", "application/vnd.oasis.opendocument.*"),
)
"""What people send to a support team."""

_ACTIVE: Final = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml")
_PROGRAM: Final = "application/x-executable"
_UNKNOWN: Final = "application/octet-stream"
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
_SIGNS: Final[Sequence[tuple[bytes, str]]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"MZ", _PROGRAM),
    (b"\x7fELF", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xce\xfa\xed\xfe", _PROGRAM),
    (b"#!", _PROGRAM),
)
_MARKUP: Final = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg|object|embed|form|meta|\?xml|!doctype\s+svg)",
    re.IGNORECASE,
)
_CHECKED: Final = frozenset({sign[1] for sign in _SIGNS} - {_PROGRAM, "application/msword", "audio/mpeg"})
"""Types of which every file begins with one of the signs above, or with those of ``_container``."""
_MEDIA: Final = ("image", "video")
_MAY_BE: Final[dict[str, tuple[str, ...]]] = {
    "video/webm": ("audio/webm", "video/x-matroska"),
    "video/mp4": ("audio/mp4", "video/quicktime", "audio/x-m4a"),
    "audio/ogg": ("video/ogg", "application/ogg"),
}
"""What has the same first bytes as another kind."""
_WRAPPED: Final[dict[str, tuple[str, ...]]] = {
    "application/zip": (
        "application/vnd.openxmlformats-officedocument.",
        "application/vnd.oasis.opendocument.",
        "application/vnd.ms-",
    ),
    "application/msword": ("application/vnd.ms-",),
}
"""Kinds of documents that are kept in another format."""


def media_type_of(claimed: str | None, name: str) -> str:
    """The media type that a file claims to have, in lower case and without parameters.

    A missing or empty claim is made up from the name. Raises ``FileRefused`` for what is no media type.
    """
    kind = (claimed or "").partition(";")[0].strip().lower()
    if kind in {"", _UNKNOWN, "binary/octet-stream"}:
        import mimetypes  # reads the tables of the machine

        kind = mimetypes.guess_type(name)[0] or _UNKNOWN
    if not _TYPE.fullmatch(kind):
        raise FileRefused("kind", "the media type of the file cannot be read")
    return "image/jpeg" if kind == "image/jpg" else kind


def judge_kind(claimed: str, head: bytes, allowed: Sequence[str]) -> str:
    """The media type under which a file with these first bytes is kept. Raises ``FileRefused``."""
    found = _sniffed(head)
    kind = _agreed(claimed, found)
    listed = kind in allowed
    if kind in _ACTIVE and not listed:
        raise FileRefused("kind", f"a file of the kind {kind} is not accepted: a browser would run it")
    if not listed and not any(fnmatchcase(kind, pattern.lower()) for pattern in allowed):
        raise FileRefused("kind", f"a file of the kind {kind} is not accepted")
    return kind


def _agreed(claimed: str, found: str | None) -> str:
    """What claim and content agree on. Raises ``FileRefused`` when they do not."""
    if found == _PROGRAM:
        raise FileRefused("kind", "the file is a program")
    if found is None:
        if claimed in _CHECKED:
            raise FileRefused("kind", f"the file claims to be {claimed} and is not")
        return claimed
    if claimed in (found, *_MAY_BE.get(found, ())) or (found in _ACTIVE and claimed in _ACTIVE):
        return claimed
    if found in _ACTIVE:
        raise FileRefused("kind", f"the file is markup that a browser would run, and claims to be {claimed}")
    if claimed == _UNKNOWN or (_family(claimed) == _family(found) and _family(found) in _MEDIA):
        return found
    if claimed.startswith(_WRAPPED.get(found, ("?",))):
        return claimed
    raise FileRefused("kind", f"the file is {found}, and claims to be {claimed}")


def _family(kind: str) -> str:
    family = kind.partition("/")[0]
    return "video" if family == "audio" else family  # one container holds both


def _sniffed(head: bytes) -> str | None:
    """What the first bytes say; ``None`` when they say nothing."""
    container = _container(head)
    if container is not None:
        return container
    for sign, kind in _SIGNS:
        if head.startswith(sign):
            # Two letters that a text may begin with prove nothing alone.
            if sign in {b"BM", b"MZ"} and _is_text(head):
                continue
            return kind
    text = head.replace(b"\x00", b"") if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head
    if _MARKUP.match(text.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x0c")) is None:
        return None
    return "image/svg+xml" if b"<svg" in text.lower() else "text/html"


def _container(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in {b"heic", b"heix", b"mif1"}:
            return "image/heic"
        if brand == b"avif":
            return "image/avif"
        return "audio/mp4" if brand == b"M4A " else "video/mp4"
    return None


def _is_text(head: bytes) -> bool:
    return not any(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)  # noqa: PLR2004
