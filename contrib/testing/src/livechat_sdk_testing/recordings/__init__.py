"""Recordings of exchanges with a vendor: written without secrets, replayed, held against its API document.

One exchange per file, ``recordings/<operation>/<case>.yaml``, with where it comes from::

    provenance: {kind: vendor-docs, source: https://…, date: 2026-11-26}
    request: {method: POST, url: https://…/v1/chats, json: {ref: h-1.1}}
    response: {status: 201, json: {id: c-1}}
"""

from livechat_sdk_testing.recordings.files import (
    RecordingError,
    read_folder,
    read_recording,
    recording_text,
    write_recording,
)
from livechat_sdk_testing.recordings.model import Provenance, RecordedRequest, RecordedResponse, Recording
from livechat_sdk_testing.recordings.recorder import Recorder
from livechat_sdk_testing.recordings.redaction import NAME_KEYS, Redaction, Redactor, ShortSecret
from livechat_sdk_testing.recordings.replay import HastyClock, Replay, Unmatched, Unused, replay
from livechat_sdk_testing.recordings.suite import Recordings
from livechat_sdk_testing.recordings.validation import (
    ApiDocument,
    Disagreement,
    disagreements,
    validate_recordings,
)

__all__ = [
    "NAME_KEYS",
    "ApiDocument",
    "Disagreement",
    "HastyClock",
    "Provenance",
    "RecordedRequest",
    "RecordedResponse",
    "Recorder",
    "Recording",
    "RecordingError",
    "Recordings",
    "Redaction",
    "Redactor",
    "Replay",
    "ShortSecret",
    "Unmatched",
    "Unused",
    "disagreements",
    "read_folder",
    "read_recording",
    "recording_text",
    "replay",
    "validate_recordings",
    "write_recording",
]
