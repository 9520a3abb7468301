"""The settings document."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import BadSettings
from sluice.settings import (
    CmpApi,
    Secret,
    parse_settings,
    weaknesses,
)
from sluice.sources import KINDS
from sluice.sources.shopify import Options
from tests.samples import DATASET, OTHER_DATASET, PEPPER, dataset_changed, document, settings
from tests.strategies import any_text, json_values

MARKER = "marker-of-a-secret"


def source_changed(**changes: Any) -> dict[str, Any]:
    """The settings document with another source."""
    whole = document()
    whole["sources"]["shopify-demo"].update(changes)
    return whole


def at(whole: object) -> str:
    """Where a document is invalid and why; nothing when it is valid."""
    try:
        parse_settings(json.dumps(whole), KINDS)
    except BadSettings as error:
        return error.at
    return ""


def test_valid_document() -> None:
    """A valid document is read into its types, the options into those of their kind."""
    found = settings(source_changed(options={"purchase_topic": "orders/create", "pixel": True}))
    assert found.datasets[DATASET].server_keys == [Secret("demo-server-key-0123456789")]
    assert found.datasets[DATASET].site is None
    assert found.sources["shopify-demo"].options == Options(purchase_topic="orders/create", pixel=True)
    assert found.pepper.reveal() == PEPPER


def test_default_policy() -> None:
    """A dataset whose policy says nothing is strict and takes no plain flag."""
    consent = settings(dataset_changed(consent={})).datasets[DATASET].consent
    assert (consent.mode, consent.allow_boolean_flag) == ("strict", False)


CMP_API = {
    "kind": "didomi",
    "organization_id": "example-shop",
    "key": "key-of-the-consent-tool",
    "secret": "secret-of-the-consent-tool",
    "vendor": "c:facebook-abc123",
    "purposes": ["cookies", "create_ads_profile"],
}


def test_cmp_api() -> None:
    """A dataset may name the consent tool's service with a key pair; without it none is asked."""
    found = settings(dataset_changed(cmp_api=CMP_API)).datasets
    expected = CmpApi(
        kind="didomi",
        organization_id="example-shop",
        key=Secret("key-of-the-consent-tool"),
        secret=Secret("secret-of-the-consent-tool"),
        vendor="c:facebook-abc123",
        purposes=("cookies", "create_ads_profile"),
    )
    assert found[DATASET].cmp_api == expected
    assert found[OTHER_DATASET].cmp_api is None
    assert "of-the-consent-tool" not in repr(found)


@pytest.mark.parametrize(
    ("whole", "place"),
    [
        (document(peppers=[]), "the document"),
        (document(pepper=None), "$.pepper"),
        (document(pepper="0011"), "pepper"),
        (document(pepper="x" * 32), "pepper"),
        (document(pepper="0" * 33), "pepper"),
        (document(previous_peppers=["no hex"]), "pepper"),
        (document(datasets={"12": dataset_changed()["datasets"][DATASET]}), "datasets"),
        (document(datasets={"١٢٣٤٥٦": dataset_changed()["datasets"][DATASET]}), "datasets"),
        (document(datasets={}), "sources.shopify-demo.dataset"),
        (dataset_changed(colour="red"), "$.datasets[...]"),
        (dataset_changed(access_token=5), "$.datasets[...].access_token"),
        (dataset_changed(server_keys="one"), "$.datasets[...].server_keys"),
        (dataset_changed(default_country="Germany"), "$.datasets[...].default_country"),
        (dataset_changed(consent={"mode": "lax"}), "$.datasets[...].consent.mode"),
        (dataset_changed(consent={"allow_boolean_flags": True}), "$.datasets[...].consent"),
        (dataset_changed(cmp_api={**CMP_API, "kind": "didomy"}), "$.datasets[...].cmp_api.kind"),
        (dataset_changed(cmp_api={**CMP_API, "url": "https://api.example.com"}), "$.datasets[...].cmp_api"),
        (dataset_changed(cmp_api={**CMP_API, "key": None}), "$.datasets[...].cmp_api.key"),
        (dataset_changed(cmp_api={**CMP_API, "secret": 5}), "$.datasets[...].cmp_api.secret"),
        (dataset_changed(cmp_api={**CMP_API, "organization_id": ""}), "$.datasets[...].cmp_api.organization_id"),
        (dataset_changed(cmp_api={**CMP_API, "vendor": ""}), "$.datasets[...].cmp_api.vendor"),
        (dataset_changed(cmp_api={**CMP_API, "purposes": []}), "$.datasets[...].cmp_api.purposes"),
        (dataset_changed(cmp_api={"kind": "didomi"}), "$.datasets[...].cmp_api"),
        (dataset_changed(collect={"purchases": True}), "$.datasets[...].collect"),
        (dataset_changed(collect={"purchase": 1}), "$.datasets[...].collect.purchase"),
        (dataset_changed(collect={"cookie_domain": "de"}), "$.datasets[...].collect.cookie_domain"),
        (dataset_changed(collect={"cookie_domain": ".example.de"}), "$.datasets[...].collect.cookie_domain"),
        (dataset_changed(collect={"cookie_domain": "a.b; Path=/"}), "$.datasets[...].collect.cookie_domain"),
        (dataset_changed(collect={"cookie_domain": "example.de"}), f"datasets.{DATASET}.collect.cookie_domain"),
        (
            dataset_changed(
                allowed_origins=["https://shop.notexample.de", "https://*.example.com"],
                collect={"cookie_domain": "example.de"},
            ),
            f"datasets.{DATASET}.collect.cookie_domain",
        ),
        (source_changed(kind="shopfiy"), "sources.shopify-demo.kind"),
        (source_changed(dataset="999999"), "sources.shopify-demo.dataset"),
        (source_changed(options={"pixle": True}), "sources.shopify-demo.options"),
        (source_changed(options={"pixel": True}), "sources.shopify-demo.options"),
        (source_changed(options=None), "sources.shopify-demo.options"),
        (source_changed(secrets="one"), "$.sources[...].secrets"),
        (document(sources={"My Shop": source_changed()["sources"]["shopify-demo"]}), "sources"),
        ([], "the document"),
    ],
)
def test_invalid_document(whole: object, place: str) -> None:
    """Every rule that is broken is named with its place."""
    assert at(whole).replace("`", "").startswith(f"{place}:")


