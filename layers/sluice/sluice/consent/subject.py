"""Subject keys: what the consent ledger knows a person by, without knowing the person.

The HMAC-SHA-256 of one identifier with the site's secret, cut to 128 bits (RFC 2104 allows half the output).
A hash of an e-mail address can be guessed by trying addresses; without the secret its HMAC cannot.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from sluice.settings import SettingsDocument

IDENTIFIERS: Final = ("external_id", "em", "ph", "fbp")
"""Match keys that name one person; names and places are shared by many."""


def identifiers(user_data: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    """What names one person among an event's match keys, every value of a list."""
    found = []
    for name in IDENTIFIERS:
        values = user_data.get(name, ())
        found += [(name, value) for value in ((values,) if isinstance(values, str) else values)]
    return found


def subject_secrets(document: SettingsDocument, dataset_id: str) -> list[str]:
    """The secrets of a dataset's site, hex: of the pepper and, so that nobody is lost, of those before it.

    A site's own secret lets a shop name its visitors in tokens without knowing those of another site.
    """
    site = document.datasets[dataset_id].site or dataset_id
    return [_site_secret(pepper.reveal(), site) for pepper in (document.pepper, *document.previous_peppers)]


def subject_keys(named: Iterable[tuple[str, str]], secrets: Sequence[str]) -> list[str]:
    """The subject keys of identifiers (kind, value) under each secret, 22 characters each."""
    found = []
    for secret in secrets:
        keyed = _keyed(secret)
        for kind, value in named:
            mac = keyed.copy()
            mac.update(f"{kind}:{value}".encode(errors="surrogatepass"))
            found.append(base64.urlsafe_b64encode(mac.digest()[:16])[:22].decode())
    return found


@lru_cache(maxsize=256)
def _site_secret(pepper: str, site: str) -> str:
    return hmac.digest(bytes.fromhex(pepper), f"site:{site}".encode(), "sha256").hex()


@lru_cache(maxsize=256)
def _keyed(secret: str) -> hmac.HMAC:
    """The HMAC before any text: keying it anew takes longer than the rest."""
    return hmac.new(bytes.fromhex(secret), digestmod="sha256")
