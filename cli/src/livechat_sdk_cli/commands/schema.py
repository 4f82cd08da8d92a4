"""``livechat schema``: the JSON Schema of the settings file, for editors."""

from __future__ import annotations

from livechat_sdk_cli import terminal

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of livechat.yaml, the installed integration types included.

    Point an editor to it and it completes and checks the file while you write.
    """
    from livechat_sdk.config.schema import json_schema
    from livechat_sdk_cli.installed import discover_registry

    terminal.out_json(json_schema(discover_registry().types))
