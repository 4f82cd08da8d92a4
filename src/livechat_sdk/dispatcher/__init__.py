"""The dispatcher: the shell around the pure lifecycle."""

from livechat_sdk.dispatcher.core import Dispatcher

__all__ = ["Dispatcher"]
