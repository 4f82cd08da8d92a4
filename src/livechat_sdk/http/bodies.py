"""Reading an answer's body up to a limit, which counts what comes out of its compression.

A few kilobytes can unpack to gigabytes. zlib is told how much it may produce, so that not even one step makes
more than the limit; httpx's own decoding has no such bound.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

import httpx

__all__ = ["ACCEPTED_ENCODINGS", "BodyTooLarge", "UnknownEncoding", "read_body", "read_start", "unpacked"]

ACCEPTED_ENCODINGS: Final = "gzip, deflate"
EXCERPT_BYTES: Final = 4096
"""How much of a refusal's body is read at most."""
_STEP: Final = 65_536
_ZLIB_HEADER: Final = 2


class BodyTooLarge(Exception):
    """The body is larger than the limit. ``start`` is what was read until then."""

    def __init__(self, start: bytes = b"") -> None:
        self.start = start
        super().__init__()


class UnknownEncoding(Exception):
    """The body is packed in a way that was not asked for, or what is packed is damaged."""


async def read_body(response: httpx.Response, limit: int) -> bytes:
    """The whole body. Raises ``BodyTooLarge``, ``UnknownEncoding`` and httpx's errors."""
    body = bytearray()
    async for chunk in unpacked(response):
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(bytes(body[:limit]))
    return bytes(body)


async def read_start(response: httpx.Response, limit: int = EXCERPT_BYTES) -> tuple[bytes, bool]:
    """The beginning of a body that is only quoted, and whether it goes on. Raises as ``read_body`` does."""
    try:
        return await read_body(response, limit), False
    except BodyTooLarge as too_large:
        return too_large.start, True


async def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body piece by piece, no piece much larger than 64 KB. Raises ``UnknownEncoding``."""
    if response.is_stream_consumed:  # a transport of tests, which made the answer from bytes
        content = response.content
        for start in range(0, len(content), _STEP):
            yield content[start : start + _STEP]
        return
    named = response.headers.get("content-encoding", "").lower().replace(" ", "")
    match named:
        case "" | "identity":
            async for chunk in response.aiter_raw():
                yield chunk
        case "gzip" | "x-gzip" | "deflate":
            async for chunk in _inflated(response, raw_allowed=named == "deflate"):
                yield chunk
        case _:
            raise UnknownEncoding(f"content-encoding {named[:40]!r}")


async def _inflated(response: httpx.Response, *, raw_allowed: bool) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as the first bytes say
    first = True
    try:
        async for chunk in response.aiter_raw():
            if first and raw_allowed and not _has_zlib_header(chunk):
                unpacker = zlib.decompressobj(
                    -zlib.MAX_WBITS
                )  # "deflate" without its header, as some servers send it
            first = False
            left = chunk
            while left and not unpacker.eof:
                piece = unpacker.decompress(left, _STEP)
                left = unpacker.unconsumed_tail
                if piece:
                    yield piece
        # What zlib has not given out yet, when a piece ended exactly at the step.
        while not unpacker.eof:
            piece = unpacker.decompress(unpacker.unconsumed_tail, _STEP)
            if not piece:
                break
            yield piece
    except zlib.error:
        raise UnknownEncoding("the packed body is damaged") from None
    if not first and not unpacker.eof:
        raise UnknownEncoding("the packed body ends too early")


def _has_zlib_header(chunk: bytes) -> bool:
    if len(chunk) < _ZLIB_HEADER:
        return True  # nothing to tell by
    return chunk[0] & 0x0F == zlib.DEFLATED and int.from_bytes(chunk[:_ZLIB_HEADER], "big") % 31 == 0
