"""Attachments: where their bytes are, which are accepted, by which links they can be read.

Rows in the ledger's database say whose a file is, so that it is erased with its handoff; the bytes are in a
folder, under names that nobody chose. Links are signed and expire; references (``livechat-file:…``) do not,
and mean nothing outside.

Names are loaded when they are used: settings name kinds of files, and need none of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.files.blobs import Blobs, Draft
    from livechat_sdk.files.folder import FolderBlobs
    from livechat_sdk.files.limits import FileLimits
    from livechat_sdk.files.links import Links, LinkTrouble
    from livechat_sdk.files.room import Files, Missing, ReadLink, one_piece
    from livechat_sdk.files.rows import StoredFile
    from livechat_sdk.files.scanning import FileScanner, FileToScan

__all__ = [
    "Blobs",
    "Draft",
    "FileLimits",
    "FileScanner",
    "FileToScan",
    "Files",
    "FolderBlobs",
    "LinkTrouble",
    "Links",
    "Missing",
    "ReadLink",
    "StoredFile",
    "one_piece",
]

_HOMES = {
    "files.blobs": ("Blobs", "Draft"),
    "files.folder": ("FolderBlobs",),
    "files.limits": ("FileLimits",),
    "files.links": ("Links", "LinkTrouble"),
    "files.room": ("Files", "Missing", "ReadLink", "one_piece"),
    "files.rows": ("StoredFile",),
    "files.scanning": ("FileScanner", "FileToScan"),
}

__getattr__ = loading_from(__name__, _HOMES)
