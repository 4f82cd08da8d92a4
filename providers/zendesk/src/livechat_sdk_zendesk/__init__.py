"""Zendesk live chat: ``ZENDESK_LIVECHAT``, over Sunshine Conversations v2 and the agent workspace.

============  ====================================================================================
``settings``  what a person writes into ``livechat.yaml``
``plugin``    offers the type; light, because it is loaded wherever it is installed
``provider``  one method for each thing that Zendesk can do
``opening``   how a chat is opened, step by step
``told``      our words in Zendesk's: the user, the transcript, the metadata that becomes a ticket
``api``       Zendesk's calls, one method each
``wire``      what its answers and webhooks look like, and no more of them than is read
``contents``  the kinds of a message's content, as text, files and choices
``events``    webhooks proved and translated
``tickets``   the ticket events of the Support side, where the account sends them
``support``   who has a ticket and who is online, where the account gives credentials for it
``files``     files of the end user on their way
``checking``  what ``livechat doctor`` looks at
``crm``       contacts of Zendesk Support, ``ZENDESK_CRM``, which shares nothing with the rest
============  ====================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Read ``__version__`` from the installed distribution when it is first asked for."""
    if name != "__version__":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib.metadata import version

    return version("livechat-sdk-zendesk")
