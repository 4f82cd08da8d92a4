"""Bodies other than JSON: forms, and multipart uploads."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final, cast
from urllib.parse import parse_qsl

__all__ = ["Part", "form_fields", "multipart_parts"]

_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body. ``filename`` is empty for a plain field."""

    name: str
    filename: str
    media_type: str
    content: bytes


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of an ``application/x-www-form-urlencoded`` body. Raises ``ValueError`` for any other."""
    pairs = parse_qsl(
        body.decode("utf-8"),
        keep_blank_values=True,
        strict_parsing=bool(body),
        errors="strict",
        max_num_fields=_FIELDS,
    )
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice in the form")
    return fields


def multipart_parts(body: bytes, content_type: str) -> list[Part]:
    """The parts of a ``multipart/form-data`` body, in order. Raises ``ValueError`` for anything else."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise ValueError("no multipart/form-data with a boundary")
    if message.defects or f"--{boundary}--".encode() not in body:
        raise ValueError("the multipart body is incomplete")
    payload: Any = message.get_payload()
    if not isinstance(payload, list):
        raise ValueError("the multipart body has no parts")
    parts = cast("list[Message[str, str]]", payload)
    if len(parts) > _FIELDS:
        raise ValueError("the multipart body has far too many parts")
    return [_part(part) for part in parts]


def _part(part: Message[str, str]) -> Part:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise ValueError("a part of the multipart body has no name")
    content = part.get_payload(decode=True)
    return Part(
        name,
        part.get_filename() or "",
        part.get_content_type(),
        content if isinstance(content, bytes) else b"",
    )
