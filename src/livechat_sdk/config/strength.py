"""Looks at the secrets of a document: empty, short, left over from an example, twice the same."""

from __future__ import annotations

import re
from typing import Final

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.sensitive import SecretValue, Sensitive, text_of
from livechat_sdk.config.signing_secrets import signing_key
from livechat_sdk.config.tree import Path

__all__ = ["SHORTEST_SECRET", "check_secrets"]

SHORTEST_SECRET: Final = 16
"""Characters that a secret should have at least when we decide what it opens (webhooks, the gateway)."""

_EXAMPLE: Final = re.compile(
    r"(?:change|replace)[-_ ]?(?:me|this|it)|your[-_ ].*|<[^>]*>|x{4,}|\*{3,}|\.{3}|…"
    r"|secret|password|todo|example",
    re.IGNORECASE,
)


_FOREIGN: Final = re.compile(
    r"\$[A-Za-z_]\w*|\$\([^()]*\)|%[A-Za-z_]\w*%|\{\{.*\}\}|<%.*%>|(?:env|vault|file|secret):\S+"
    r"|process\.env\.\w+|os\.environ\b.*",
    re.ASCII,
)


def _add(drafts: list[Draft], code: str, message: str, path: Path, suggestion: str) -> None:
    drafts.append(Draft(code, message, path, suggestion=suggestion))


def check_secrets(sensitive: Sensitive, drafts: list[Draft]) -> None:
    """Write down what is wrong with the secrets, without a word of what they are."""
    seen: dict[tuple[str | int, ...], str] = {}
    said = {draft.path for draft in drafts if draft.final}
    for secret in sensitive.secrets:
        if secret.path in said or not secret.path:
            continue
        value = text_of(secret.node.value)
        if not value.strip():
            _empty(secret, drafts)
        elif secret.declared:
            _doubt(secret, value, drafts)
            if isinstance(secret.path[-1], int):
                if seen.get(secret.path[:-1]) == value:
                    drafts.append(Draft("LC609", "both secrets are the same", secret.path))
                seen[secret.path[:-1]] = value


def _doubt(secret: SecretValue, value: str, drafts: list[Draft]) -> None:
    """What is doubtful about one secret that is there."""
    written_out = not secret.node.references
    if value != value.strip() and len(value.splitlines()) == 1:
        _add(drafts, "LC618", "space around the secret is part of it", secret.path, "remove it")
    if written_out and _FOREIGN.fullmatch(value.strip()):
        message = "this reads like a reference, and is taken as it is"
        _add(drafts, "LC617", message, secret.path, "write ${NAME}, or ${file:PATH}")
    elif _EXAMPLE.fullmatch(value.strip()):
        message = "this secret looks like a placeholder"
        _add(drafts, "LC608", message, secret.path, "refer to the environment: ${NAME}")
    elif secret.path[0] == "store_key" or secret.path[:2] == ("gateway", "platform"):
        _form(secret, value, drafts)
    elif len(value) < SHORTEST_SECRET and _chosen_by_us(secret.path):
        message = f"this secret has fewer than {SHORTEST_SECRET} characters and can be guessed"
        _add(drafts, "LC606", message, secret.path, "use at least 16 random characters")


def _chosen_by_us(path: Path) -> bool:
    """Whether the secret opens something of ours, so that its length is ours to choose."""
    return path[:1] == ("gateway",) or any("webhook" in str(part).lower() for part in path)


def _form(secret: SecretValue, value: str, drafts: list[Draft]) -> None:
    """Secrets that need a form of their own."""
    (_store_key if secret.path[0] == "store_key" else _signing_secret)(secret, value, drafts)


def _store_key(secret: SecretValue, value: str, drafts: list[Draft]) -> None:
    from livechat_sdk.ledger.secrets import MIN_KEY_CHARACTERS

    if len(value.strip()) < MIN_KEY_CHARACTERS:
        drafts.append(
            Draft(
                "LC508",
                f"the store key needs at least {MIN_KEY_CHARACTERS} random characters",
                secret.path,
                suggestion='make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        )


def _signing_secret(secret: SecretValue, value: str, drafts: list[Draft]) -> None:
    if signing_key(value) is None:
        drafts.append(
            Draft(
                "LC509",
                "the secret must be whsec_ and 24 to 64 random bytes in base64",
                secret.path,
                suggestion="`livechat explain code LC509` says how to make one",
            )
        )


def _empty(secret: SecretValue, drafts: list[Draft]) -> None:
    references = secret.node.references
    if references and secret.node.value is not None:
        names = " and ".join(dict.fromkeys(references))
        verb = "are" if " and " in names else "is"
        drafts.append(
            Draft(
                "LC502",
                f"the environment variable {names} {verb} empty, and a secret is needed here",
                secret.path,
                suggestion=f"set it before the start: export {references[0]}=…",
                final=True,
            )
        )
    elif secret.declared and secret.node.value is not None and isinstance(secret.node.value, str):
        drafts.append(
            Draft(
                "LC505",
                "the secret is empty",
                secret.path,
                suggestion="refer to the environment: ${NAME}",
                final=True,
            )
        )
