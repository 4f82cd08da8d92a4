"""The dispatcher's files without a dispatcher: for tests of the desk that put files into a conversation."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field

from livechat_sdk.domain.messages import FILE_SCHEME, Attachment
from livechat_sdk.errors import FileMissing, FileRefused, FilesUnavailable
from livechat_sdk.files.kinds import DEFAULT_KINDS, HEAD, judge_kind, media_type_of
from livechat_sdk.files.names import clean_name
from livechat_sdk.files.rows import file_id_of
from livechat_sdk.provider.files import OpenedFile

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"


@dataclass
class KeptFiles:
    """Keeps bytes in memory, under the rules of the real ones. ``down``: nothing can be kept now.

    ``links`` is where what is lent can be read; without it nothing is lent.
    """

    max_size: int = 1000
    down: bool = False
    links: str | None = None
    kept: dict[str, tuple[Attachment, bytes]] = field(default_factory=dict)
    apart: dict[str, list[str]] = field(default_factory=dict)

    async def open(self, attachment: Attachment) -> OpenedFile:
        if attachment.url not in self.kept:
            raise FileMissing("no such file")
        file, content = self.kept[attachment.url]
        return OpenedFile(file.name, file.media_type, len(content), _pieces(content))

    async def keep(
        self, handoff_id: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        if self.down:
            raise FilesUnavailable("the scanner did not answer")
        whole = b""
        async for piece in content:
            whole += piece
            if len(whole) > self.max_size:
                raise FileRefused("too_large", f"the file is larger than {self.max_size} bytes")
        if not whole:
            raise FileRefused("empty", "the file is empty")
        if b"EICAR" in whole:
            raise FileRefused("infected", "the scanner refused the file")
        name = clean_name(name)
        kind = judge_kind(media_type_of(media_type, name), whole[:HEAD], DEFAULT_KINDS)
        url = FILE_SCHEME + file_id_of("agent", handoff_id, name, whole.hex())
        self.kept[url] = (Attachment(url=url, name=name, media_type=kind, size=len(whole)), whole)
        return self.kept[url][0]

    async def drop(self, handoff_id: str, attachment: Attachment) -> None:
        self.kept.pop(attachment.url, None)

    @property
    def lends(self) -> bool:
        return self.links is not None

    async def keep_apart(
        self, owner: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        found = await self.keep(owner, content, name=name, media_type=media_type)
        self.apart.setdefault(owner, []).append(found.url)
        return found

    async def drop_apart(self, owner: str) -> None:
        for url in self.apart.pop(owner, ()):
            self.kept.pop(url, None)

    def lent(self, attachment: Attachment) -> Attachment | None:
        if self.links is None or attachment.url not in self.kept:
            return None
        return attachment.model_copy(update={"url": f"{self.links}/{attachment.file_id}"})


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
