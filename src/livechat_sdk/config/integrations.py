"""Checks integration documents against the installed types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from livechat_sdk.config.diagnostics import Draft, certainly_means, did_you_mean, finish, rewritten
from livechat_sdk.config.masking import Masks
from livechat_sdk.config.sensitive import find_sensitive, model_of
from livechat_sdk.config.strength import check_secrets
from livechat_sdk.config.translate import drafts_from
from livechat_sdk.config.tree import MappingNode, Node, Path, ScalarNode, TooBig, from_plain, plain
from livechat_sdk.errors import PluginError, Problem
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["KNOWN_TYPES", "Types", "check_integration", "read_integration", "types_by_name"]

Types = Mapping[str, IntegrationType]
"""Installed integration types by their name."""

KNOWN_TYPES: Final[Mapping[str, str]] = {
    "HELVIA_LIVECHAT": "livechat-sdk-helvia",
    "CISCO_LIVECHAT": "livechat-sdk-cisco",
    "ZENDESK_LIVECHAT": "livechat-sdk-zendesk",
    "GENESYS_CRM": "livechat-sdk-genesys",
    "GENESYS_LIVECHAT": "livechat-sdk-genesys",
    "MICROSOFT_DYNAMICS_CRM": "livechat-sdk-dynamics",
    "ZENDESK_CRM": "livechat-sdk-zendesk",
    "ZENDESK_TICKETING": "livechat-sdk-tickets",
    "DYNAMICS_TICKETING": "livechat-sdk-tickets",
    "JIRA_SERVICE_MANAGEMENT_TICKETING": "livechat-sdk-tickets",
    "SERVICENOW_TICKETING": "livechat-sdk-tickets",
    "FRESHDESK_TICKETING": "livechat-sdk-tickets",
    "SALESFORCE_TICKETING": "livechat-sdk-tickets",
}
"""Types of our own packages, and the distribution that brings each of them."""

_CATEGORIES: Final = {"livechat": "LIVECHAT", "crm": "CRM", "ticketing": "TICKETING"}
_ADDRESS: Final = re.compile(r"[^/\\?#%\x00-\x1f\x7f]+")
_RESERVED: Final = frozenset({"v1", "webhooks", "files", "healthz", "readyz", "metrics", "openapi.json"})
"""First parts of addresses that belong to the gateway."""

_camel = lru_cache(maxsize=1000)(to_camel)
"""A name as the platform writes it; files have many integrations of one type."""


def types_by_name(types: Types | Iterable[IntegrationType]) -> Types:
    """Types as a mapping, however the caller has them."""
    if isinstance(types, Mapping):
        return cast("Types", types)
    return {one.type: one for one in types}


def read_integration(
    document: Mapping[str, Any], *, types: Types | Iterable[IntegrationType]
) -> tuple[IntegrationSettings | None, tuple[Problem, ...]]:
    """Check one integration document of the platform's form; no I/O, nothing is raised for bad content.

    The settings are those of the type's own model; ``None`` when a problem is an error. ``${NAME}``
    references are not filled in here.
    """
    installed = types_by_name(types)
    drafts: list[Draft] = []
    try:
        node = from_plain(document)
    except TooBig:
        drafts.append(Draft("LC107", "the document is nested too deep, or has too many values"))
        return None, finish(drafts, root=None, lines=None, file=None, masks=Masks())
    name = node.entries.get("name") if isinstance(node, MappingNode) else None
    if name is None:
        drafts.append(Draft("LC408", "the integration has no `name`", suggestion="add `name`"))
    settings = check_integration(node, (), installed, drafts, label=_label(name.value if name else None))
    kind = node.entries.get("type") if isinstance(node, MappingNode) else None
    type_name = kind.value.value if kind is not None and isinstance(kind.value, ScalarNode) else None
    sensitive = find_sensitive(node, model_of(installed, type_name), installed)
    check_secrets(sensitive, drafts)
    problems = finish(drafts, root=node, lines=None, file=None, masks=Masks.of(sensitive))
    failed = any(problem.severity == "error" for problem in problems)
    return (None if failed else settings), problems


def _label(node: Node | None) -> str:
    return str(node.value)[:60] if isinstance(node, ScalarNode) and node.value else ""


def check_integration(
    node: Node, path: Path, types: Types, drafts: list[Draft], *, label: str, name: str | None = None
) -> IntegrationSettings | None:
    """Check the document ``node`` that stands at ``path``; ``name`` is the key that it stands under.

    Paths of the drafts start at the top of the whole file. The settings are ``None`` when they could not
    be read.
    """
    if not isinstance(node, MappingNode):
        drafts.append(
            Draft("LC410", f"integration {label!r} must be a mapping with its `type`", path, final=True)
        )
        return None
    _check_name(node, path, drafts, label=label, name=name)
    offered = _offered(node, path, types, drafts, label)
    if offered is None:
        return None
    try:
        model = offered.settings
    except PluginError as error:
        advice = "this is a bug of the plugin that offers the type, or something it needs is not installed"
        drafts.append(Draft("LC406", str(error), path, suggestion=advice))
        return None
    _check_spellings(node, model, path, drafts)
    content = dict(plain(node))
    content.setdefault("name", label or "unnamed")
    _check_category(content, offered, path, drafts)
    try:
        settings = model.model_validate(content)
        drafts += _remarks(settings, node, path)
    except ValidationError as error:
        whole = _under(node, path)
        drafts += drafts_from(error, root=whole, model=model, base=path, integration=True)
    except Exception as error:  # noqa: BLE001 - a validator of a plugin may raise anything
        drafts.append(
            Draft(
                "LC406",
                f"the settings model of {offered.type} failed with {type(error).__name__}",
                path,
                suggestion="this is a bug of the plugin that offers the type; tell its author",
            )
        )
    else:
        return settings
    return None


def _remarks(settings: IntegrationSettings, node: MappingNode, path: Path) -> Iterable[Draft]:
    """Warnings of the type's own model, each at its setting as it is spelt there."""
    for remark in settings.remarks(datetime.now(UTC)):
        spellings = (to_camel(remark.setting), remark.setting)
        there = next((one for one in spellings if one in node.entries), None)
        place = path if there is None else (*path, there)
        yield Draft("LC613", remark.message, place, suggestion=remark.advice, at_key=there is None)


