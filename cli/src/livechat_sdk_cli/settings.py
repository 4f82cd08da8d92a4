"""The settings file as commands need it: complete and checked, or only the address of the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk.config import LivechatFile
    from livechat_sdk.registry import Registry

__all__ = ["DEFAULT_FILE", "is_file_word", "load_settings", "name_and_file", "places_of", "store_of"]

DEFAULT_FILE: Final = Path("livechat.yaml")
"""The settings that are read when none are named."""


def is_file_word(word: str) -> bool:
    """Whether a word of the command line is settings, by the end of its name."""
    return Path(word).suffix.lower() in {".yaml", ".yml", ".json"}


def name_and_file(name: str | None, file: Path) -> tuple[str | None, Path]:
    """The words of a line, where the settings stand alone in the place of a name: `livechat show my.yaml`."""
    if name is not None and file == DEFAULT_FILE and is_file_word(name):
        return None, Path(name)
    return name, file


def load_settings(file: Path) -> tuple[LivechatFile, Registry]:
    """The settings and the plugins for them; warnings go to standard error.

    Raises ``ConfigurationError`` with every problem, ``PluginError`` when plugins contradict each other.
    """
    from livechat_sdk.config import load_file, require
    from livechat_sdk_cli.installed import discover_registry
    from livechat_sdk_cli.problems import explain_problems

    registry = discover_registry()
    loaded = load_file(file, types=registry.types)
    settings = require(loaded)
    explain_problems(loaded.warnings)
    if settings.plugins.block:
        registry = discover_registry(settings.plugins.block)
    return settings, registry


def store_of(file: Path) -> tuple[str, str]:
    """The store's address and the workspace, whatever else is wrong with the settings.

    Who looks for what went wrong may have neither the secrets of the server in the environment nor its
    plugins. Raises ``CommandError`` when the file does not tell them.
    """
    import os

    from livechat_sdk.config.diagnostics import Draft
    from livechat_sdk.config.files import MAX_BYTES
    from livechat_sdk.config.including import Including
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.config.references import fill_references
    from livechat_sdk.config.tree import Lines, MappingNode, plain
    from livechat_sdk.config.yaml_reader import read_yaml

    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES).decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise _untold(f"there is no {file} here") from None
    problems: list[Draft] = []
    root = read_yaml(text, problems)
    files = Including(Lines(text, str(file)), [], str(file), file.parent)
    if isinstance(root, MappingNode):
        root = files.resolve(root)
    if not isinstance(root, MappingNode) or problems:
        why = problems[0].message if problems else "it holds no settings"
        raise _untold(f"{file} cannot be read: {why}")
    told: dict[str, str] = {}
    for name in ("store", "workspace"):
        value: object = LivechatFile.model_fields[name].default
        if name in root.entries:
            value = plain(fill_references(root.entries[name].value, os.environ, problems, files.folder_of))
        if problems:
            raise _untold(f"`{name}` in {file}: {problems[0].message}")
        if not isinstance(value, str) or not value:
            raise _untold(f"`{name}` in {file} is not a text")
        told[name] = value
    return told["store"], told["workspace"]


def places_of(file: Path) -> dict[str, tuple[str, int]]:
    """File and line of each integration of settings that can be read; files that they include count too."""
    from livechat_sdk.config.diagnostics import Draft
    from livechat_sdk.config.including import Including
    from livechat_sdk.config.tree import Lines, MappingNode
    from livechat_sdk.config.yaml_reader import read_yaml

    text = file.read_text("utf-8-sig", errors="replace")
    problems: list[Draft] = []
    lines = Lines(text, str(file))
    root = read_yaml(text, problems)
    if isinstance(root, MappingNode):
        root = Including(lines, problems, str(file), file.parent).resolve(root)
    part = root.entries.get("integrations") if isinstance(root, MappingNode) else None
    if part is None or not isinstance(part.value, MappingNode):
        return {}
    return {
        name: (lines.part(entry.key_span.start).name or str(file), lines.line_in_file(entry.key_span.start))
        for name, entry in part.value.entries.items()
        if entry.key_span is not None
    }


def _untold(message: str) -> CommandError:
    return CommandError(
        message,
        code=ExitCode.CONFIGURATION,
        next_step="name the settings, as in `livechat show ID livechat.yaml`, or the store: --store FILE",
    )
