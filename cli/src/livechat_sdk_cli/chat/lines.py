"""What the person sees: one line for each thing that happens, its kind first.

The same lines go to a terminal and to a program that drives the command: ``agent Dana: Hello``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk_cli import terminal
from livechat_sdk_cli.terminal import Style, visible

__all__ = ["HELP", "Lines"]

HELP: Final = (
    "what you write goes to the human side; //text sends a line that begins with a slash",
    "/file PATH [TEXT]  send a file, with a text or without",
    "/typing            show the agent that you are typing",
    "/status            show the handoff as it is",
    "/end               end the handoff, and leave",
    "/quit              leave; the handoff goes on at the server",
    "/help              show this",
)

_TONES: Final[dict[str, Style]] = {
    "agent": "cyan",
    "system": "yellow",
    "ended": "bold",
    "refused": "red",
    "lost": "red",
    "back": "green",
}
_CLEAR: Final = "\r\x1b[K"
PROMPT: Final = "> "


class Lines:
    """Writes lines; on a terminal the line that is being typed is put under them again."""

    def __init__(self) -> None:
        self._screen = terminal.screen()
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()

    def write(self, kind: str, text: str) -> None:
        """One thing that happened. Control characters are shown, never obeyed."""
        label = self._screen.style(f"{visible(kind)}:", _TONES.get(kind.partition(" ")[0], "dim"))
        first, *rest = visible(text, lines=True).split("\n")
        lines = [f"{label} {first}", *(f"  {line}" for line in rest)]
        if not self.interactive:
            for line in lines:
                terminal.out(line)
            return
        import readline

        typed = readline.get_line_buffer()
        sys.stdout.write(_CLEAR + "\n".join(lines) + "\n" + PROMPT + typed)
        sys.stdout.flush()

    def message(self, entry: Mapping[str, Any], agent: str | None) -> None:
        """A message to the end user, with its files and choices."""
        message, author = entry["message"], str(entry["author"])
        who = f"agent {agent}" if author == "agent" and agent else author
        parts = [str(message.get("body") or "")]
        parts += [f"[{one['name']}] {one['url']}" for one in message.get("attachments") or ()]
        choices = [str(one["label"]) for one in message.get("choices") or ()]
        if choices:
            parts.append("choose: " + " | ".join(choices))
        self.write(who, "\n".join(part for part in parts if part))

    def queue(self, queue: Mapping[str, Any]) -> None:
        """Where the end user stands, as far as the vendor tells it."""
        position, waiting, estimate = (queue.get(name) for name in ("position", "waiting", "estimate"))
        told = [
            f"position {position}" if position is not None else "",
            f"{waiting} waiting" if waiting is not None else "",
            f"about {round(estimate)} s" if estimate is not None else "",
        ]
        self.write("queue", ", ".join(part for part in told if part) or "nothing is known")

    def ended(self, view: Mapping[str, Any]) -> None:
        """How it ended."""
        end: Mapping[str, Any] = view.get("end") or {}
        reason: Mapping[str, Any] = end.get("reason") or {}
        how = [str(reason[name]) for name in ("by", "why", "raw") if reason.get(name)]
        if end.get("next_opening"):
            how.append(f"open again {end['next_opening']}")
        told = f" ({', '.join(how)})" if how else ""
        self.write("ended", f"{view['outcome']}{told}")