def _under(node: Node, path: Path) -> Node:
    """A document in which ``node`` stands at ``path``."""
    from livechat_sdk.config.tree import Entry

    for part in reversed(path):
        node = MappingNode({str(part): Entry(str(part), node)})
    return node


def _offered(
    node: MappingNode, path: Path, types: Types, drafts: list[Draft], label: str
) -> IntegrationType | None:
    entry = node.entries.get("type")
    if entry is None:
        drafts.append(
            Draft(
                "LC403", f"integration {label!r} has no `type`", (*path, "type"), suggestion=_installed(types)
            )
        )
        return None
    value = entry.value.value if isinstance(entry.value, ScalarNode) else None
    if not isinstance(value, str) or not value:
        drafts.append(
            Draft(
                "LC403", "the type must be a text", (*path, "type"), suggestion=_installed(types), final=True
            )
        )
        return None
    if value in types:
        return types[value]
    if value in KNOWN_TYPES:
        package = KNOWN_TYPES[value]
        drafts.append(
            Draft(
                "LC402",
                f"the type {value} needs the package {package}, which is not installed or did not load",
                (*path, "type"),
                suggestion=f"pip install {package}",
            )
        )
        return None
    near = did_you_mean(value, [*types, *KNOWN_TYPES])
    meant = certainly_means(value, [*types, *(one for one in KNOWN_TYPES if one not in types)])
    installed = _installed(types)
    drafts.append(
        Draft(
            "LC401",
            f"unknown integration type {value[:60]!r}",
            (*path, "type"),
            suggestion=f"{near} ({installed})" if near else installed,
            mend=rewritten(meant) if meant else None,
        )
    )
    return None


def _installed(types: Types) -> str:
    return f"installed: {', '.join(sorted(types)) or 'none'}"


def _check_name(node: MappingNode, path: Path, drafts: list[Draft], *, label: str, name: str | None) -> None:
    entry = node.entries.get("name")
    value = entry.value.value if entry is not None and isinstance(entry.value, ScalarNode) else None
    if name is not None and isinstance(value, str) and value != name:
        drafts.append(
            Draft(
                "LC407",
                f"this integration stands under {name!r} and calls itself {value[:60]!r}",
                (*path, "name"),
                suggestion="remove `name`",
            )
        )
    if not label:
        return
    if not _ADDRESS.fullmatch(label) or label in (".", ".."):
        drafts.append(
            Draft(
                "LC412",
                f"the name {label!r} cannot be part of an address",
                path,
                at_key=True,
                suggestion="use letters, digits, spaces and - _ . only",
            )
        )
    elif label in _RESERVED:
        drafts.append(
            Draft(
                "LC413",
                f"the gateway uses the name {label!r} for itself",
                path,
                at_key=True,
                suggestion=f"call it my-{label}, for example",
            )
        )


def _check_spellings(
    node: MappingNode, model: type[IntegrationSettings], path: Path, drafts: list[Draft]
) -> None:
    """Of two spellings of one setting one would be ignored."""
    for name in model.model_fields:
        if name not in node.entries:
            continue
        camel = _camel(name)
        if name != camel and camel in node.entries:
            later = max((name, camel), key=list(node.entries).index)
            message = f"{name!r} and {camel!r} are the same setting"
            suggestion = "remove one of the two"
            drafts.append(
                Draft("LC414", message, (*path, later), suggestion=suggestion, at_key=True, final=True)
            )


def _check_category(
    content: Mapping[str, Any], offered: IntegrationType, path: Path, drafts: list[Draft]
) -> None:
    category = content.get("category")
    wanted = _CATEGORIES[offered.kind]
    if isinstance(category, str) and category and category != wanted:
        drafts.append(
            Draft(
                "LC411",
                f"{offered.type} belongs to the category {wanted}, not {category[:60]}",
                (*path, "category"),
                suggestion=f"write {wanted}, or remove `category`",
                mend=rewritten(wanted),
            )
        )
