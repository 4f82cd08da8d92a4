"""What the end user is told in Greek. ``SILENT`` where saying nothing is the better default.

Names stand after a colon: in a Greek sentence they would need an article and a case that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from livechat_sdk.domain.moments import SILENT, Moment, Silent

__all__ = ["TEXTS"]

TEXTS: Final[Mapping[Moment, str | Silent]] = {
    Moment.STARTING: SILENT,  # the reasons for silence are those of the English texts
    Moment.WAITING: "Το αίτημά σας στάλθηκε στην ομάδα μας. Θα σας εξυπηρετήσουμε το συντομότερο δυνατό.",
    Moment.QUEUE_UPDATE: ("[Είστε στη θέση {position} της σειράς αναμονής.|Σε λίγο έρχεται η σειρά σας.]"),
    Moment.SURVEY_QUESTION: "{question}",
    Moment.SURVEY_DONE: "Ευχαριστούμε! Σύντομα θα μιλήσετε με κάποιον από την ομάδα μας.",
    Moment.JOINED: "Συνδεθήκατε με την ομάδα μας.[ Σας εξυπηρετεί: {agent}.]",
    Moment.TRANSFERRED: (
        "[Σας μεταφέρουμε σε: {to}.|Σας μεταφέρουμε σε άλλο μέλος της ομάδας μας.]"
        " Παρακαλούμε μείνετε στη συνομιλία."
    ),
    Moment.LEFT: SILENT,
    Moment.IDLE_REMINDER: "Είστε ακόμη εδώ; Περιμένουμε την απάντησή σας.",
    Moment.IDLE_CLOSED: (
        "Κλείσαμε τη συνομιλία, καθώς δεν λάβαμε απάντησή σας για αρκετή ώρα."
        " Μπορείτε να ζητήσετε ξανά την ομάδα μας όποτε θέλετε."
    ),
    Moment.AGENT_SILENT: "Ευχαριστούμε για την υπομονή σας. Εξετάζουμε ακόμη το αίτημά σας.",
    Moment.FALLBACK: "Σας συνδέουμε με άλλη ομάδα. Μια στιγμή, παρακαλούμε.",
    Moment.ENDING: SILENT,
    Moment.ENDED: "Η συνομιλία με την ομάδα μας ολοκληρώθηκε. Ευχαριστούμε για την επικοινωνία.",
    Moment.CANCELLED: "Το αίτημά σας για συνομιλία με την ομάδα μας ακυρώθηκε.",
    Moment.MISSED: ("Λυπούμαστε, κανένα μέλος της ομάδας μας δεν μπόρεσε να αναλάβει έγκαιρα το αίτημά σας."),
    Moment.OUT_OF_HOURS: (
        "Η ομάδα μας δεν είναι διαθέσιμη αυτή την ώρα.[ Θα είμαστε ξανά κοντά σας {next_opening}.]"
    ),
    Moment.UNAVAILABLE: (
        "Λυπούμαστε, αυτή τη στιγμή δεν υπάρχει διαθέσιμο μέλος της ομάδας μας."
        " Παρακαλούμε δοκιμάστε ξανά αργότερα."
    ),
    Moment.FAILED: (
        "Λυπούμαστε, παρουσιάστηκε πρόβλημα στη σύνδεση με την ομάδα μας. Παρακαλούμε δοκιμάστε ξανά σε λίγο."
    ),
    Moment.ALREADY_WAITING: (
        "Το αίτημά σας είναι ήδη στην ομάδα μας. Θα σας εξυπηρετήσουμε το συντομότερο δυνατό."
    ),
    Moment.ALREADY_ACTIVE: "Συνομιλείτε ήδη με την ομάδα μας. Γράψτε απλώς το μήνυμά σας εδώ.",
    Moment.UNSUPPORTED: (
        "Λυπούμαστε, δεν μπορέσαμε να προωθήσουμε το μήνυμά σας. Παρακαλούμε στείλτε το ξανά ως απλό κείμενο."
    ),
    Moment.FILE_MISSING: "[Το αρχείο {file} δεν μπόρεσε να προωθηθεί.|Ένα αρχείο δεν μπόρεσε να προωθηθεί.]",
    Moment.TICKET_CREATED: "Καταγράψαμε το αίτημά σας. Η ομάδα μας θα επικοινωνήσει μαζί σας.",
}
