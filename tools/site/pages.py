"""Which pages the site has, in which section, and where their links lead.

READMEs and other pages that live beside the code are part of the site too, each under the name that
``PUBLISHED`` gives it. All pages are written with links that work in the repository; in the copies that are
made here they lead to the page of the site. The navigation is made from the pages that there are, so that
none can be forgotten.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tools.site.interface import with_interface

__all__ = ["PUBLISHED", "SECTIONS", "copy_pages", "navigation", "published", "relinked"]

PUBLISHED: Final = (
    ("README.md", "index.md"),
    ("docs/**/*.md", ""),
    ("docs/architecture.md", "explanation/architecture.md"),
    ("docs/dependencies.md", "project/dependencies.md"),
    ("providers/*/README.md", "vendors/{folder}.md"),
    ("contrib/*/README.md", "reference/{folder}.md"),
    ("examples/workflow.py", "reference/workflow-example.md"),
    ("examples/*/README.md", "reference/{folder}.md"),
    ("CONTRIBUTING.md", "project/contributing.md"),
    ("SECURITY.md", "project/security.md"),
    ("changelog.d/README.md", "project/changelog-fragments.md"),
)
"""Files of the repository, and their place in the site; ``{folder}`` is the name of the file's folder. What
lies in ``docs`` has the same place in the site, unless a later line gives it another."""

SECTIONS: Final = (
    ("Tutorial", "tutorial"),
    ("How to", "how-to"),
    ("Vendors", "vendors"),
    ("Reference", "reference"),
    ("Programming interface", "reference/api"),
    ("Explanation", "explanation"),
    ("Project", "project"),
)
"""The title of each section, and the folder whose pages it lists in the order of their names."""

_FENCE = re.compile(r"^ *(`{3,}|~{3,})")
_LINK = re.compile(r"\]\((?P<target>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")


def published(root: Path) -> dict[str, str]:
    """The place in the site of each page of the repository, both as paths with slashes.

    Raises ``ValueError`` for a page in a folder of ``docs`` that no section lists.
    """
    folders = {"", *(folder for _, folder in SECTIONS)}
    found: dict[str, str] = {}
    for pattern, place in PUBLISHED:
        for path in sorted(root.glob(pattern)):
            source = path.relative_to(root).as_posix()
            found[source] = place.format(folder=path.parent.name) or source.removeprefix("docs/")
            if posixpath.dirname(found[source]) not in folders:
                raise ValueError(
                    f"{source}: no section lists its folder; add it to SECTIONS in tools/site/pages.py"
                )
    return found


def navigation(places: Iterable[str]) -> str:
    """The contents of the site, for the end of its start page: each section with its pages."""
    text = ""
    for title, folder in SECTIONS:
        pages = [
            place for place in sorted(places) if posixpath.dirname(place) == folder and place != "index.md"
        ]
        if pages:
            text += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
    return text


def relinked(text: str, source: str, places: dict[str, str]) -> tuple[str, list[str]]:
    """The text of ``source`` with links for the site, and a line for each link to what is not there."""
    here = posixpath.dirname(places[source]) or "."
    missing: list[str] = []
    lines: list[str] = []
    fence = ""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        if mark or fence:
            lines.append(line)
            continue
        rest = line
        for link in reversed(list(_LINK.finditer(line))):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["target"]))
            if target in places:
                new = f"]({posixpath.relpath(places[target], here)}{link['anchor'] or ''})"
                rest = rest[: link.start()] + new + rest[link.end() :]
            else:
                missing.append(f"{source}:{number}: {link['target']} is no page of the site")
        lines.append(rest)
    return "".join(lines), missing


def copy_pages(root: Path, folder: Path) -> list[str]:
    """Write every page into ``folder``, under its place in the site; a line of the result is a bad link."""
    places = published(root)
    problems: list[str] = []
    for source, place in places.items():
        text = (root / source).read_text("utf-8")
        if source.endswith(".md"):
            text, missing = relinked(text, source, places)
            problems += missing
            text = with_interface(text)
        else:
            text = f"# {Path(source).stem.capitalize()}: an example\n\n```python\n{text}```\n"
        if place == "index.md":
            text += navigation(places.values())
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return problems
