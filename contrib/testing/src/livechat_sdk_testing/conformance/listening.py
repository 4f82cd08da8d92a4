"""Hears everything that is logged while a case runs, and knows which secrets must not be heard."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final, cast

from pydantic import BaseModel, SecretStr

__all__ = ["Ears", "secrets_in", "secrets_of"]

_SHORTEST: Final = 8
"""Shorter values are words that may well stand in a log by themselves."""
_SECRET_NAME: Final = re.compile(r"(secret|password|passphrase|token|key|assertion)s?$", re.IGNORECASE)


class Ears(logging.Handler):
    """Keeps each record as text: message, arguments, traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        parts = [record.name, text, repr(record.args)]
        if record.exc_info:
            parts.extend(traceback.format_exception(*record.exc_info))
        self.heard.append(" ".join(parts))

    @contextmanager
    def listening(self) -> Generator[None]:
        """Hear all loggers, at every level, for the block."""
        root = logging.getLogger()
        level = root.level
        loud = {
            name: logger
            for name in ("livechat_sdk", "httpx", "httpcore")
            if (logger := logging.getLogger(name))
        }
        levels = {name: logger.level for name, logger in loud.items()}
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        for logger in loud.values():
            logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(self)
            root.setLevel(level)
            for name, logger in loud.items():
                logger.setLevel(levels[name])


def secrets_of(settings: object) -> set[str]:
    """The secret values in integration settings, however deep they lie."""
    found: set[str] = set()
    waiting: list[object] = [settings]
    while waiting:
        value = waiting.pop()
        if isinstance(value, SecretStr):
            found.add(value.get_secret_value())
        elif isinstance(value, BaseModel):
            waiting.extend(vars(value).values())
        elif isinstance(value, tuple | list):
            waiting.extend(cast("tuple[object, ...]", value))
        elif isinstance(value, dict):
            waiting.extend(cast("dict[str, object]", value).values())
    return {secret for secret in found if len(secret) >= _SHORTEST}


def secrets_in(document: object) -> set[str]:
    """Values in a document of settings whose names say that they are secret, whatever type the model has."""
    found: set[str] = set()
    waiting: list[tuple[bool, object]] = [(False, document)]
    while waiting:
        secret, value = waiting.pop()
        if isinstance(value, Mapping):
            named = cast("Mapping[object, object]", value).items()
            waiting.extend((bool(_SECRET_NAME.search(str(name))), inner) for name, inner in named)
        elif isinstance(value, list | tuple):
            waiting.extend((secret, inner) for inner in cast("list[object]", value))
        elif secret and isinstance(value, str):
            found.add(value)
    return {value for value in found if len(value) >= _SHORTEST}
