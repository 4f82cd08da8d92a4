"""The one rule for writing a chat that was polled: named keys, compared and set, never a stale copy."""

from __future__ import annotations

from typing import Final

from livechat_sdk.domain.chats import Chat

__all__ = ["merged_chat"]

_ABSENT: Final = object()


def merged_chat(current: Chat, before: Chat, after: Chat) -> Chat | None:
    """``current`` with the keys that changed between ``before`` and ``after``.

    ``None`` when one of these keys is no longer what it was in ``before``: somebody else has polled.
    """
    old, new = before.state, after.state
    names = {*old, *new}
    changed = {name for name in names if old.get(name, _ABSENT) != new.get(name, _ABSENT)}
    if any(current.state.get(name, _ABSENT) != old.get(name, _ABSENT) for name in changed):
        return None
    state = {name: value for name, value in current.state.items() if name not in changed}
    state.update({name: new[name] for name in changed if name in new})
    update: dict[str, object] = {"state": state, "state_version": after.state_version}
    if after.vendor_ref != before.vendor_ref:
        update["vendor_ref"] = after.vendor_ref
    return current.model_copy(update=update)
