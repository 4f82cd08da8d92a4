"""Answers of vendors, as far as they are read: what is not read is not demanded, what is new is ignored."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from livechat_sdk.http import Answer

__all__ = ["Wire", "read"]


class Wire(BaseModel):
    """Base of what a vendor answers."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


W = TypeVar("W", bound=Wire)


def read(kind: type[W], answer: Answer, content: Any = None) -> W:
    """The answer's JSON object, or a part of it, as a model. Raises ``ProtocolError``."""
    try:
        return kind.model_validate(answer.object() if content is None else content)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False)[:3])
        raise answer.unlike_documented(f"{places}: not as documented") from None
