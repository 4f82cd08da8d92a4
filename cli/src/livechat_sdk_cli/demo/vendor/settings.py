"""The settings with which a worker reaches a simulator: the ones that the simulator tells, and a platform."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk.domain.capabilities import Capabilities
    from livechat_sdk.registry import Registry

__all__ = [
    "BOT",
    "Endpoints",
    "can_tell",
    "capabilities_of",
    "integration_of",
    "registry_with",
    "worker_path",
    "write_settings",
]

BOT: Final = "shop-bot"

_LOOPBACK: Final = "127.0.0.1"
_MODELS: Final[Mapping[str, tuple[str, str]]] = {
    "PARLEY_LIVECHAT": ("livechat_sdk_testing.parley", "ParleyPlugin"),
}
"""Adapters that no package offers as a plugin, because their vendor does not exist. One that is installed for
it all the same, such as the example of the documentation, goes before."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Who is where, and with which secrets they trust each other."""

    worker_port: int
    platform_url: str
    platform_secret: str
    token: str

    @property
    def worker_url(self) -> str:
        """Where the gateway answers, for vendors and for the platform."""
        return f"http://{_LOOPBACK}:{self.worker_port}"


def registry_with(kind: str) -> Registry:
    """The installed plugins, and the model adapter where ``kind`` is its type and none of them offers it.

    Raises ``CommandError`` when nothing that is installed offers this type, and for a type without live chat.
    """
    from livechat_sdk.hooks import Plugins, discover
    from livechat_sdk.registry import Registry

    finder = Plugins()
    found = discover(finder)
    plugins = dict(finder.targets())
    registry = Registry(plugins, found=found)
    if kind in _MODELS and kind not in registry.types:
        module, name = _MODELS[kind]
        try:
            plugins[f"model of {kind}"] = getattr(importlib.import_module(module), name)()
        except ModuleNotFoundError as missing:
            raise _not_installed(kind, module.partition(".")[0]) from missing
        registry = Registry(plugins, found=found)
    if kind not in registry.types:
        raise _not_installed(kind, "the adapter")
    if registry.types[kind].kind != "livechat":
        raise CommandError(
            f"{kind} is no live chat: nobody can be talked to there",
            code=ExitCode.USAGE,
            next_step="`livechat simulate` lists the vendors that there are",
        )
    return registry


def _not_installed(kind: str, what: str) -> CommandError:
    return CommandError(
        f"the vendor can be simulated, but {what} is not installed: nothing speaks {kind}",
        code=ExitCode.PLUGIN,
        next_step="install the adapter of the vendor; `livechat plugins` lists those that there are",
    )


def integration_of(told: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The integration that the simulator tells, allowed to fetch files from this machine where it fetches."""
    kind = str(told["type"])
    given = {name: value for name, value in told.items() if name != "name"}
    if "file_hosts" in registry.types[kind].settings.model_fields:
        given["fileHosts"] = [_LOOPBACK]
    return given


def capabilities_of(name: str, integration: Mapping[str, Any], registry: Registry) -> Capabilities:
    """What the adapter declares for this integration."""
    able: Capabilities = registry.build({**integration, "name": name}).capabilities
    return able


def can_tell(able: Capabilities) -> bool:
    """Whether it can be found out if a message arrived, or sending it again is harmless.

    Where not, a message in doubt is held until somebody decides, unless the bot's settings say to repeat it.
    """
    return able.looks_up_by_key or able.dedupes_by_key


def write_settings(
    folder: Path,
    name: str,
    integration: Mapping[str, Any],
    places: Endpoints,
    registry: Registry,
) -> Path:
    """Write ``livechat.yaml``; nobody else may read it.

    A bot whose vendor cannot tell what arrived repeats what is in doubt: no call that fails here was applied.

    Raises ``ConfigurationError`` when the simulator tells what its adapter does not understand.
    """
    from livechat_sdk.config import load_mapping, require

    able = capabilities_of(name, integration, registry)
    settings = {
        "version": 1,
        "store": f"sqlite:///{folder / 'livechat.db'}",
        "gateway": {
            "port": places.worker_port,
            "tokens": places.token,
            "public_url": places.worker_url,
            "platform": {"url": places.platform_url, "secret": places.platform_secret},
        },
        "integrations": {name: dict(integration)},
        "bots": {
            BOT: {
                "livechat": {
                    "integrations": [name],
                    "request_timeout": "10m",
                    "doubtful": "hold" if can_tell(able) else "repeat",
                }
            }
        },
        "files": {"egress": {"allow": [_LOOPBACK]}},
        "reconcile_every": "10s",  # what only a question finds out is found while somebody watches
    }
    require(load_mapping(settings, types=registry.types))
    path = folder / "livechat.yaml"
    path.touch(mode=0o600)
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False), "utf-8")  # JSON is YAML
    return path


def worker_path(folder: Path, kind: str, registry: Registry) -> Path | None:
    """Where the worker finds the model adapter as an installed plugin; ``None`` where a package brings it."""
    if f"model of {kind}" not in dict(registry.hooks().targets()):
        return None
    module, name = _MODELS[kind]
    path = folder / "packages"
    info = path / "model_adapter-0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    code = f"from {module} import {name}\n\nplugin = {name}()\n"
    (path / "model_adapter.py").write_text(code, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: model-adapter\nVersion: 0\n", "utf-8")
    (info / "entry_points.txt").write_text("[livechat_sdk]\nmodel = model_adapter:plugin\n", "utf-8")
    return path
