"""Shopify's own library as oracle: it signed the webhooks of ``shopify.json`` and says which of them, changed, are its.

The file is made by ``tools/shopify_oracle.mjs``, which runs the library; here no node is needed.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sluice.errors import Rejected
from sluice.settings import Secret
from sluice.sources.request import Check
from sluice.sources.shopify import Options, authenticate
from tests.samples import NOW, request

ORACLE = json.loads((Path(__file__).parent / "shopify.json").read_text())
ROWS = ORACLE["rows"]
SECRETS = [Secret(secret) for secret in ORACLE["secrets"]]
SHOP = Options(shop_domain="example-outdoor.myshopify.com")


def is_let_in(row: dict[str, Any], secrets: list[Secret]) -> bool:
    """Whether the source lets the webhook in."""
    headers = {name.lower(): value for name, value in row["headers"].items()}
    try:
        authenticate(request(row["body"].encode(), headers), Check(secrets, SHOP, NOW))
    except Rejected as refusal:
        assert refusal.slug == "bad_signature"  # noqa: PT017 - the other outcome is no error
        return False
    return True


def test_every_verdict_is_the_library_s() -> None:
    """Whatever was changed in body, signature or headers, a webhook is let in exactly when the library takes it."""
    wrong = [row for row in ROWS if is_let_in(row, [SECRETS[row["secret"]]]) != (row["verdict"] == "valid")]
    assert wrong == []


def test_so_it_is_with_several_secrets() -> None:
    """Of a webhook that the library takes under one secret it does not matter which others the source has."""
    taken = [row for row in ROWS if row["verdict"] == "valid"]
    assert all(is_let_in(row, SECRETS[::-1]) for row in taken)
    others = [[known for at, known in enumerate(SECRETS) if at != row["secret"]] for row in taken]
    assert not any(is_let_in(row, known) for row, known in zip(taken, others, strict=True))


def test_the_webhooks_differ() -> None:
    """Among a thousand are right and changed ones in many ways, both families of headers, and text beyond ASCII."""
    assert len(ROWS) == 1_000
    assert Counter(row["verdict"] for row in ROWS).keys() == {
        "valid", "invalid_hmac", "missing_hmac", "missing_headers",
    }  # fmt: skip
    assert min(Counter(row["change"] for row in ROWS).values()) >= 20
    assert sum(any(name.lower() == "shopify-hmac-sha256" for name in row["headers"]) for row in ROWS) > 100
    assert sum(not row["body"].isascii() for row in ROWS) > 200
    assert sum(row["verdict"] == "valid" for row in ROWS) > 300
