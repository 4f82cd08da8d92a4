"""From the bytes of one file to a document with places, whether it is YAML or JSON."""

from __future__ import annotations

import re

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.files import MAX_BYTES
from livechat_sdk.config.tree import Node, Span

__all__ = ["Unreadable", "decoded", "empty", "looks_like_json", "read_document"]


class Unreadable(Exception):
    """The bytes are no text that could be settings; ``draft`` says why, ``line`` where."""

    def __init__(self, draft: Draft, line: int | None = None) -> None:
        self.draft = draft
        self.line = line
        super().__init__(draft.message)


def decoded(content: bytes) -> str:
    """The text of a file. Raises ``Unreadable`` when it is too large, or not UTF-8."""
    if len(content) > MAX_BYTES:
        raise Unreadable(Draft("LC104", f"the file has more than {MAX_BYTES:,} bytes"))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(Draft("LC103", "the file is UTF-16, not UTF-8", suggestion="save it as UTF-8"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 (byte {error.start + 1}, in line {line})"
        raise Unreadable(Draft("LC103", message), line) from None


def looks_like_json(text: str) -> bool:
    """Whether a text is meant as JSON: it starts with a quoted key in a brace, or with a list of such."""
    return bool(re.match(r'\s*(?:\[\s*)?\{\s*(?:"|\})|\s*\[\s*\]', text))


def read_document(text: str, name: str, drafts: list[Draft]) -> Node | None:
    """The document in a text; ``None`` with a problem when nothing of it can be used."""
    from livechat_sdk.config.slips import slips_in
    from livechat_sdk.config.yaml_reader import read_yaml

    found: list[Draft] = []
    if looks_like_json(text):
        from livechat_sdk.config.json_reader import read_json

        root = read_json(text, found)
        if root is None and not name.lower().endswith(".json"):
            # Flow mappings of YAML look like JSON: it is YAML when YAML finds nothing wrong with it.
            as_yaml: list[Draft] = []
            root = read_yaml(text, as_yaml)
            if root is not None and not as_yaml:
                found = []
            else:
                root = None
    else:
        root = read_yaml(text, found)
    if root is None and not found:
        found.append(empty())
    slips = slips_in(text)
    if root is None and any(one.final for one in slips):
        found = []  # what the parser says is a consequence of these
    elif root is not None:
        slips = [one for one in slips if not one.final or _is_outside(one.span, root)]
    drafts += found
    drafts += slips
    return root


def _is_outside(span: Span | None, root: Node) -> bool:
    """Whether a place is part of no value that could be read as it is."""
    from livechat_sdk.config.tree import MappingNode, ScalarNode

    if span is None:
        return True
    pending = [root]
    for node in pending:
        if isinstance(node, ScalarNode):
            if node.span is not None and node.span.start <= span.start < node.span.end:
                return False
        elif isinstance(node, MappingNode):
            pending += [entry.value for entry in node.entries.values()]
        else:
            pending += node.items
    return True


def empty() -> Draft:
    """The problem of a file without content."""
    return Draft(
        "LC110", "the file is empty", suggestion="start with `version: 1`, `integrations:` and `bots:`"
    )
