"""Addresses of pages without what they may tell about a person. Pure."""

import re
from base64 import urlsafe_b64decode
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

_MAX_CHARACTERS: Final = 2_048
_MAX_PORT: Final = 65_535
_ROUNDS: Final = 4
"""How often a part is unquoted; redirects within redirects quote twice or three times."""
_ADDRESS: Final = re.compile(
    r"(?i:(https?))://(?:[^/?#]*@)?([\w.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?:?(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?",
    re.DOTALL,
)
_READABLE: Final = re.compile(r"(?:/[a-z]*(?:-[a-z]+|-[0-9]{1,6})*)*")
"""Most paths: nothing in them can look personal, so that nobody has to look at each segment."""
_CAMPAIGN: Final = re.compile(r"utm_[a-z]{1,20}=[a-z]*(?:[_-][a-z]+)*(?:&utm_[a-z]{1,20}=[a-z]*(?:[_-][a-z]+)*)*")
"""Many queries: as with paths."""
_SEGMENT: Final = re.compile(r"[^/;]+")
_PIECE: Final = re.compile(r"([^/?&;=#]+)(=?)")
_KEPT: Final = re.compile(r"(?:fbclid|gclid|utm_[a-z]{1,20})=", re.IGNORECASE)
_CLICK_ID: Final = re.compile(r"fbclid=[\w.~-]*", re.IGNORECASE | re.ASCII)
"""Also one of nothing but digits: what looks like a telephone number is none in here."""
_HARMLESS: Final = re.compile(
    r"(?i:order|code|city)=(?:(?:(?<==)|[ +_-])(?:[^\W\d_][^\W\d_A-Z]{0,15}|[A-Z]{1,16}))+[0-9]{0,3}"
)
"""How a shop sorts, a voucher, a place: words and hardly a digit, as no one-time code, no number of an order is."""
_EMAIL: Final = re.compile(r"[^@/]@[^\s@/]+\.[^\s@/]")
_PHONE: Final = re.compile(r"[/?&;=#:]\(?(?:[+\s]|0)(?:[\s()./+-]{0,3}[0-9]){7,15}\s*(?:$|[/?&;=#])")
_MIN_BASE64: Final = 8
_BASE64: Final = re.compile(r"[A-Za-z0-9_+-]{8,}")
_MIN_TOKEN: Final = 20
_LONGEST_CODE: Final = 6
"""Letters and digits mixed in a word of a readable name, such as 256gb."""
_WORD_END: Final = re.compile(r"[\W_]+")
_NAME_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NAME_PART: Final = re.compile(r"mail|phone|passw", re.IGNORECASE)
"""What announces personal data in whatever word it stands."""
_NAME_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "em ph tel telefon mobil mobile handy name fn ln firstname lastname fname lname fullname surname forename"
        " vorname nachname user username userid uid login pass pwd token jwt otp key apikey secret auth session sid sig"
        " signature hmac hash code address adresse street strasse zip zp plz city ort birthday birthdate geburtstag"
        " geburtsdatum dob db customer kunde contact checkout order",
    )
)


def without_personal_data(url: str) -> str | None:
    """The address without what may tell who visits; None for what is no http(s) address.

    Credentials and fragment go, and every query parameter whose value looks like an e-mail address, a telephone number
    or a token, or whose name announces one. The path is cut before the first segment of that kind. ``fbclid``,
    ``gclid`` and ``utm_*`` stay unless they hold an e-mail address or a telephone number. What stays is not
    rewritten but for raw spaces.

    Everything is judged after unquoting up to four times, as compatible characters (NFKC), and base64 decoded.
    """
    if not url.isprintable():  # browsers drop what would hide an e-mail address here
        url = "".join(filter(str.isprintable, url))
    url = url.strip().replace(" ", "%20")
    if len(url) > _MAX_CHARACTERS:  # half an e-mail address would not be known as one
        url = url[: max(url.rfind(mark, 0, _MAX_CHARACTERS) for mark in "/;?&#")]
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return None
    scheme, host, port, path, query = found.groups("")
    if port and int(port[1:]) > _MAX_PORT:
        return None
    for segment in () if _READABLE.fullmatch(path) else _SEGMENT.finditer(path):
        if _is_personal(segment[0]):
            path = path[: segment.start()].rstrip(";")
            break
    if query and not _CAMPAIGN.fullmatch(query):
        query = "&".join([part for part in query.split("&") if not _is_personal(part)])
    return f"{scheme.lower()}://{host.lower() if host.isascii() else host}{port}{path}{'?' if query else ''}{query}"


def is_shortened(given: str, cleaned: str) -> bool:
    """Whether ``without_personal_data`` took more of an address than a fragment, which no page needs."""
    return len(cleaned) < len(given.partition("#")[0].strip().replace(" ", "%20").rstrip("?"))


def _is_personal(part: str) -> bool:
    """Whether a segment of the path or a parameter of the query may tell who visits."""
    text = part
    if "%" in text or not text.isascii():
        for _ in range(_ROUNDS):
            text = normalize("NFKC", unquote(text))
        if unquote(text) != text:  # nobody quotes so often who has nothing to hide
            return True
    if ("@" in text and _EMAIL.search(text)) or (not _CLICK_ID.fullmatch(text) and _PHONE.search(f"={text}")):
        return True
    if _HARMLESS.fullmatch(text):
        return False
    kept = _KEPT.match(text)
    for piece, is_name in _PIECE.findall(text):
        if is_name and not kept and _is_personal_name(piece):
            return True
        if len(piece) >= _MIN_TOKEN and not kept and _is_token(piece):
            return True
        if len(piece) >= _MIN_BASE64 and not piece.islower() and any(map(_is_base64_of_email, _BASE64.findall(piece))):
            return True
    return False


def _is_personal_name(name: str) -> bool:
    """Whether a parameter's name announces personal data, in snake_case, kebab-case or camelCase."""
    words = _NAME_WORD.findall(name)
    if not name.islower():
        words = [*map(str.lower, words), name.lower()]
    return _NAME_PART.search(name) is not None or not _NAME_WORDS.isdisjoint(words)


def _is_token(piece: str) -> bool:
    """Whether a long text is made of something else than words, numbers and short codes: no readable name."""
    return not all(
        len(word) <= _LONGEST_CODE or word.isdigit() or (word.isalpha() and (word[1:].islower() or word.isupper()))
        for word in _WORD_END.split(piece)
    )


def _is_base64_of_email(run: str) -> bool:
    """Whether base64 (RFC 4648, either alphabet) stands for text with an e-mail address in it."""
    if run.isdigit() or run.islower():  # the @ makes a capital in base64, wherever it falls
        return False
    try:
        text = urlsafe_b64decode(run + "==").decode()
    except ValueError:
        return False
    return _EMAIL.search(text) is not None
