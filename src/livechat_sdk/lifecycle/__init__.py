"""The life of a handoff as pure functions: ``step(handoff, input, now) -> Step(handoff, effects)``."""

from livechat_sdk.lifecycle.effects import Action, Effect, LedgerWrite
from livechat_sdk.lifecycle.inputs import Input
from livechat_sdk.lifecycle.outcomes import OUTCOME_TABLE, outcome_of
from livechat_sdk.lifecycle.ownership import bot_may_speak
from livechat_sdk.lifecycle.step import Step, step

__all__ = [
    "OUTCOME_TABLE",
    "Action",
    "Effect",
    "Input",
    "LedgerWrite",
    "Step",
    "bot_may_speak",
    "outcome_of",
    "step",
]