@pytest.mark.parametrize("origin", ["https://example.de", "https://shop.example.de:8443", "https://*.shop.example.de"])
def test_cookie_domain(origin: str) -> None:
    """Cookies are shared with pages of the domain itself and below it."""
    whole = dataset_changed(
        allowed_origins=["https://shop.other.example", origin], collect={"cookie_domain": "example.de"}
    )
    assert settings(whole).datasets[DATASET].collect.cookie_domain == "example.de"


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000, b"\xff", '"\ud800"', '{"pepper":' + "1" * 5_000 + "}"])
def test_no_json(text: str | bytes) -> None:
    """What is no JSON is an invalid document too, and no other error."""
    with pytest.raises(BadSettings):
        parse_settings(text, KINDS)


@given(st.sampled_from(["pepper", "datasets", "sources", "previous_peppers"]), json_values)
def test_any_value_anywhere_is_an_answer(key: str, value: Any) -> None:
    """A document with any value at the top is read or is BadSettings."""
    assert isinstance(at(document(**{key: value})), str)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in _places(item, (*path, key)))]


FULL = source_changed(options={"shop_domain": "example-outdoor.myshopify.com", "content_id": "sku"})
FULL["datasets"][DATASET]["cmp_api"] = CMP_API


@pytest.mark.parametrize("place", [path for path in _places(FULL) if path], ids=str)
@pytest.mark.parametrize("value", [MARKER, [MARKER], {"name": MARKER}, 4_242_424_242])
def test_message_never_holds_a_value(place: tuple[Any, ...], value: Any) -> None:
    """Whatever stands in a wrong place, the message does not repeat it: it could be a secret."""
    whole = json.loads(json.dumps(FULL))
    owner = whole
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    message = at(whole)
    assert MARKER not in message
    assert "4242424242" not in message


@given(any_text)
def test_secret_never_shows_itself(value: str) -> None:
    """A secret prints as three stars however it is printed, inside a document too."""
    secret = Secret(value)
    assert f"{secret} {secret!r} {[secret]}" == "*** *** [***]"
    assert secret.reveal() == value


def test_document_never_shows_its_secrets() -> None:
    """Printing the whole document shows no token, key, secret or pepper."""
    shown = repr(settings())
    for secret in ("token-of-the-dataset", "demo-server-key", "sample-shopify-client-secret", PEPPER):
        assert secret not in shown


def test_secrets_compare() -> None:
    """Secrets are equal by value, never to a text, and cannot be keys of a dict."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret("a"))


@pytest.mark.parametrize(
    ("whole", "weakness"),
    [
        (dataset_changed(access_token=""), "access_token is empty"),
        (dataset_changed(server_keys=["short"]), "server_keys"),
        (dataset_changed(consent_keys={"k1": "short"}), "consent_keys"),
        *[
            (dataset_changed(allowed_origins=["https://shop.example.de", origin]), "allowed_origins[1]")
            for origin in (
                "null",
                "*",
                "https://Shop.example.de",
                "https://shop.example.de/",
                "shop.example.de",
                "https://shop.example.de:443",
                "http://*.example.de:80",
                "https://*.",
            )
        ],
        (source_changed(secrets=[]), "secrets holds no secret"),
        (source_changed(secrets=[""]), "secrets holds no secret"),
        (document(pepper=PEPPER[:16]), "pepper is shorter"),
    ],
)
def test_weakness(whole: dict[str, Any], weakness: str) -> None:
    """A valid document that should not be deployed says why, without the value."""
    (found,) = weaknesses(settings(whole))
    assert weakness in found


def test_no_weakness() -> None:
    """A good document has none."""
    assert weaknesses(settings()) == []
