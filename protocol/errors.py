"""Every error code in one public table, with what the client does next.

A code is a promise: its meaning never changes, and a client may act on it without reading the
text. The texts are for people, in Danish and English.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Language = Literal["da", "en"]


class Then(StrEnum):
    """What a client does after an error: the only question a code has to answer."""

    CORRECT = "correct"  # change what was sent; sending the same again gives the same answer
    RETRY = "retry"  # send the same again, after retry_after_ms if it is given
    LOG_IN = "log_in"  # get a new session, then send again
    RESYNC = "resync"  # throw the local copy away and read a fresh snapshot
    STOP = "stop"  # final; show it to the person


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table: an HTTP status, what to do next, and the words for a person."""

    code: str
    status: int
    then: Then
    danish: str
    english: str

    def text(self, language: Language) -> str:
        """Give the words for a person in their language."""
        return self.danish if language == "da" else self.english


def _table(*rows: ErrorCode) -> dict[str, ErrorCode]:
    return {row.code: row for row in rows}


ERRORS = _table(
    ErrorCode(
        "bad_json",
        400,
        Then.CORRECT,
        "Beskeden kunne ikke læses.",
        "The message is not valid JSON of the expected form.",
    ),
    ErrorCode(
        "unknown_command",
        400,
        Then.CORRECT,
        "Serveren kender ikke den handling.",
        "The server does not know this command; send only those listed in hello.",
    ),
    ErrorCode(
        "unknown_field",
        400,
        Then.CORRECT,
        "Feltet kendes ikke.",
        "A field is not known to this command.",
    ),
    ErrorCode(
        "invalid_field",
        400,
        Then.CORRECT,
        "Feltet er ikke udfyldt rigtigt.",
        "A field is missing, or has a value that is not allowed.",
    ),
    ErrorCode(
        "out_of_order",
        400,
        Then.CORRECT,
        "Det kan man ikke gøre endnu.",
        "The command does not fit the state of the connection.",
    ),
    ErrorCode(
        "too_large",
        413,
        Then.CORRECT,
        "Det er for stort.",
        "The body or frame is larger, or nests deeper, than allowed.",
    ),
    ErrorCode(
        "not_authenticated",
        401,
        Then.LOG_IN,
        "Log ind for at fortsætte.",
        "Log in to go on.",
    ),
    ErrorCode(
        "bad_credentials",
        401,
        Then.CORRECT,
        "E-mail eller adgangskode passer ikke.",
        "E-mail or password does not fit.",
    ),
    ErrorCode(
        "bad_origin",
        403,
        Then.STOP,
        "Siden må ikke tale med denne server.",
        "This origin may not talk to the server.",
    ),
    ErrorCode(
        "not_active",
        403,
        Then.STOP,
        "Kontoen er ikke aktiv.",
        "The account is not active: a parent's consent is missing, or it is suspended.",
    ),
    ErrorCode(
        "not_found",
        404,
        Then.STOP,
        "Det findes ikke, eller du kan ikke se det.",
        "It does not exist, or you cannot see it.",
    ),
    ErrorCode(
        "conversation_closed",
        409,
        Then.STOP,
        "Samtalen er afsluttet.",
        "The conversation is closed.",
    ),
    ErrorCode(
        "calls_unavailable",
        503,
        Then.STOP,
        "Man kan ikke tale sammen med billede og lyd lige nu. I kan skrive sammen.",
        "The server has no relay for calls, so it lets none be made.",
    ),
    ErrorCode(
        "calls_not_allowed",
        403,
        Then.STOP,
        "I denne samtale kan man skrive sammen, men ikke ringe.",
        "Calls are not part of conversations of this kind.",
    ),
    ErrorCode(
        "call_over",
        410,
        Then.STOP,
        "Opkaldet er slut.",
        "The call has ended.",
    ),
    ErrorCode(
        "call_elsewhere",
        409,
        Then.STOP,
        "Du taler på en anden enhed.",
        "One is in this call at another device, or not at all; join it, or take it over.",
    ),
    ErrorCode(
        "no_more_time",
        409,
        Then.STOP,
        "Der er ikke mere tid, for der venter en anden.",
        "The call cannot be extended: somebody waits, or it has been extended often enough.",
    ),
    ErrorCode(
        "too_many_pins",
        409,
        Then.CORRECT,
        "Der kan højst være 20 fastgjorte beskeder. Løsn en af dem først.",
        "There may be at most 20 pinned messages: unpin one first.",
    ),
    ErrorCode(
        "bubble_closed",
        409,
        Then.STOP,
        "Boblen er lukket, fordi der er fundet en.",
        "The bubble is closed: someone has been found.",
    ),
    ErrorCode(
        "own_bubble",
        409,
        Then.STOP,
        "Man kan ikke svare på sin egen boble.",
        "One cannot reply to one's own bubble.",
    ),
    ErrorCode(
        "client_id_reused",
        409,
        Then.CORRECT,
        "Beskeden er allerede sendt med et andet indhold.",
        "This client_id already names another message; make a new one.",
    ),
    ErrorCode(
        "gone",
        410,
        Then.STOP,
        "Beskeden er slettet.",
        "The message was sent and has been erased since.",
    ),
    ErrorCode(
        "link_expired",
        410,
        Then.STOP,
        "Linket er brugt eller udløbet. Bed om et nyt.",
        "The link is used or has expired; ask for a new one.",
    ),
    ErrorCode(
        "alias_taken",
        409,
        Then.CORRECT,
        "Det alias er optaget. Prøv et andet.",
        "This alias is taken; try another.",
    ),
    ErrorCode(
        "too_young",
        403,
        Then.STOP,
        "Man skal være fyldt 13 år for at have en konto.",
        "One must be 13 or older to have an account.",
    ),
    ErrorCode(
        "parent_email_needed",
        400,
        Then.CORRECT,
        "Når man er 13 eller 14 år, skal en forælder give lov. Skriv din forælders e-mail.",
        "At 13 or 14 a parent must consent; give a parent's e-mail address, not your own.",
    ),
    ErrorCode(
        "weak_password",
        400,
        Then.CORRECT,
        "Adgangskoden er for let at gætte. Brug mindst 10 tegn, og ikke en kendt kode.",
        "The password is too easy to guess: at least 10 characters, and no common one.",
    ),
    ErrorCode(
        "bad_picture",
        400,
        Then.CORRECT,
        "Billedet kan ikke læses. Brug JPEG, PNG eller WebP.",
        "The picture cannot be read; use JPEG, PNG or WebP.",
    ),
    ErrorCode(
        "not_now",
        409,
        Then.STOP,
        "Det kan ikke lade sig gøre, som det står nu.",
        "That cannot be done as things stand; read it again.",
    ),
    ErrorCode(
        "steps_missing",
        409,
        Then.CORRECT,
        "Aftalen skal være skrevet under og kurset taget først.",
        "The agreement has to be signed and the course done first.",
    ),
    ErrorCode(
        "times_overlap",
        409,
        Then.CORRECT,
        "Du har allerede en tid, der går ind over den.",
        "You have published a time already that overlaps this one.",
    ),
    ErrorCode(
        "hold_expired",
        410,
        Then.STOP,
        "Tiden er ikke holdt længere. Vælg en ny.",
        "The time is kept no longer; pick another.",
    ),
    ErrorCode(
        "parent_books",
        403,
        Then.STOP,
        "For børn under 15 år er det en forælder, der bestiller samtalen.",
        "For someone under 15 a parent, with an account, books the talk.",
    ),
    ErrorCode(
        "already_booked",
        409,
        Then.CORRECT,
        "Du har allerede en samtale på det tidspunkt.",
        "You have another talk at that time already.",
    ),
    ErrorCode(
        "too_many_bookings",
        409,
        Then.CORRECT,
        "Du har allerede fem samtaler foran dig. Hold en af dem først.",
        "You have five talks ahead of you already; have one of them first.",
    ),
    ErrorCode(
        "no_coordinator",
        409,
        Then.STOP,
        "Der er ingen koordinator, der kan være med på det tidspunkt. Vælg en anden tid.",
        "No coordinator can take part at that time; pick another time.",
    ),
    ErrorCode(
        "colleague_taken",
        409,
        Then.CORRECT,
        "Din kollega er optaget på det tidspunkt.",
        "That volunteer is taken at that time; choose another.",
    ),
    ErrorCode(
        "offer_taken",
        409,
        Then.STOP,
        "En anden var hurtigst, eller den, der ventede, er gået.",
        "Another volunteer was first, or whoever waited has gone; read one's duty again.",
    ),
    ErrorCode(
        "others_wait",
        409,
        Then.STOP,
        "Der er nogen, der venter, så samtalen slutter til tiden.",
        "Someone waits, so the talk ends on time.",
    ),
    ErrorCode(
        "rate_limited",
        429,
        Then.RETRY,
        "Det går lidt stærkt. Vent et øjeblik, og prøv igen.",
        "That is a little fast; wait a moment and try again.",
    ),
    ErrorCode(
        "too_many_conversations",
        429,
        Then.RETRY,
        "Du har startet mange samtaler i dag. Prøv igen i morgen.",
        "You have started many conversations today; try again tomorrow.",
    ),
    ErrorCode(
        "resync_required",
        409,
        Then.RESYNC,
        "Der er sket for meget siden sidst. Siden henter alt på ny.",
        "Too much has happened since the cursor, or it is unknown; read a fresh snapshot.",
    ),
    ErrorCode(
        "unavailable",
        503,
        Then.RETRY,
        "Det kunne ikke gemmes lige nu. Prøv igen om lidt.",
        "It could not be stored right now; nothing was done, or it is safe to send again.",
    ),
    ErrorCode(
        "internal",
        500,
        Then.RETRY,
        "Noget gik galt hos os. Prøv igen om lidt.",
        "Something went wrong on our side; it is unknown whether it was done. Safe to retry.",
    ),
)


class Refused(Exception):
    """A use case says no, with a code of `ERRORS`.

    `field` names the input that is at fault (a JSON field name); `retry_after_ms` says when the
    same request may succeed; `detail` is a fixed English word or phrase for developers (G6: never
    what a person wrote).
    """

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        retry_after_ms: int | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(code)
        self.error = ERRORS[code]
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.detail = detail

    @property
    def code(self) -> str:
        """The stable code, a key of `ERRORS`."""
        return self.error.code
