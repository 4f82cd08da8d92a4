"""The documentation site: its pages are all there, their links lead on, and each kind of mistake is found."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests.tree import ROOT, files
from tools.site.building import build
from tools.site.checking import check
from tools.site.interface import FACES, MARK, data_docstring, names_of, with_interface
from tools.site.pages import navigation, published, relinked

PLACES = {
    "README.md": "index.md",
    "docs/reference/cli.md": "reference/cli.md",
    "providers/acme/README.md": "vendors/acme.md",
}


def project(root: Path, **pages: str) -> Path:
    """A repository with a README and the pages of ``docs/how-to`` that are given."""
    (root / "docs" / "how-to").mkdir(parents=True)
    (root / "README.md").write_text("# Start\n\nWords.\n", "utf-8")
    for name, text in pages.items():
        (root / "docs" / "how-to" / f"{name}.md").write_text(text, "utf-8")
    return root


# -------------------------------------------------------------------------------------------------- interface
def test_every_module_for_others_has_its_place_on_one_page() -> None:
    marks = [
        found["name"]
        for source in published(ROOT)
        for found in MARK.finditer((ROOT / source).read_text("utf-8"))
    ]
    assert sorted(marks) == sorted(FACES)


@pytest.mark.parametrize("module", FACES)
def test_everything_that_a_module_offers_is_shown_and_says_what_it_is(module: str) -> None:
    text = with_interface(f"# Page\n<!-- module: {module} -->\nmore\n")
    assert text.endswith("```\nmore\n")
    for name, what in names_of(module):
        assert f":: {module}.{name}\n" in text or f":: {name}\n" in text or f"``{name}``" in text
        plain = not (inspect.isclass(what) or inspect.isroutine(what))
        said = data_docstring(module, name) if plain else inspect.getdoc(what)
        assert said, f"{module}.{name} says nothing of itself"


def test_a_name_is_shown_where_it_is_offered_first() -> None:
    assert ".. autoclass:: livechat_sdk.Capabilities\n" in with_interface("<!-- module: livechat_sdk -->\n")
    later = with_interface("<!-- module: livechat_sdk.provider -->\n")
    assert "Capabilities\n" not in later
    assert "``Capabilities``" in later
    assert "``ChatOpening``" not in later


def test_module_that_nobody_promised_is_refused() -> None:
    with pytest.raises(ValueError, match="is not in FACES"):
        with_interface("<!-- module: livechat_sdk.lazy -->\n")


# ------------------------------------------------------------------------------------------------------ pages
def test_every_page_of_docs_and_every_readme_that_users_need_is_in_the_site() -> None:
    written = {path.as_posix() for path in files() if path.suffix == ".md"}
    wanted = {
        path
        for path in written
        if path.startswith("docs/") or (path.startswith(("providers/", "contrib/")) and path.count("/") == 2)
    }
    places = published(ROOT)
    assert wanted <= set(places)
    assert len(set(places.values())) == len(places)


def test_navigation_lists_every_page_once() -> None:
    places = published(ROOT).values()
    listed = navigation(places).split("\n")
    assert all(listed.count(place) == (place != "index.md") for place in places)


def test_page_in_a_folder_without_a_section_is_refused(tmp_path: Path) -> None:
    (project(tmp_path) / "docs" / "novels").mkdir()
    (tmp_path / "docs" / "novels" / "one.md").write_text("# One\n", "utf-8")
    with pytest.raises(ValueError, match=r"docs/novels/one\.md: no section lists its folder"):
        published(tmp_path)


@pytest.mark.parametrize(
    ("source", "link", "expected"),
    [
        ("README.md", "docs/reference/cli.md", "reference/cli.md"),
        ("README.md", "docs/reference/cli.md#serving", "reference/cli.md#serving"),
        ("docs/reference/cli.md", "../../providers/acme/README.md#faults", "../vendors/acme.md#faults"),
        ("docs/reference/cli.md", "../../README.md", "../index.md"),
        ("providers/acme/README.md", "../../docs/reference/cli.md", "../reference/cli.md"),
        ("providers/acme/README.md", "#faults", "#faults"),
        (
            "providers/acme/README.md",
            "https://vendor.example/docs/cli.md",
            "https://vendor.example/docs/cli.md",
        ),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(source: str, link: str, expected: str) -> None:
    text, missing = relinked(f"[a]({link}) and [b]({link})\n", source, PLACES)
    assert (text, missing) == (f"[a]({expected}) and [b]({expected})\n", [])


def test_link_to_a_file_outside_the_site_is_named_with_its_line() -> None:
    text, missing = relinked("One\n\n[the tool](tools/tool.py)\n", "README.md", PLACES)
    assert missing == ["README.md:3: tools/tool.py is no page of the site"]
    assert "(tools/tool.py)" in text


def test_code_is_not_searched_for_links() -> None:
    page = "~~~text\n```\n[a](b.md)\n~~~\n[c](docs/reference/cli.md)\n"
    text, missing = relinked(page, "README.md", PLACES)
    assert missing == []
    assert text == page.replace("docs/reference", "reference")


# --------------------------------------------------------------------------------------------------- building
def test_each_mistake_of_a_page_is_a_problem_and_good_pages_have_none(tmp_path: Path) -> None:
    good = project(
        tmp_path / "good",
        one="# One\n\n## The `end`, again\n\n[two](two.md#a-place), [here](#the-end-again)\n\n"
        "[start](../../README.md)\n",
        two="# Two\n\n1. A list\n   - with a list\n\n## A place\n\n```console\n$ make docs\n```\n",
    )
    assert build(good, tmp_path / "site") == []
    page = (tmp_path / "site" / "how-to" / "one.html").read_text("utf-8")
    assert 'href="two.html#a-place"' in page
    assert 'href="../index.html"' in page

    bad = project(
        tmp_path / "bad",
        anchor="# Anchor\n\n[two](two.md#no-place)\n",
        here="# Here\n\n[here](#nowhere)\n",
        page="# Page\n\n[gone](gone.md)\n",
        code="# Code\n\n```jsn\n{}\n```\n",
        two="# Two\n\n<a href='lost.html'>by hand</a> <img src='https://elsewhere.example/x.png' alt=''>\n",
    )
    problems = build(bad, tmp_path / "site")
    for expected in (
        "no-place",
        "nowhere",
        "docs/how-to/page.md:3: gone.md is no page of the site",
        "how-to/code.md:3: WARNING: Pygments lexer name 'jsn' is not known",
        "links to lost.html, which is not there",
        "loads https://elsewhere.example/x.png from another host",
    ):
        assert any(expected in problem for problem in problems), (expected, problems)


# --------------------------------------------------------------------------------------------------- checking
@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="b.html">x</a>', None),
        ('<a href="b.html#there">x</a>', None),
        ('<a href="#own">x</a><p id="own">', None),
        ('<a href="https://vendor.example/">x</a><a href="mailto:a@b.example">y</a>', None),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', None),
        ('<a href="c.html">x</a>', "a.html:1: links to c.html, which is not there"),
        ('\n<a href="b.html#off">x</a>', "a.html:2: links to b.html#off, and that page has no such place"),
        ('<a href="#off">x</a>', "a.html:1: links to #off, and that page has no such place"),
        ('<a href="/b.html">x</a>', "a.html:1: links to /b.html, which is not there"),
        ('<a href="javascript:go()">x</a>', "a.html:1: links to javascript:go(), which is not there"),
        ('<img src="c.png">', "a.html:1: loads c.png, which is not there"),
        ('<script src="//cdn.example/x.js">', "a.html:1: loads //cdn.example/x.js from another host"),
        (
            '<link rel="stylesheet" href="https://cdn.example/x.css">',
            "a.html:1: loads https://cdn.example/x.css from another host",
        ),
    ],
)
def test_made_pages_are_read_without_asking_other_hosts(
    html: str, problem: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text(html, "utf-8")
    (tmp_path / "b.html").write_text('<h1 id="there">B</h1>', "utf-8")
    assert check(tmp_path) == ([] if problem is None else [problem])
