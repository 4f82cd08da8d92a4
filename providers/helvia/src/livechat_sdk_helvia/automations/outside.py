"""What automations use of the world around the desk: the egress rule, the keys of secrets, the dispatcher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from livechat_sdk.errors import StoreError
from livechat_sdk.provider.hosting import EmbeddedHost
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.sealing import Vault

if TYPE_CHECKING:
    from livechat_sdk.http import Egress

__all__ = ["Outside"]

_PURPOSE: Final = "livechat-sdk desk secrets 1"


class Outside:
    """``host`` is the dispatcher's side, where the desk runs in one."""

    def __init__(self, host: EmbeddedHost | None) -> None:
        self.host = host
        self.vault = Vault(self._keys)

    def egress(self) -> Egress:
        """The rule for addresses: public ones, and those under ``files: egress: allow:`` in the settings."""
        from livechat_sdk.http import Egress

        return Egress(self.host.egress_allowed if self.host is not None else ())

    def seal(self, text: str, place: str) -> str:
        """A secret as it is stored. Raises ``InvalidField`` when there is no key to keep it with."""
        try:
            return self.vault.seal(text, place)
        except StoreError as error:
            raise InvalidField(
                "The desk has no key to keep secrets with.", hint="Set `store_key` in the settings file."
            ) from error

    def _keys(self) -> Sequence[bytes]:
        if self.host is None:
            raise StoreError("this desk runs without a dispatcher and has no keys for secrets")
        return self.host.derived_keys(_PURPOSE)
