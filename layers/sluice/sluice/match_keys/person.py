"""Names, gender, date of birth and the sender's own id of a person."""

import re
import unicodedata
from datetime import UTC, date, datetime

from sluice.match_keys.rule import Known, Reason, RefusedError
from sluice.match_keys.text import fold, squeeze


def name(text: str, _known: Known) -> str:
    """A first or last name in lower case, its letters only, of whatever script; digits stay, titles too."""
    return squeeze(text, digits=True)


# English, German, French, Spanish, Italian, Dutch, Polish, Portuguese, Swedish, Danish; folded.
_GENDERS = {
    "f": """
        f female woman w weiblich frau femme feminin feminine femenino femenina mujer femmina femminile donna vrouw
        vrouwelijk kobieta kobiecy zenska zenski feminino feminina mulher kvinna kvinnlig kvinnligt kvinde kvindelig
        kvindeligt
    """,
    "m": """
        m male man mannlich maennlich mann homme masculin masculino masculina hombre varon maschio maschile uomo
        mannelijk mezczyzna meska meski homem manlig manligt mand mandlig mandligt
    """,
}
_GENDER_OF_WORD = {word: letter for letter, words in _GENDERS.items() for word in words.split()}


def gender(text: str, _known: Known) -> str:
    """``f`` or ``m`` from the letter or the word for it in ten languages; Meta takes no other.

    Salutations (``Herr``) are not read, and letters that differ between languages neither.
    """
    letter = _GENDER_OF_WORD.get(fold(text))
    if not letter:
        raise RefusedError(Reason.UNKNOWN_VALUE)
    return letter


_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/]|\. ?)([0-9]{1,2})\2([0-9]{4})")
_MIDNIGHT = re.compile(r"(?<=-[0-9]{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$")
_EARLIEST = date(1900, 1, 1)


def birth_date(text: str, known: Known) -> str:
    """``YYYYMMDD`` of a real day from 1900 to today (UTC).

    With the year last and dots between, the day comes first. With slashes or dashes either may come first: in the US
    the month does; elsewhere the date is refused as ambiguous, unless one part can only be the day.
    Midnight behind an ISO date, in whatever time zone, is cut.
    """
    if match := _YEAR_FIRST.fullmatch(_MIDNIGHT.sub("", text)):
        year, month, day = (int(part) for part in (match.group(1, 3, 4) if match[1] else match.group(5, 6, 7)))
    elif match := _YEAR_LAST.fullmatch(text):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] in "-/":
            if known.country != "us" and day != month and max(day, month) <= 12:
                raise RefusedError(Reason.AMBIGUOUS_DATE)
            if day <= 12:  # in the US the first part is the month if it can be
                day, month = month, day
    else:
        raise RefusedError(Reason.MALFORMED)
    try:
        born = date(year, month, day)
    except ValueError:
        raise RefusedError(Reason.IMPOSSIBLE_DATE) from None
    if not _EARLIEST <= born <= datetime.fromtimestamp(known.now_seconds, UTC).date():
        raise RefusedError(Reason.IMPOSSIBLE_DATE)
    return born.strftime("%Y%m%d")


def external_id(text: str, _known: Known) -> str:
    """The sender's id exactly as written, in NFC: case and inner spaces are part of it."""
    return unicodedata.normalize("NFC", text)
