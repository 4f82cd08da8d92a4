"""Codes for what settings mean: LC3xx (parts), LC4xx (integrations), LC5xx (secrets), LC6xx (warnings)."""

from __future__ import annotations

from typing import Final

from livechat_sdk.config.signing_secrets import MAKE_SIGNING_KEY

__all__ = ["MEANING"]

MEANING: Final[tuple[tuple[str, str, str, str], ...]] = (
    # ------------------------------------------------------------------ LC3xx references between parts
    (
        "LC301",
        "Unknown integration",
        "A bot names an integration that the file does not have.",
        "Take the suggested name, or add the integration under `integrations:`.",
    ),
    (
        "LC302",
        "Not a live-chat integration",
        "A bot's live chat names an integration that is a CRM or a ticket system.",
        "Move it to `crm:` or `ticketing:` of the bot.",
    ),
    (
        "LC303",
        "Not a CRM integration",
        "A bot's `crm:` names an integration of another kind.",
        "Name a CRM integration, or move it to where it belongs.",
    ),
    (
        "LC304",
        "Not a ticketing integration",
        "A bot's `ticketing:` names an integration of another kind.",
        "Name a ticketing integration, or move it to where it belongs.",
    ),
    (
        "LC305",
        "An integration is listed twice",
        "The list is the order in which integrations are tried; naming one twice changes nothing.",
        "Remove the second one.",
    ),
    (
        "LC306",
        "A bot has no integration",
        "Live chat is enabled for the bot, and no integration is named that could take its handoffs.",
        "List at least one under `livechat: integrations:`, or write `enabled: false`.",
    ),
    (
        "LC307",
        "There is no integration at all",
        "Bots are there, and nothing that could take a handoff.",
        "Add one; the built-in desk needs nothing but `desk: {type: HELVIA_LIVECHAT}`.",
    ),
    (
        "LC308",
        "The end comes before the reminder",
        "The end user would be sent away before, or at the moment of, the reminder.",
        "Make `close_after` longer than `remind_after`.",
    ),
    (
        "LC309",
        "The release comes before the reminder",
        "The chat would be taken from a silent agent before, or at the moment of, the reminder.",
        "Make `release_after` longer than `remind_after`.",
    ),
    (
        "LC310",
        "Waiting takes longer than the handoff may live",
        "The longest life of a handoff includes the time before an agent takes it.",
        "Make `max_duration` longer than `request_timeout`.",
    ),
    (
        "LC311",
        "Two survey questions have one id",
        "Answers are kept by the id of their question.",
        "Give every question its own id.",
    ),
    (
        "LC312",
        "Tickets without a ticket system",
        "A ticket is to be made, and no ticketing integration is named.",
        "Name one under `ticketing:` of the bot, or remove `tickets_on` and `tickets`.",
    ),
    (
        "LC313",
        "A field that the ticket system does not have",
        "A ticket template sets a field that is not in the integration's field map, or to what it cannot be.",
        "Add the label to `fields` of the integration, or mend it here.",
    ),
    (
        "LC314",
        "A choice is offered twice",
        "The end user would see the same quick reply twice.",
        "Remove one of the two.",
    ),
    (
        "LC316",
        "A file larger than all files",
        "The largest file may not be larger than all files of the workspace together.",
        "Make `max_total` larger than `max_size`.",
    ),
    (
        "LC317",
        "An integration with open chats is gone",
        "Whoever is served by it now could not be answered any more, so the reload was refused.",
        "Wait until the chats have ended, end them, or serve with `--drain`.",
    ),
    (
        "LC318",
        "An integration with open chats leads elsewhere",
        "Chats of one account of a vendor are unknown at another, so the reload was refused.",
        "Wait for the chats to end, serve with `--drain`, or give the new one a name of its own.",
    ),
    (
        "LC319",
        "A change that needs a restart",
        "The ledger, the folder of files and the address to listen on stay while the process runs.",
        "Start the process anew.",
    ),
    # ---------------------------------------------------------------------- LC4xx integrations, providers
    (
        "LC401",
        "Unknown integration type",
        "No installed plugin offers this type, and it is none that we know a package for.",
        "Take the suggested type, or install the plugin that offers it.",
    ),
    (
        "LC402",
        "The type's package is not installed",
        "The type is known, and the package that brings it is not installed here.",
        "Install the package in the message.",
    ),
    (
        "LC403",
        "The type is missing",
        "Every integration says what it connects to.",
        "Add `type:`, ZENDESK_LIVECHAT for example.",
    ),
    (
        "LC404",
        "A setting of an integration is missing",
        "The integration's type needs this setting.",
        "Add it; a secret comes from the environment: ${NAME}.",
    ),
    (
        "LC405",
        "Unknown setting of an integration",
        "The integration's type has no setting with this name, neither in camelCase nor in snake_case.",
        "Take the suggested name, or remove it.",
    ),
    (
        "LC406",
        "A setting of an integration is not valid",
        "The integration's type does not accept this value; the message says why.",
        "Mend the value as the message says.",
    ),
    (
        "LC407",
        "Two names for one integration",
        "The `name` inside the document and the key that it stands under differ.",
        "Remove `name`, or make the two equal.",
    ),
    (
        "LC408",
        "An integration document has no name",
        "Integrations are always addressed by name. A bare document of the platform carries its own.",
        "Add `name`.",
    ),
    (
        "LC409",
        "Two integrations have one name",
        "Integrations are always addressed by name, so each needs its own.",
        "Rename one of them.",
    ),
    (
        "LC410",
        "An integration is not a mapping",
        "An integration is a mapping with its type and settings.",
        "Write `name: {type: …}`.",
    ),
    (
        "LC411",
        "The category does not fit the type",
        "The platform's category of an integration follows from its type.",
        "Remove `category`, or write the one in the message.",
    ),
    (
        "LC412",
        "A name that cannot be part of an address",
        "An integration's name is part of the address of its webhook and of its pages.",
        "Use letters, digits, spaces and - _ . only.",
    ),
    (
        "LC413",
        "A reserved name",
        "The gateway uses this name for itself, so an integration's pages cannot stand there.",
        "Choose another name.",
    ),
    (
        "LC414",
        "A setting in two spellings",
        "The setting stands there in camelCase and in snake_case; nobody knows which one is meant.",
        "Remove one of the two.",
    ),
    # ----------------------------------------------------------------------- LC5xx secrets and environment
    (
        "LC501",
        "An environment variable is not set",
        "The value refers to an environment variable that does not exist where the program runs.",
        "Set it before the start, or correct the name.",
    ),
    (
        "LC502",
        "An environment variable is empty",
        "A secret refers to an environment variable that is empty. An empty secret protects nothing.",
        "Set the variable to the secret.",
    ),
    (
        "LC503",
        "A reference cannot be read",
        "References are written ${NAME}, with the name of an environment variable and nothing else.",
        "Write ${NAME}; write $${ for a plain ${.",
    ),
    (
        "LC504",
        "A reference stands in a key",
        "References are filled in in values only.",
        "Write the key out.",
    ),
    (
        "LC505",
        "An empty secret",
        "An empty secret protects nothing.",
        "Refer to an environment variable: ${NAME}.",
    ),
    (
        "LC506",
        "Too many or too few secrets",
        "A secret is one value, or two while it rotates: the new one first, then the old one.",
        "Keep the newest two.",
    ),
    (
        "LC507",
        "A secret is not text",
        "Secrets are texts. A number would lose leading zeros and signs.",
        "Put the secret in quotes, or refer to an environment variable: ${NAME}.",
    ),
    (
        "LC508",
        "The store key is too short",
        "The key that encrypts the secrets in the store must be long and random.",
        'Make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"` and keep it safe.',
    ),
    (
        "LC509",
        "Not a signing secret",
        "Webhooks to the platform are signed with whsec_ and random bytes in base64 (Standard Webhooks).",
        f"Make one with `{MAKE_SIGNING_KEY}`.",
    ),
    (
        "LC510",
        "The file of a secret does not exist",
        "There is no such file where the program runs. A relative path starts in the folder of the settings.",
        "Check the path, and that the secret is mounted here.",
    ),
    (
        "LC511",
        "The file of a secret cannot be read",
        "The path names a folder or a pipe, or the user that runs the program may not read the file.",
        "Name a file, and give the user of the program the right to read it.",
    ),
    (
        "LC512",
        "The file of a secret is empty",
        "The value refers to a file without content. An empty secret protects nothing.",
        "Write the secret into the file.",
    ),
    (
        "LC513",
        "The file of a secret is too large",
        "A secret has at most 64 KB. A larger file is nearly always another file.",
        "Check the path.",
    ),
    (
        "LC514",
        "The file of a secret is not a text",
        "Secrets are texts in UTF-8; the file has bytes that are not.",
        "Write the secret into the file as UTF-8, a key in base64 for example.",
    ),
    # ------------------------------------------------------------------------------------- LC6xx warnings
    (
        "LC601",
        "An integration is never used",
        "No bot names this integration.",
        "Name it in a bot, switch it off with `enabled: false`, or remove it.",
    ),
    (
        "LC602",
        "Two names differ in case only",
        "Names are case-sensitive, so these are two integrations. People will take one for the other.",
        "Rename one of them.",
    ),
    (
        "LC603",
        "A disabled integration is used",
        "The integration is switched off: live chat passes over it, a CRM or ticket system is not asked.",
        "Switch it on with `enabled: true`, or take it out of the bot.",
    ),
    (
        "LC604",
        "All integrations of a bot are disabled",
        "Every handoff of this bot will end as `unavailable`.",
        "Switch one on, or write `enabled: false` in the bot's `livechat:`.",
    ),
    (
        "LC605",
        "Never open",
        "The business hours have no span, so every handoff will end as `out_of_hours`.",
        "Add spans, or leave `business_hours` out to be always open.",
    ),
    (
        "LC606",
        "A short secret",
        "A secret that a webhook or an API call is proved with can be guessed when it is short.",
        "Use at least 16 characters, random ones.",
    ),
    (
        "LC607",
        "No bots",
        "Integrations are there, and no bot that could hand anything over to them.",
        "Add the bots under `bots:`.",
    ),
    (
        "LC608",
        "A secret looks like a placeholder",
        "The secret reads like an example from documentation.",
        "Put the real secret into the environment and refer to it: ${NAME}.",
    ),
    (
        "LC609",
        "Rotating between equal secrets",
        "Both secrets are the same, so nothing rotates.",
        "Write the new secret first and the old one second, or only one.",
    ),
    (
        "LC610",
        "A public address without encryption",
        "Vendors would send conversations and secrets in clear, or we would send them to the platform so.",
        "Write https://… unless it is a test on your own machine.",
    ),
    (
        "LC611",
        "Not for live chat",
        "The document is an integration of another category (KB, LLM and so on). It is left out.",
        "Nothing, or remove it from the list.",
    ),
    (
        "LC612",
        "Files without a public address",
        "Links to files begin with `gateway.public_url`; without it a message that needs one is refused.",
        "Set `gateway.public_url`.",
    ),
    (
        "LC613",
        "Good for now",
        "The vendor is retiring something that the integration uses.",
        "Do what the message says before the day that it names.",
    ),
    (
        "LC614",
        "No file fits a pattern",
        "A pattern of `include` fits no file, so nothing is included by it.",
        "Check the pattern, or remove it.",
    ),
    (
        "LC615",
        "A file is included twice",
        "The second time changes nothing.",
        "Remove one of the two.",
    ),
    (
        "LC616",
        "Anybody may change a secret",
        "The file of a secret can be written by every user of the machine.",
        "Take the right away: chmod o-w FILE.",
    ),
    (
        "LC617",
        "A reference that is none",
        "The secret reads like a reference of another program ($NAME, %NAME%) and is taken as it is.",
        "Write ${NAME}.",
    ),
    (
        "LC618",
        "A secret with space around it",
        "Space or a line break stands before or behind the secret, and is part of it.",
        "Remove the space; printf writes no line break behind a text, echo does.",
    ),
    (
        "LC619",
        "A value is listed twice",
        "Naming it twice changes nothing.",
        "Remove the second one.",
    ),
    (
        "LC620",
        "A setting without effect",
        "Another setting keeps this one from ever mattering; the message says which.",
        "Remove one of the two, or change the other one as the message says.",
    ),
    (
        "LC621",
        "One secret opens two doors",
        "Whoever may read the counts could also act for the platform: both tokens are the same.",
        "Make another token for `metrics_tokens`.",
    ),
    (
        "LC622",
        "Links outlive their files",
        "Links to files are good for longer than the files are kept.",
        "Make `link_lifetime` shorter than `keep_for`.",
    ),
    (
        "LC623",
        "Quotes of a text processor",
        "The value stands in typographic quotes, which are part of it; only straight ones are quotes.",
        "Write straight quotes, or none.",
    ),
    (
        "LC624",
        "Another version of YAML",
        "Settings are always read as YAML 1.2, in which no and 9:30 are texts.",
        "Remove the line, or write %YAML 1.2.",
    ),
    (
        "LC625",
        "A vendor without encryption",
        "Conversations and credentials would travel to the vendor in clear.",
        "Write https://… unless it is a test on your own machine.",
    ),
)
"""Code, title, what it means, what to do."""
