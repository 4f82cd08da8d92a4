"""Reads settings from a file, a text or a dictionary, and says everything that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, cast

from livechat_sdk.config.bare import as_settings
from livechat_sdk.config.checks import cross_check
from livechat_sdk.config.diagnostics import Draft, finish
from livechat_sdk.config.documents import IntegrationDocument
from livechat_sdk.config.doubts import doubt
from livechat_sdk.config.files import MAX_BYTES, why_not
from livechat_sdk.config.hours_checks import check_hours
from livechat_sdk.config.including import Including
from livechat_sdk.config.integrations import check_integration, types_by_name
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.reading import Unreadable, decoded, read_document
from livechat_sdk.config.references import Filler
from livechat_sdk.config.sensitive import Sensitive, find_sensitive
from livechat_sdk.config.strength import check_secrets
from livechat_sdk.config.ticket_fields import check_ticket_fields
from livechat_sdk.config.tree import Lines, MappingNode, Node, TooBig, from_plain, plain
from livechat_sdk.config.versions import check_version
from livechat_sdk.config.view import View
from livechat_sdk.config.words import check_words
from livechat_sdk.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from livechat_sdk.config.mending import Fix
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.provider.integration import IntegrationType
    from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["Loaded", "load_bytes", "load_file", "load_mapping", "load_text", "require"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading. ``settings`` is ``None`` when there are errors; ``source`` names the file."""

    settings: LivechatFile | None
    problems: tuple[Problem, ...] = ()
    source: str | None = None
    fixes: tuple[Fix, ...] = field(default=(), repr=False, compare=False)
    """What `livechat validate --fix` would write."""
    view: View = field(default_factory=View, repr=False, compare=False)
    """The texts of the files, for whoever shows them."""

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
        with FilePath(path).open("rb") as stream:  # a pipe may do: it was named by a person
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _refused(name, Draft("LC101", "the file does not exist", suggestion=_looked_in(path)))
    except (OSError, ValueError) as error:
        return _refused(name, Draft("LC102", f"the file cannot be read: {why_not(error)}"))
    return load_bytes(content, types=types, env=env, name=name, folder=FilePath(path).parent)


def load_again(
    path: str | os.PathLike[str],
    changed: Mapping[str, str],
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
) -> Loaded:
    """As ``load_file``, with other texts in the place of some files, by the names that problems have."""
    name = str(path)
    if name not in changed and not changed:
        return load_file(path, types=types, env=env)
    text = changed.get(name)
    if text is None:
        text = FilePath(path).read_bytes().decode("utf-8-sig")
    return _load(text, types, env, name, FilePath(path).parent, changed)


def load_bytes(
    content: bytes,
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
    name: str = "livechat.yaml",
    folder: FilePath | None = None,
) -> Loaded:
    """Settings from the bytes of a file; ``name`` is what problems call it. See ``load_file``.

    Relative paths start in ``folder``, or where the program runs.
    """
    try:
        text = decoded(content)
    except Unreadable as trouble:
        return _refused(name, trouble.draft, line=trouble.line)
    return load_text(text, types=types, env=env, name=name, folder=folder)


def load_text(
    text: str,
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
    name: str = "livechat.yaml",
    folder: FilePath | None = None,
) -> Loaded:
    """Settings from a text in YAML or JSON; ``name`` is what problems call the file. See ``load_bytes``."""
    return _load(text, types, env, name, folder or FilePath.cwd(), {})


def _load(
    text: str,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None,
    name: str,
    folder: FilePath,
    changed: Mapping[str, str],
) -> Loaded:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _refused(name, Draft("LC104", f"the text has more than {MAX_BYTES:,} bytes"))
    lines = Lines(text, name)
    drafts: list[Draft] = []
    root = read_document(text, name, drafts)
    if root is None:
        return _lost(drafts, None, lines, name, types_by_name(types))
    files = Including(lines, drafts, name, folder, changed=changed)
    return _checked(root, drafts, files, name, types, env, needs_version=True)


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
    drafts: list[Draft] = []
    files = Including(Lines("", name), drafts, None, FilePath.cwd())
    return _checked(root, drafts, files, name, types, env, needs_version=False)


def _checked(
    root: Node,
    drafts: list[Draft],
    files: Including,
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
    if isinstance(root, MappingNode):
        root = files.resolve(root)
    filler = Filler(os.environ if env is None else env, drafts, files.folder_of)
    root = filler.fill(root, ())
    found = as_settings(root, drafts)
    if found is None:
        return _lost(drafts, root, files.lines, name, installed)
    document = found.document
    left_out = [*found.left_out, *(filler.fill(one, ()) for one in files.left_out)]
    check_version(document, drafts, needed=needs_version and not found.is_bare)
    sensitive = find_sensitive(document, LivechatFile, installed, left_out)
    check_secrets(sensitive, drafts)
    settings: LivechatFile | None = None
    try:
        settings = LivechatFile.model_validate(_content(document, sensitive))
    except ValidationError as error:
        drafts += drafts_from(error, root=document, model=LivechatFile)
    _check_parts(document, installed, drafts, is_bare=found.is_bare)
    masks = Masks.of(sensitive, files.unread, installed)
    problems = finish(drafts, root=document, lines=files.lines, file=name, masks=masks)
    if any(problem.severity == "error" for problem in problems):
        settings = None
    if not drafts:
        return Loaded(settings, problems, name, (), View(files.lines, masks))
    from livechat_sdk.config.mending import find_fixes

    fixes = find_fixes(drafts, document, files.lines, masks.hidden)
    return Loaded(settings, problems, name, fixes, View(files.lines, masks))


def _check_parts(
    document: MappingNode, installed: Mapping[str, IntegrationType], drafts: list[Draft], *, is_bare: bool
) -> None:
    """Check each integration by the settings of its type, and what the parts say of each other."""
    integrations = document.entries.get("integrations")
    read: dict[str, IntegrationSettings | None] = {}
    if integrations is not None and isinstance(integrations.value, MappingNode):
        for key, entry in integrations.value.entries.items():
            place = ("integrations", key)
            read[key] = check_integration(entry.value, place, installed, drafts, label=key, name=key)
    content = cast("Mapping[str, Any]", plain(document))
    check_ticket_fields(content, read, drafts)
    check_words(content, installed, read, drafts)
    doubt(document, drafts)
    check_hours(document, drafts)
    cross_check(document, installed, drafts, is_bare=is_bare)


def _lost(
    drafts: list[Draft],
    root: Node | None,
    lines: Lines,
    name: str | None,
    types: Mapping[str, IntegrationType],
) -> Loaded:
    """What came of a text that is no settings document as a whole."""
    from livechat_sdk.config.mending import find_fixes

    masks = Masks.of_text(lines.text, types)
    problems = finish(drafts, root=root, lines=lines, file=name, masks=masks)
    return Loaded(None, problems, name, find_fixes(drafts, None, lines), View(lines, masks))


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


def _refused(name: str | None, draft: Draft, *, line: int | None = None) -> Loaded:
    (problem,) = finish([draft], root=None, lines=None, file=name, masks=Masks())
    return Loaded(None, (replace(problem, line=line, column=None if line is None else 1),), name)


def _looked_in(path: str | os.PathLike[str]) -> str | None:
    return None if FilePath(path).is_absolute() else f"looked in {FilePath.cwd()}"
