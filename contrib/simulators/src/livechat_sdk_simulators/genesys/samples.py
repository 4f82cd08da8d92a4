"""What bots of a flow can offer beside quick replies: one message of each kind of content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["SAMPLES"]


def _card(title: str, *options: str) -> dict[str, Any]:
    actions = [{"type": "Postback", "text": one, "payload": one.replace(" ", "")} for one in options]
    return {"title": title, "description": f"About {title.lower()}", "actions": actions}


SAMPLES: Final[Mapping[str, tuple[str, list[dict[str, Any]]]]] = {
    "Card": ("", [{"contentType": "Card", "card": _card("Your order", "Track it", "Cancel it")}]),
    "Carousel": (
        "",
        [
            {
                "contentType": "Carousel",
                "carousel": {
                    "cards": [
                        {**_card("Basic", "Take basic"), "image": "https://www.acme.example/basic.png"},
                        _card("Premium", "Take premium", "Tell me more"),
                    ]
                },
            }
        ],
    ),
    "DatePicker": (
        "",
        [
            {
                "contentType": "DatePicker",
                "datePicker": {
                    "title": "When would you be available?",
                    "subtitle": "Pick a date and time",
                    "availableTimes": [
                        {"duration": 1800, "dateTime": "2026-11-30T12:00:00.000Z"},
                        {"duration": 900, "dateTime": "2026-12-01T13:00:00.000Z"},
                    ],
                },
            }
        ],
    ),
    "Notification": (
        "Your order has left our house.",
        [
            {
                "contentType": "Notification",
                "template": {
                    "header": {"text": "Order 4711"},
                    "body": {
                        "text": "Your order has left our house.",
                        "parameters": [{"name": "order", "text": "4711"}],
                    },
                    "footer": {"text": "Acme"},
                },
            }
        ],
    ),
    "QuickReply": (
        "Do you want to proceed?",
        [
            {
                "contentType": "QuickReply",
                "quickReply": {"text": one, "payload": one, "action": "Message"},
            }
            for one in ("Yes", "No")
        ],
    ),
    "Unheard": ("", [{"contentType": "Hologram", "hologram": {"url": "https://www.acme.example/h"}}]),
}
"""Text and content by kind; of ``Unheard`` no document speaks."""
