"""Genesys Cloud: ``GENESYS_LIVECHAT``, over Open Messaging and notifications, and ``GENESYS_CRM``.

=============  ===================================================================================
``settings``   what a person writes into ``livechat.yaml``
``plugin``     offers the type; light, because it is loaded wherever it is installed
``provider``   one method for each thing that Genesys can do
``opening``    how a conversation is begun, and what is found done when it is begun again
``told``       our words in Genesys': the person, the first pages, the attributes that Architect reads
``calls``      what all calls have in common
``api``        Genesys' calls about conversations, one method each
``queues``     whether somebody is there
``pacing``     the 300 calls a minute that a token has
``wire``       what answers, webhooks and notifications look like, and no more of them than is read
``contents``   the kinds of a message's content, as text, files and choices
``offers``     quick replies that were offered, so that an answer to one is known as such
``events``     webhooks proved and translated
``legs``       who is in a conversation: participants, whatever they are learnt from
``standing``   how a conversation stands now
``unfolding``  what happened in a conversation, from all that is told of its participants, in any order
``channel``    one channel of notifications: its socket, its topics
``listening``  which conversations are followed, and what happens when a channel is lost
``checking``   what ``livechat doctor`` looks at
``crm``        external contacts for the hooks about contacts
=============  ===================================================================================
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

    return version("livechat-sdk-genesys")
