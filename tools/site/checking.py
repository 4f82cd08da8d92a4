"""Reads the pages that were made: every link and anchor leads somewhere, nothing comes from another host.

It knows nothing of how they were made, so that it finds what the generator let through: addresses in HTML
that somebody wrote by hand, and files that were not copied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["check"]

_LOADS = frozenset({"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"})


@dataclass
class _Read:
    """What one page has: names that can be linked to, links with their lines, and what it loads."""

    names: set[str] = field(default_factory=set[str])
    links: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    loads: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = _Read()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found.names |= {values[name] for name in ("id", "name") if values.get(name)}
        line = self.getpos()[0]
        if tag == "a" and "href" in values:
            self.found.links.append((line, values["href"]))
        elif tag == "link" and _LOADS & set(values.get("rel", "").split()):
            self.found.loads.append((line, values.get("href", "")))
        if "src" in values:
            self.found.loads.append((line, values["src"]))


def _read(page: Path) -> _Read:
    reader = _Reader()
    reader.feed(page.read_text("utf-8"))
    reader.close()
    return reader.found


def check(site: Path) -> list[str]:
    """What is wrong with the pages below ``site``, a line for each; other hosts are never asked."""
    pages = {path.resolve(): _read(path) for path in sorted(site.rglob("*.html"))}
    problems: list[str] = []
    for path, found in pages.items():
        where = path.relative_to(site.resolve())
        for line, address in found.loads:
            parts = urlsplit(address)
            if parts.netloc:
                problems.append(f"{where}:{line}: loads {address} from another host")
            elif parts.scheme != "data" and not (path.parent / unquote(parts.path)).is_file():
                problems.append(f"{where}:{line}: loads {address}, which is not there")
        for line, address in found.links:
            parts = urlsplit(address)
            if parts.netloc or parts.scheme == "mailto":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if parts.scheme or not target.is_file():
                problems.append(f"{where}:{line}: links to {address}, which is not there")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                problems.append(f"{where}:{line}: links to {address}, and that page has no such place")
    return problems
