"""Makes HTML of the pages with Sphinx and MyST, which reads Markdown as code hosts do."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.site.checking import check
from tools.site.pages import copy_pages

__all__ = ["build"]

CONFIGURATION: Final = {
    "project": "livechat-sdk",
    "extensions": "myst_parser",
    "root_doc": "index",
    "html_theme": "furo",
    "html_title": "livechat-sdk",
    "html_copy_source": "0",
    "html_show_sphinx": "0",
    "html_use_index": "0",
    "myst_heading_anchors": "6",
}


def build(root: Path, site: Path) -> list[str]:
    """Build the site of the repository at ``root`` into ``site``; the result is a line for each problem.

    A site that was there is replaced, also by one with problems. Nothing is asked of the network.
    """
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "pages")
        problems = copy_pages(root, source)
        problems += _sphinx(source, site, Path(scratch, "doctrees"))
    return problems + check(site)


def _sphinx(source: Path, site: Path, scratch: Path) -> list[str]:
    """Run Sphinx without a file of settings; a process of its own keeps its state out of ours."""
    values = [f"-D{name}={value}" for name, value in CONFIGURATION.items()]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--quiet", "--no-color", "--nitpicky", "--fail-on-warning"),
            *("--isolated", "--builder", "html", *values),
            *("--doctree-dir", str(scratch), str(source), str(site)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.replace(f"{source}/", "") for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0 and not said:
        said = [f"sphinx ended with exit code {done.returncode} and said nothing"]
    return said
