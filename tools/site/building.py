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

CONFIGURATION: Final[dict[str, object]] = {
    "project": "livechat-sdk",
    "extensions": ["myst_parser", "sphinx.ext.autodoc"],
    "root_doc": "index",
    "html_theme": "furo",
    "html_title": "livechat-sdk",
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_use_index": False,
    "html_domain_indices": False,
    "myst_heading_anchors": 6,
    "autodoc_member_order": "bysource",
    "autodoc_typehints_format": "short",
    "autodoc_class_signature": "separated",
    "python_use_unqualified_type_names": True,
    "python_maximum_signature_line_length": 90,
    "add_module_names": False,
    "toc_object_entries": False,
    # Types in signatures: those of other packages and those that are not exported are no places of this
    # site, and a name that two classes have leads to either. Links that people write are all checked.
    "nitpick_ignore_regex": [("py:.*", ".*")],
    "suppress_warnings": ["ref.python"],
}


def build(root: Path, site: Path) -> list[str]:
    """Build the site of the repository at ``root`` into ``site``; the result is a line for each problem.

    A site that was there is replaced, also by one with problems. Nothing is asked of the network.
    """
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "pages")
        problems = copy_pages(root, source)
        problems += _sphinx(source, site, Path(scratch, "sphinx"))
    return problems + check(site)


def _sphinx(source: Path, site: Path, scratch: Path) -> list[str]:
    """Run Sphinx in a process of its own, which keeps its state out of ours."""
    scratch.mkdir()
    settings = "".join(f"{name} = {value!r}\n" for name, value in CONFIGURATION.items())
    (scratch / "conf.py").write_text(settings, "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--quiet", "--no-color", "--nitpicky", "--fail-on-warning"),
            *("--conf-dir", str(scratch), "--builder", "html"),
            *("--doctree-dir", str(scratch / "doctrees"), str(source), str(site)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line.replace(f"{source}/", "") for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 0 and not said:
        said = [f"sphinx ended with exit code {done.returncode} and said nothing"]
    return said
