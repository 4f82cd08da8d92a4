"""Reads settings from a file, a text or a dictionary, and says everything that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final, cast

from livechat_sdk.config.bare import as_settings
from livechat_sdk.config.checks import cross_check
from livechat_sdk.config.diagnostics import Draft, finish
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.integrations import check_integration, types_by_name
from livechat_sdk.config.json_reader import looks_like_json, read_json
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.references import fill_references
from livechat_sdk.config.sensitive import Sensitive, find_sensitive
from livechat_sdk.config.strength import check_secrets
from livechat_sdk.config.ticket_fields import check_ticket_fields
from livechat_sdk.config.tree import Lines, MappingNode, Node, ScalarNode, Span, TooBig, from_plain, plain
from livechat_sdk.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.provider.integration import IntegrationType
    from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["MAX_BYTES", "Loaded", "load_bytes", "load_file", "load_mapping", "load_text", "require"]

MAX_BYTES: Final = 1_000_000
"""A settings file may have this many bytes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading. ``settings`` is ``None`` when there are errors; ``source`` names the file."""

    settings: LivechatFile | None
    problems: tuple[Problem, ...] = ()
    source: str | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the settings unusable."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")


def require(loaded: Loaded) -> LivechatFile:
    """The settings; raises ``ConfigurationError`` with every problem when there are none."""
    if loaded.settings is None:
        raise ConfigurationError(loaded.problems)
    return loaded.settings


def load_file(
    path: str | os.PathLike[str],
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
) -> Loaded:
    """Settings from a YAML or JSON file.

    ``types`` are the installed integration types; ``env`` is where ``${NAME}`` is looked up
    (``os.environ`` unless given). Never raises for what is in the file, or for a file that is not there.
    """
    name = str(path)
    try:
        with FilePath(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _refused(name, Draft("LC101", "the file does not exist", suggestion=_looked_in(path)))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return _refused(name, Draft("LC102", f"the file cannot be read: {reason}"))
    return load_bytes(content, types=types, env=env, name=name)


def load_bytes(
    content: bytes,
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
    name: str = "livechat.yaml",
) -> Loaded:
    """Settings from the bytes of a file; ``name`` is what problems call it. See ``load_file``."""
    if len(content) > MAX_BYTES:
        return _refused(name, Draft("LC104", f"the file has more than {MAX_BYTES:,} bytes"))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _refused(name, Draft("LC103", "the file is UTF-16, not UTF-8", suggestion="save it as UTF-8"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        draft = Draft("LC103", f"the file is not UTF-8 (byte {error.start + 1}, in line {line})")
        return _refused(name, draft, line=line)
    return load_text(text, types=types, env=env, name=name)


def load_text(
    text: str,
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
    name: str = "livechat.yaml",
) -> Loaded:
    """Settings from a text in YAML or JSON; ``name`` is what problems call the file. See ``load_file``."""
    from livechat_sdk.config.yaml_reader import read_yaml

    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _refused(name, Draft("LC104", f"the text has more than {MAX_BYTES:,} bytes"))
    lines = Lines(text)
    drafts: list[Draft] = []
    if looks_like_json(text):
        root = read_json(text, drafts)
        if root is None and not name.lower().endswith(".json"):
            # Flow mappings of YAML look like JSON: it is YAML when YAML finds nothing wrong with it.
            as_yaml: list[Draft] = []
            root = read_yaml(text, as_yaml)
            if root is not None and not as_yaml:
                drafts = []
            else:
                root = None
    else:
        root = read_yaml(text, drafts)
    if root is None:
        if not drafts:
            drafts.append(_empty())
        return Loaded(None, finish(drafts, root=None, lines=lines, file=name, masks=Masks()), name)
    return _checked(root, drafts, lines, name, types, env, needs_version=True)


def load_mapping(
    content: Mapping[str, Any],
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Loaded:
    """Settings from dictionaries and lists. Problems have paths, no places; ``version`` may be left out."""
    try:
        root = from_plain(content)
    except TooBig:
        return _refused(name, Draft("LC107", "the settings are nested too deep, or have too many values"))
    return _checked(root, [], None, name, types, env, needs_version=False)


def _checked(
    root: Node,
    drafts: list[Draft],
    lines: Lines | None,
    name: str | None,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None,
    *,
    needs_version: bool,
) -> Loaded:
    from pydantic import ValidationError

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.config.translate import drafts_from

    installed = types_by_name(types)
    models = {one.type: one.settings for one in installed.values()}
    root = fill_references(root, os.environ if env is None else env, drafts)
    found = as_settings(root, drafts)
    if found is None:
        return Loaded(None, finish(drafts, root=root, lines=lines, file=name, masks=Masks()), name)
    document = found.document
    _check_version(document, drafts, needed=needs_version and not found.is_bare)
    sensitive = find_sensitive(document, LivechatFile, models, found.left_out)
    check_secrets(sensitive, drafts)
    settings: LivechatFile | None = None
    try:
        settings = LivechatFile.model_validate(_content(document, sensitive))
    except ValidationError as error:
        drafts += drafts_from(error, root=document, model=LivechatFile)
    integrations = document.entries.get("integrations")
    read: dict[str, IntegrationSettings | None] = {}
    if integrations is not None and isinstance(integrations.value, MappingNode):
        for key, entry in integrations.value.entries.items():
            place = ("integrations", key)
            read[key] = check_integration(entry.value, place, installed, drafts, label=key, name=key)
    check_ticket_fields(cast("Mapping[str, Any]", plain(document)), read, drafts)
    cross_check(document, installed, drafts, is_bare=found.is_bare)
    problems = finish(drafts, root=document, lines=lines, file=name, masks=Masks.of(sensitive))
    if any(problem.severity == "error" for problem in problems):
        settings = None
    return Loaded(settings, problems, name)


def _content(document: MappingNode, sensitive: Sensitive) -> Any:
    """The document for the model; integrations know which of their keys are secret."""
    content: dict[str, Any] = plain(document)
    raw: Any = content.get("integrations")
    if isinstance(raw, dict):
        secret: dict[str | int, set[str]] = {}
        for one in sensitive.secrets:
            if one.path[0] == "integrations":
                secret.setdefault(one.path[1], set()).update(str(part) for part in one.path[-2:])
        content["integrations"] = {
            name: IntegrationDocument(cast("Mapping[str, Any]", one), secret=frozenset(secret.get(name, ())))
            if isinstance(one, dict)
            else one
            for name, one in cast("dict[str, Any]", raw).items()
        }
    return content


def _check_version(document: MappingNode, drafts: list[Draft], *, needed: bool) -> None:
    entry = document.entries.get("version")
    if entry is None:
        if needed:
            start = document.span.start if document.span is not None else 0
            drafts.append(
                Draft(
                    "LC201",
                    "the settings do not say their version",
                    span=Span(start, start + 1),
                    suggestion="add `version: 1` as the first line",
                )
            )
        return
    value = entry.value.value if isinstance(entry.value, ScalarNode) else None
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return
    newer = isinstance(value, int | float) and value > 1
    drafts.append(
        Draft(
            "LC202",
            "these settings need a newer release" if newer else "this version of the settings is not known",
            ("version",),
            suggestion="update the SDK, or write `version: 1`" if newer else "write `version: 1`",
            final=True,
        )
    )


def _empty() -> Draft:
    return Draft(
        "LC110", "the file is empty", suggestion="start with `version: 1`, `integrations:` and `bots:`"
    )


def _refused(name: str | None, draft: Draft, *, line: int | None = None) -> Loaded:
    (problem,) = finish([draft], root=None, lines=None, file=name, masks=Masks())
    return Loaded(None, (replace(problem, line=line, column=None if line is None else 1),), name)


def _looked_in(path: str | os.PathLike[str]) -> str | None:
    return None if FilePath(path).is_absolute() else f"looked in {FilePath.cwd()}"
