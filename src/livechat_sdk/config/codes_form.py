"""Codes for the form of a settings file: LC1xx (file and syntax) and LC2xx (keys and values)."""

from __future__ import annotations

from typing import Final

__all__ = ["FORM"]

FORM: Final[tuple[tuple[str, str, str, str], ...]] = (
    # ------------------------------------------------------------------------------- LC1xx file and syntax
    (
        "LC100",
        "The settings cannot be used",
        "A general refusal that fits none of the other codes; its message says what was wrong.",
        "Do what the message says.",
    ),
    (
        "LC101",
        "The file does not exist",
        "Nothing is found under this path. A relative path starts in the folder the program was started in.",
        "Check the path, or start the program in the folder that holds the file.",
    ),
    (
        "LC102",
        "The file cannot be read",
        "The path names a folder, or the user that runs the program may not read the file.",
        "Name a file, and give the program's user the right to read it.",
    ),
    (
        "LC103",
        "The file is not UTF-8",
        "Settings are read as UTF-8. The file has bytes that are not, or is stored as UTF-16.",
        "Save the file as UTF-8 in your editor.",
    ),
    (
        "LC104",
        "The file is too large",
        "A settings file may have at most 1 MB. A larger one is nearly always another file.",
        "Check the path. Keep data such as contacts in files of their own.",
    ),
    (
        "LC105",
        "This is not YAML",
        "The text breaks the rules of YAML here, so nothing after this place could be read.",
        "Mend this place first and check again; indentation, quotes and brackets are the usual reasons.",
    ),
    (
        "LC106",
        "This is not JSON",
        "The text starts like JSON and then breaks its rules, so nothing after this place could be read.",
        "Mend this place and check again. JSON: double quotes, no comma after the last entry, no comments.",
    ),
    (
        "LC107",
        "Nested too deep",
        "Settings need about eight levels; the limit of 50 keeps a hostile file from exhausting the program.",
        "Check the brackets and the indentation.",
    ),
    (
        "LC108",
        "Too many values",
        "A document may have 100 000 keys and values, aliases counted as if they were written out.",
        "Split the settings, or remove anchors that multiply each other.",
    ),
    (
        "LC109",
        "More than one document",
        "The file holds a second YAML document behind a line with three dashes. Only one is read.",
        "Put the second document into a file of its own.",
    ),
    (
        "LC110",
        "The file is empty",
        "The file has no content besides space and comments.",
        "Start with `version: 1`, then `integrations:` and `bots:`.",
    ),
    (
        "LC111",
        "Not a settings file",
        "The top of the file is neither a mapping of settings nor integration documents of the platform.",
        "Start with `version: 1`, then `integrations:` and `bots:`.",
    ),
    (
        "LC112",
        "A key stands twice",
        "Two equal keys in one mapping: other programs silently take the last one. The first one is checked.",
        "Remove one of the two, or put their contents together.",
    ),
    (
        "LC113",
        "A key is not text",
        "Keys are names. A number, a truth value, an empty key or a nested one cannot be a name.",
        "Put the key in quotes if it is meant as a name.",
    ),
    (
        "LC114",
        "A tag is used",
        "YAML tags such as !!python/object or !secret are not used in settings and never executed.",
        "Remove the tag. Secrets come from the environment: ${NAME}.",
    ),
    (
        "LC115",
        "A tab is used for indentation",
        "YAML is indented with spaces only.",
        "Replace the tab by spaces.",
    ),
    (
        "LC116",
        "A value holds itself",
        "An alias stands inside the value that it refers to.",
        "Remove the alias.",
    ),
    (
        "LC117",
        "A merge conflict is left",
        "Git leaves <<<<<<<, ======= and >>>>>>> where two changes could not be put together.",
        "Choose one of the two sides, and remove the lines with the marks.",
    ),
    (
        "LC118",
        "A character is not allowed",
        "The text has a control character, or one that Unicode does not define.",
        "Remove it; in a double-quoted text it may be written as an escape.",
    ),
    (
        "LC119",
        "An alias has no anchor",
        "An alias (`*name`) refers to an anchor (`&name`) that does not stand before it.",
        "Add the anchor, or put the text in quotes when no alias was meant.",
    ),
    (
        "LC120",
        "An included file does not exist",
        "A relative path of `include` starts in the folder of the file that it stands in.",
        "Check the path.",
    ),
    (
        "LC121",
        "A file includes itself",
        "The file is included by what it includes, so there is no order in which the two could win.",
        "Remove the path from one of the two files.",
    ),
    (
        "LC122",
        "Not the path of a file",
        "`include` takes the path of a file, or a list of them; a path may be a pattern such as bots/*.yaml.",
        "Write include: [integrations.yaml, bots/*.yaml].",
    ),
    (
        "LC123",
        "Too many files",
        "At most 50 files can be included, directly or by what is included.",
        "Put some of them together.",
    ),
    (
        "LC124",
        "An included file cannot be read",
        "The path names a folder or a pipe, or the user that runs the program may not read the file.",
        "Name a file, and give the program the right to read it.",
    ),
    (
        "LC125",
        "An invisible character",
        "A space that is not the ordinary one (a non-breaking one, say) stands where a line begins.",
        "Write an ordinary space; editors can show the others.",
    ),
    (
        "LC126",
        "A reference in a path",
        "What is included is decided before references are filled in.",
        "Write the path out; what differs between places can be a reference inside of the file.",
    ),
    (
        "LC127",
        "Two files disagree about the form",
        "One file has a mapping, a list or a value where another one has something else.",
        "Write both in the same form, or remove one.",
    ),
    # ----------------------------------------------------------------------------- LC2xx keys and values
    (
        "LC201",
        "The version is missing",
        "Every settings file says which form it has, so that it can be migrated later.",
        "Add `version: 1` as the first line.",
    ),
    (
        "LC202",
        "The version is not known",
        "This release reads version 1 of the settings.",
        "Write `version: 1`, or update the SDK if the file was written for a newer one.",
    ),
    (
        "LC203",
        "Unknown key",
        "No setting with this name exists at this place. Nothing is ignored silently.",
        "Take the suggested name, move the key to where it belongs, or remove it.",
    ),
    (
        "LC204",
        "A key is missing",
        "A setting that has no default is not there.",
        "Add the key below the place that is shown.",
    ),
    (
        "LC205",
        "Wrong kind of value",
        "A text, a number, a truth value, a list or a mapping stands where another kind is needed.",
        "Write the value in the form that the message asks for.",
    ),
    (
        "LC206",
        "Not one of the known values",
        "This setting takes one of a few words, and this is none of them.",
        "Take one of the words in the message.",
    ),
    (
        "LC207",
        "Out of range",
        "The number, or the length of the text or list, is outside of its limits.",
        "Stay within the limits in the message.",
    ),
    (
        "LC208",
        "The value is not valid",
        "The value has the right kind and breaks another rule; the message says which.",
        "Mend the value as the message says.",
    ),
    (
        "LC209",
        "Not a name",
        "Names of bots, integrations and questions have 1 to 200 characters and no control characters.",
        "Choose another name.",
    ),
    (
        "LC210",
        "Not a duration",
        "Durations are numbers with a unit (ms, s, m, h, d), several in a row, or a bare number of seconds.",
        "Write 90s, 2m, 1h30m or 500ms.",
    ),
    (
        "LC211",
        "A duration out of range",
        "Durations are longer than zero and at most 366 days.",
        "Check the unit; leave the key out, or write null, to switch a clock off.",
    ),
    (
        "LC213",
        "Not a usable store",
        (
            "The store is an SQLite file as a URL (three slashes for a relative path, four for a full one), "
            "or a PostgreSQL database. In user and password, @ : and / are written %40 %3A and %2F."
        ),
        "Write sqlite:///livechat.db or postgresql://user:${DB_PASSWORD}@host/livechat.",
    ),
    (
        "LC214",
        "Not a usable address",
        "The public address is what vendors call: http or https, a host, perhaps a path, nothing else.",
        "Write it like https://chat.example.com.",
    ),
    (
        "LC215",
        "Not a language",
        "Languages are written as tags such as en, el or pt-BR.",
        "Write the tag of the language.",
    ),
    (
        "LC216",
        "An age out of range",
        "What is kept is kept for an hour at least, and for 100 years at most; a bare number is in seconds.",
        "Write a number of days such as 90d; leave the key out, or write null, to keep handoffs for ever.",
    ),
    (
        "LC217",
        "Not an address for webhooks",
        "The platform's address is what is posted to: http or https, a host, perhaps a path and a query.",
        "Write it like https://platform.example.com/livechat.",
    ),
    (
        "LC218",
        "Not a size",
        "Sizes are numbers of bytes, or numbers with KB, MB or GB (1 KB is 1 024 bytes).",
        "Write it like 20MB.",
    ),
    (
        "LC219",
        "Not a kind of file",
        "Kinds of files are media types; * stands for anything.",
        "Write application/pdf, or image/* for every kind of picture.",
    ),
    (
        "LC220",
        "Business hours cannot be read",
        "Business hours need a time zone and a week.",
        'Write timezone: Europe/Athens and weekly: {mon-fri: ["09:00-17:00"]}.',
    ),
    (
        "LC221",
        "Unknown time zone",
        "Time zones are names of the IANA database; abbreviations such as EET have no clear meaning.",
        "Write a name such as Europe/Athens.",
    ),
    (
        "LC222",
        "The days of a week cannot be read",
        "Days are mon to sun, lists (sat,sun), ranges (mon-fri) or daily, and each day is named once.",
        "Name each day once, with a list of spans behind it; an empty list is a closed day.",
    ),
    (
        "LC223",
        "A span of time cannot be read",
        "Spans are written 09:00-13:00 and may not overlap; an end not after the start is on the next day.",
        "Write the span as 09:00-13:00.",
    ),
    (
        "LC231",
        "A language of system messages cannot be used",
        "System messages are grouped by language tag, and each language stands once.",
        "Write a tag such as en, el or pt-BR.",
    ),
    (
        "LC232",
        "Unknown moment",
        "System messages belong to moments of a handoff, and no moment has this name.",
        "Take one of the moments in the message.",
    ),
    (
        "LC233",
        "A system message cannot be used",
        "The text is empty or too long, or has a placeholder that has no value at this moment.",
        "Take a placeholder from the message; write null to say nothing.",
    ),
    (
        "LC234",
        "A template of tickets cannot be used",
        "The template is empty, or has a placeholder that has no value there.",
        "Take a placeholder from the message; leave the template out for the built-in words.",
    ),
    (
        "LC236",
        "Not an address to listen on",
        "The gateway listens on an address or a name of this machine: no scheme, no port, no path.",
        "Write 127.0.0.1 (this machine) or 0.0.0.0 (everywhere), and the port under `port:`.",
    ),
    (
        "LC237",
        "Not a place that links may lead to",
        "Links may lead to names, addresses and networks, perhaps with a port; a page is none of them.",
        "Write files.example.com, *.example.com, files:8080 or 10.1.0.0/16.",
    ),
    (
        "LC238",
        "Not the address of a proxy",
        "What a trusted proxy says of the client is believed, so that it is named by its address or network.",
        "Write 127.0.0.1 or 10.1.2.0/24; a network that holds every address is refused.",
    ),
)
"""Code, title, what it means, what to do."""
