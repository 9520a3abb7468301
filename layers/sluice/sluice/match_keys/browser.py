"""What is never hashed: address, browser, click and the ids that Meta itself gave out."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import parse_qsl

from sluice.match_keys.rule import Known, Reason, RefusedError
from sluice.personal import is_personal

# Reserved for examples (RFC 5737 and 3849): no browser has one, so they harm nobody and samples may use them.
_EXAMPLES_V4 = ("192.0.2.", "198.51.100.", "203.0.113.")
_EXAMPLES_V6 = IPv6Network("2001:db8::/32")
# IPv6 addresses whose last four bytes are an IPv4 one (RFC 4291, 2.5.5.1, and RFC 6052).
_ENDS_WITH_V4 = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))
_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = re.compile(rf"{_BYTE}\.{_BYTE}\.{_BYTE}\.{_BYTE}")
_PARTLY_PUBLIC = frozenset(map(str, (0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256))))
"""First bytes of IPv4 addresses that are not all public (IANA's special-purpose registry, and multicast)."""


def ip(text: str, known: Known) -> str:
    """A public IPv4 or IPv6 address as written; an IPv4 address inside an IPv6 one (``::ffff:1.2.3.4``) is taken out.

    One inside an address of a transition (IPv4-compatible, 6to4, NAT64) stays there, and must be public.

    Not read: lists of addresses and ports; which of several is the browser's, only the sender knows.
    """
    # ``is_global`` compares with some twenty networks: what the first byte says already needs none of that.
    if (match := _V4.fullmatch(text)) and (match[1] not in _PARTLY_PUBLIC or text.startswith(_EXAMPLES_V4)):
        return text
    try:
        address = ip_address(text)
    except ValueError:
        # "from None": the error's text quotes the address.
        raise RefusedError(Reason.MALFORMED) from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise RefusedError(Reason.MALFORMED)
        if address.ipv4_mapped:
            return ip(str(address.ipv4_mapped), known)
        ends_with_v4 = any(address in network for network in _ENDS_WITH_V4)
        if inner := IPv4Address(address.packed[-4:]) if ends_with_v4 else address.sixtofour:
            ip(str(inner), known)
            return text
        if address.is_site_local:
            raise RefusedError(Reason.PRIVATE_ADDRESS)
    if address not in _EXAMPLES_V6 and (address.is_multicast or not address.is_global):
        raise RefusedError(Reason.PRIVATE_ADDRESS)
    return text


_LIBRARY = re.compile(
    r"(?:python(?:-requests|-urllib|-httpx)?|aiohttp|curl|wget|node|node-fetch|undici|axios|got|go-http-client|okhttp"
    r"|java|java-http-client|apache-httpclient|postmanruntime|insomnia|guzzlehttp|libwww-perl|ruby|faraday"
    r"|rest-client)(?:[/ ].*)?",
    re.IGNORECASE | re.DOTALL,
)


def user_agent(text: str, known: Known) -> str:
    """What the browser calls itself, byte for byte.

    An HTTP library (``python-requests/2.32``, ``curl/8.5``) is no browser but a sender's own relay: a placeholder.
    """
    if _LIBRARY.fullmatch(text.strip()):
        raise RefusedError(Reason.PLACEHOLDER)
    return verbatim(text, known)


def verbatim(text: str, _known: Known) -> str:
    """The text itself, byte for byte; not one that holds an e-mail address or a telephone number."""
    if is_personal(text):
        raise RefusedError(Reason.MALFORMED)
    return text


_SUFFIX = r"(?:\.(?:[A-Za-z0-9_-]{2}|[A-Za-z0-9_-]{8}))?"
_CLICK = r"[A-Za-z0-9_-]+"
_FBC = re.compile(rf"fb\.[0-9]\.([1-9][0-9]{{0,15}})\.({_CLICK}){_SUFFIX}")
_FBP = re.compile(rf"fb\.[0-9]\.([1-9][0-9]{{0,15}})\.[0-9]+{_SUFFIX}")
_MISSING_CLICKS = frozenset({"null", "undefined"})
_YEAR_2010_MS = 1_262_304_000_000
_DAY_SECONDS = 86_400


def fbc(text: str, known: Known) -> str:
    """A click id as its cookie has it, ``fb.1.<milliseconds>.<fbclid>``, with or without Parameter Builder's suffix.

    Byte for byte: the ``fbclid`` is case-sensitive. A bare ``fbclid`` is refused, since the time of the click would
    have to be invented.
    """
    match = _FBC.fullmatch(text)
    if not match:
        raise RefusedError(Reason.MALFORMED)
    if match[2] in _MISSING_CLICKS:
        raise RefusedError(Reason.PLACEHOLDER)
    _check_created(int(match[1]), known)
    return text


_FBCLID = re.compile(_CLICK)


def fbc_from_url(url: str, opened_at: int, *, may_be_cut: bool = False, depth: int = 1) -> str | None:
    """The click id of a landing page's address, byte for byte; None when it has none or one that cannot be trusted.

    Only the first ``fbclid`` of the query counts, as in the browser, and only in the characters that Meta's own have:
    a dot would end it too soon. A value that the end of the address may have cut off is not trusted either.

    Args:
        url: the address with its query; a fragment is not searched.
        opened_at: when that page was opened, Unix seconds; never the time of a later event.
        may_be_cut: whether the address comes from a store that shortens long text.
        depth: how many dots the domain of its cookie has; 1 without a cookie (Meta's "fbp and fbc parameters" page).
    """
    address, hash_sign, _ = url.partition("#")
    query = address.partition("?")[2]
    if may_be_cut and not hash_sign:
        query = query.rpartition("&")[0]
    fbclid = next((value for key, value in parse_qsl(query) if key == "fbclid"), "")
    if not _FBCLID.fullmatch(fbclid) or fbclid in _MISSING_CLICKS:
        return None
    return f"fb.{depth}.{opened_at * 1000}.{fbclid}"


def fbp(text: str, known: Known) -> str:
    """A browser id as its cookie has it, ``fb.1.<milliseconds>.<digits>``, suffix as for ``fbc``."""
    match = _FBP.fullmatch(text)
    if not match:
        raise RefusedError(Reason.MALFORMED)
    _check_created(int(match[1]), known)
    return text


def _check_created(created_ms: int, known: Known) -> None:
    """Refuse an id from before 2010 (seconds look like that) or, with a day for wrong clocks, from the future."""
    if not _YEAR_2010_MS <= created_ms <= (known.now_seconds + _DAY_SECONDS) * 1000:
        raise RefusedError(Reason.IMPOSSIBLE_TIME)


_ADVERTISING_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def advertising_id(text: str, _known: Known) -> str:
    """An Android advertising id or IDFA in lower case; all zeros mean that tracking was refused."""
    lowered = text.lower()
    if not _ADVERTISING_ID.fullmatch(lowered):
        raise RefusedError(Reason.MALFORMED)
    if not lowered.strip("0-"):
        raise RefusedError(Reason.PLACEHOLDER)
    return lowered


_LEAD = re.compile(r"(?:l:)?([0-9]{15,17})")
_LOGIN = re.compile(r"[0-9]{1,20}")


def lead_id(text: str, _known: Known) -> str:
    """A Lead Ads id of 15 to 17 digits as text: as a float it would lose its last digits. ``l:`` of exports is cut."""
    match = _LEAD.fullmatch(text)
    if not match:
        raise RefusedError(Reason.MALFORMED)
    return match[1]


def login_id(text: str, _known: Known) -> str:
    """An app-scoped id of Facebook Login, digits only."""
    if not _LOGIN.fullmatch(text):
        raise RefusedError(Reason.MALFORMED)
    return text
