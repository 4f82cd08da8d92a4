"""Writes the hook reference from the specifications: ``python -m tools.hook_reference``.

The page ``docs/reference/hooks.md`` begins with text that people write. What stands between the two marks is
made here, from the signatures and docstrings in ``livechat_sdk.hooks.specs``. A test compares the two.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from livechat_sdk.hooks.markers import HOOK_API, PROJECT
from livechat_sdk.hooks.specs import SPEC_CLASSES
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "hooks.md"
PART = MadePart(PAGE, "tools/hook_reference.py")
FACTS = ("When", "Combining", "Failure", "Time limit", "Since")
"""What the docstring of every hook says."""

_FACT = re.compile(rf"(?:(?<=\n)|(?<=\. ))({'|'.join(FACTS)}): ")
_WIDTH = 100


@dataclass(frozen=True)
class Hook:
    """One hook as its specification describes it. ``text`` is Markdown; ``facts`` lacks what is not said."""

    name: str
    family: str
    signature: str
    text: str
    facts: dict[str, str]


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def _signature(function: Callable[..., object]) -> str:
    """The specification as it stands in the source, without ``self`` and the docstring."""
    whole = inspect.signature(function)
    parameters = [f"{one.name}: {one.annotation}" for one in list(whole.parameters.values())[1:]]
    one_line = f"def {function.__name__}({', '.join(parameters)}) -> {whole.return_annotation}: ..."
    if len(one_line) <= _WIDTH:
        return one_line
    inner = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"def {function.__name__}(\n{inner}) -> {whole.return_annotation}: ..."


def read_hook(function: Callable[..., object], family: str) -> Hook:
    """Take a specification apart."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    text = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    intro, *rest = _FACT.split(text)
    facts = {name: _markdown(fact.strip()) for name, fact in zip(rest[::2], rest[1::2], strict=True)}
    return Hook(function.__name__, family, _signature(function), _markdown(intro.strip()), facts)


def hooks() -> Iterator[Hook]:
    """Every hook, family by family, in the order of the source."""
    for family in SPEC_CLASSES:
        about = (inspect.getdoc(family) or "").rstrip(".")
        for function in vars(family).values():
            if inspect.isfunction(function) and hasattr(function, f"{PROJECT}_spec"):
                yield read_hook(function, about)


def _section(hook: Hook) -> Iterator[str]:
    yield f"### {hook.name}\n\n"
    yield f"<!-- not-run: a signature -->\n```python\n{hook.signature}\n```\n\n"
    yield f"{hook.text}\n\n"
    yield from (f"- **{name}**: {fact}\n" for name, fact in hook.facts.items())


def _short(fact: str) -> str:
    """The first clause of a fact, for the table."""
    return re.split(r"[;.:] |\.$", fact, maxsplit=1)[0]


def render() -> str:
    """The part of the page that is made here."""
    all_hooks = list(hooks())
    parts = [f"Hook API version: {HOOK_API[0]}.{HOOK_API[1]}.\n\n"]
    parts.append("| hook | combining | time limit | since |\n|---|---|---|---|\n")
    for hook in all_hooks:
        cells = (_short(hook.facts.get(name, "")) for name in ("Combining", "Time limit", "Since"))
        parts.append(f"| [`{hook.name}`](#{hook.name}) | {' | '.join(cells)} |\n")
    family = ""
    for hook in all_hooks:
        if hook.family != family:
            family = hook.family
            parts.append(f"\n## {family}\n")
        parts.append("\n")
        parts.extend(_section(hook))
    return "".join(parts)


def updated(current: str) -> str:
    """The page with its generated part made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, f"\n{render()}\n")


if __name__ == "__main__":
    PART.write(f"\n{render()}\n")
