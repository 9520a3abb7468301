"""A server container's event data, and the sample of ``events/``."""

import json
from typing import Any

import msgspec
import pytest

from sluice.errors import Rejected
from sluice.event import Arrival, Consent
from sluice.settings import Secret, Source
from sluice.sources.gtm_event_data import flattened as gtm_flattened
from sluice.sources.gtm_server import Options, to_arrivals
from sluice.sources.request import Mapped
from tests.fakes.rooms import IngestRoom
from tests.samples import DATASET, NOW, file_request, request, with_source

SAMPLE = file_request("gtm-server-purchase")
DATA: dict[str, Any] = json.loads(SAMPLE.body)
FLAGS = ["ad_storage", "ad_user_data", "ad_personalization"]
SENT_AT = 1_795_199_421


def flattened(value: Any, *, lists: bool) -> Any:
    """What a flattening tag makes of event data: joined names, underscores; an older one numbers lists, too."""
    found: dict[str, Any] = {}
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        name = str(key).replace("-", "_")
        if isinstance(inner, dict) or (lists and isinstance(inner, list)):
            found |= {f"{name}_{below}": each for below, each in flattened(inner, lists=lists).items()}
        else:
            found[name] = inner
    return found


def mapped(data: object, **options: Any) -> Mapped:
    """What the adapter makes of a body."""
    source = Source("gtm_server", DATASET, [Secret("sample")], msgspec.convert(options, Options))
    return to_arrivals(request(json.dumps(data).encode()), "shop", source, NOW)


def arrival(data: dict[str, Any], **options: Any) -> Arrival:
    """The one event of event data."""
    (found,) = mapped(data, **options).arrivals
    return found


def of(*, options: dict[str, Any] | None = None, **data: Any) -> Arrival:
    """The event of a purchase with this data alone; ``__`` in names for a hyphen."""
    named = {name.replace("__", "-"): value for name, value in data.items()}
    return arrival({"event_name": "purchase", **named}, **(options or {}))


PURCHASE = {
    "event_name": "Purchase",
    "event_time": SENT_AT,
    "event_id": "1795199420123.771204.9",
    "action_source": "website",
    "event_source_url": "https://shop.example.de/checkout/thanks",
    "referrer_url": "https://shop.example.de/checkout",
    "user_data": {
        "em": "paul.aden@example.de",
        "ph": "+49 40 5550166",
        "fn": "Paul",
        "ln": "Aden",
        "ct": "Hamburg",
        "st": "HH",
        "zp": "20095",
        "country": "DE",
        "external_id": "customer-904",
        "fbp": "fb.1.1795199300111.1688002233",
        "fbc": "fb.1.1795199300002.IwAR0SampleTagManagerClick_4",
        "client_ip_address": "203.0.113.90",
        "client_user_agent": DATA["user_agent"],
    },
    "custom_data": {
        "value": 52.4,
        "currency": "EUR",
        "order_id": "T-31877",
        "content_type": "product",
        "content_ids": ["mug-blue", "tea-green"],
        "contents": [
            {"id": "mug-blue", "quantity": 3, "item_price": 14.9},
            {"id": "tea-green", "quantity": 1, "item_price": 7.7},
        ],
        "num_items": 4,
    },
}


@pytest.mark.parametrize(
    "body",
    [
        DATA,
        [DATA],
        flattened(DATA, lists=False),
        [flattened(DATA, lists=False)],
        flattened(DATA, lists=True),
        {**DATA, "user_data": {**DATA["user_data"], "address": DATA["user_data"]["address"][0]}},
    ],
    ids=["nested", "in an array", "flat", "flat in an array", "flat with numbered lists", "one address"],
)
def test_sample_is_this_event(body: Any) -> None:
    """In every form that a tag posts, the sample becomes exactly this Purchase with these signals."""
    (found,) = mapped(body, consent_categories=FLAGS).arrivals
    assert msgspec.to_builtins(found.event) == PURCHASE
    assert found.dedup_key == "order:shop:T-31877"
    assert found.signals.given == Consent(gcs="G111", gcd="13r3r3r3r5l1", granted=True, at=SENT_AT)


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        ("page_view", "PageView"),
        ("gtm.dom", "PageView"),
        ("view_item", "ViewContent"),
        ("add_to_cart", "AddToCart"),
        ("add_to_wishlist", "AddToWishlist"),
        ("begin_checkout", "InitiateCheckout"),
        ("add_payment_info", "AddPaymentInfo"),
        ("purchase", "Purchase"),
        ("search", "Search"),
        ("generate_lead", "Lead"),
        ("sign_up", "CompleteRegistration"),
        ("contact", "Contact"),
        ("customize_product", "CustomizeProduct"),
        ("donate", "Donate"),
        ("find_location", "FindLocation"),
        ("schedule", "Schedule"),
        ("start_trial", "StartTrial"),
        ("submit_application", "SubmitApplication"),
        ("subscribe", "Subscribe"),
        ("ViewContent", "ViewContent"),
        ("configure", "CustomizeProduct"),
    ],
)
def test_event_names(name: str, meta: str) -> None:
    """GA4's names become Meta's, and so do those of the options."""
    assert arrival({"event_name": name}, events={"configure": "CustomizeProduct"}).event.event_name == meta


@pytest.mark.parametrize("name", ["session_start", "user_engagement", "scroll", "view_item_list", "refund"])
def test_what_is_no_event(name: str) -> None:
    """Whatever else a container sees stays away from Meta."""
    assert mapped({**DATA, "event_name": name}).ignored == ["unknown_topic"]


def test_preview() -> None:
    """What the tag manager's own preview sends is no visitor's."""
    page = "https://gtm-msr.appspot.com/render2?id=GTM-SAMPLE"
    assert mapped({**DATA, "page_location": page}) == Mapped(ignored=["test_environment"])


@pytest.mark.parametrize("name", [None, "", [], {}])
def test_what_is_no_event_data(name: Any) -> None:
    """Without a name of the event it is none."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        mapped({"event_name": name})


@pytest.mark.parametrize(
    ("data", "event_id"),
    [
        ({"event_id": "e-1", "transaction_id": "T-1"}, "e-1"),
        ({"transaction_id": "T-1"}, "T-1"),
        ({"event_id": "", "transaction_id": 7}, "7"),
        ({}, None),
    ],
)
def test_event_id(data: dict[str, Any], event_id: str | None) -> None:
    """The pixel's id, else that of the order, as the common tags have it."""
    assert of(**data).event.event_id == event_id


@pytest.mark.parametrize(
    ("name", "key"), [("purchase", "order:shop:T-1"), ("Purchase", "order:shop:T-1"), ("add_payment_info", None)]
)
def test_one_order_is_one_purchase(name: str, key: str | None) -> None:
    """The order makes two Purchases the same."""
    assert arrival({"event_name": name, "transaction_id": "T-1"}).dedup_key == key


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ({"event_time": 1_795_199_000}, 1_795_199_000),
        ({"event_time": "1795199000123"}, 1_795_199_000),
        ({"event_time": "2026-11-20T18:30:00Z"}, NOW - 600),
        ({"event_time": 1_795_199_000, "x__sst__system_properties": {"request_start_time_ms": 1}}, 1_795_199_000),
        ({"x__sst__system_properties": {"request_start_time_ms": 1_795_199_421_456}}, SENT_AT),
        ({"event_time": "soon"}, NOW),
        ({}, NOW),
    ],
)
def test_time(data: dict[str, Any], at: int) -> None:
    """The page's own time, else that of the request to the container; the tag itself never waits."""
    assert of(**data).event.event_time == at


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        ({"user_data": {"email_address": "a@example.de", "sha256_email_address": "ab" * 32}}, "em", "a@example.de"),
        ({"user_data": {"email": "a@example.de"}}, "em", "a@example.de"),
        ({"user_data": {"sha256_email_address": "ab" * 32}}, "em", "ab" * 32),
        ({"user_data": {"email": ["a@example.de", "b@example.de"]}}, "em", ["a@example.de", "b@example.de"]),
        ({"user_data": {"em": "a@example.de", "email": "b@example.de"}}, "em", "a@example.de"),
        ({"user_data": {"em": "a@example.de"}, "x__fb__ud__em": "cd" * 32}, "em", "cd" * 32),
        ({"user_data": {"phone_number": "+491"}}, "ph", "+491"),
        ({"user_data": {"phone": "+492"}}, "ph", "+492"),
        ({"user_data": {"sha256_phone_number": "ab" * 32}}, "ph", None),
        ({"x__fb__ud__ph": "cd" * 32}, "ph", "cd" * 32),
        ({"user_data": {"address": {"first_name": "Ada"}}}, "fn", "Ada"),
        ({"user_data": {"address": [{"sha256_first_name": "ab" * 32}]}}, "fn", "ab" * 32),
        ({"user_data": {"address": [{"last_name": "Bo"}, {"last_name": "Co"}]}}, "ln", "Bo"),
        ({"x__fb__ud__ln": "ef" * 32, "user_data": {"address": {"last_name": "Bo"}}}, "ln", "ef" * 32),
        ({"user_data": {"address": {"city": "Bonn"}}}, "ct", "Bonn"),
        ({"user_data": {"address": {"region": "NW"}}}, "st", "NW"),
        ({"user_data": {"address": {"postal_code": 53111}}}, "zp", 53111),
        ({"user_data": {"address": {"country": "DE"}}}, "country", "DE"),
        ({"x__fb__ud__ge": "f"}, "ge", "f"),
        ({"x__fb__ud__db": "19900102"}, "db", "19900102"),
        ({"user_id": "u-1"}, "external_id", "u-1"),
        ({"external_id": "e-1", "user_id": "u-1"}, "external_id", "e-1"),
        ({"x__fb__ud__external_id": "x-1", "user_id": "u-1"}, "external_id", "x-1"),
        ({"client_id": "ga-1"}, "external_id", None),
        ({"x__fb__ud__subscription_id": "s-1"}, "subscription_id", "s-1"),
        ({"x__fb__ud__fb__login__id": "123"}, "fb_login_id", "123"),
        ({"common_cookie": {"_fbp": "fb.1.1.1"}}, "fbp", "fb.1.1.1"),
        ({"_fbp": "fb.1.1.2"}, "fbp", "fb.1.1.2"),
        ({"x__fb__ck__fbp": "fb.1.1.3", "common_cookie": {"_fbp": "fb.1.1.1"}}, "fbp", "fb.1.1.3"),
        ({"x__fb__ck__fbc": "fb.1.1.x"}, "fbc", "fb.1.1.x"),
        ({"ip_override": "203.0.113.5"}, "client_ip_address", "203.0.113.5"),
        ({"ip_override": " 203.0.113.5 , 198.51.100.1"}, "client_ip_address", "203.0.113.5"),
        ({"ip_override": ""}, "client_ip_address", None),
        ({"user_agent": "Mozilla"}, "client_user_agent", "Mozilla"),
        ({"user_data": [], "common_cookie": 5}, "em", None),
    ],
)
def test_person(data: dict[str, Any], field: str, value: Any) -> None:
    """GA4's and Meta's shapes are read; Meta's names go first, and a raw value before Google's digest of it."""
    assert of(**data).event.user_data.get(field) == value


@pytest.mark.parametrize(("name", "fbc"), [("page_view", f"fb.1.{SENT_AT}000.IwAR0Click"), ("purchase", None)])
def test_click_of_the_address(name: str, fbc: str | None) -> None:
    """Only a page view tells when the page with the click was opened."""
    page = "https://shop.example.de/?fbclid=IwAR0Click"
    data = {"event_name": name, "event_time": SENT_AT, "page_location": page}
    assert arrival(data).event.user_data.get("fbc") == fbc


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"value": "12.50", "currency": "chf"}, {"value": 12.5, "currency": "CHF"}),
        ({"value": 12}, {"value": 12.0}),
        ({"search_term": "mug"}, {"search_string": "mug"}),
        ({"items": [{"item_id": "a"}, {"item_name": "no id"}, 5]},
         {"content_type": "product", "content_ids": ["a"], "contents": [{"id": "a", "quantity": 1}], "num_items": 1}),
        ({"x__fb__cd__contents": [{"id": "b", "quantity": 2, "item_price": 3}], "items": [{"item_id": "a"}]},
         {"content_type": "product", "content_ids": ["b"], "num_items": 2,
          "contents": [{"id": "b", "quantity": 2, "item_price": 3.0}]}),
        ({"x__fb__cd__contents": '[{"id":"b","quantity":2}]'},
         {"content_type": "product", "content_ids": ["b"], "contents": [{"id": "b", "quantity": 2}], "num_items": 2}),
        ({"x__fb__cd__contents": "[object Object]", "items": [{"item_id": "a"}]},
         {"content_type": "product", "content_ids": ["a"], "contents": [{"id": "a", "quantity": 1}], "num_items": 1}),
        ({"x__fb__cd__content_ids": ["c", 4], "x__fb__cd__content_type": "product_group"},
         {"content_ids": ["c", "4"], "content_type": "product_group"}),
        ({"x__fb__cd__content_ids": '["c"]'}, {"content_ids": ["c"]}),
        ({"x__fb__cd__content_ids": "[broken"}, None),
        ({"x__fb__cd__content_ids": "c"}, {"content_ids": ["c"]}),
        ({"x__fb__cd__content_name": "Mug", "x__fb__cd__content_category": "Kitchen"},
         {"content_name": "Mug", "content_category": "Kitchen"}),
        ({"x__fb__cd__num_items": "3", "x__fb__cd__predicted_ltv": "9.5"}, {"num_items": 3, "predicted_ltv": 9.5}),
        ({"x__fb__cd__status": "done", "x__fb__cd__delivery_category": "in_store"},
         {"status": "done", "delivery_category": "in_store"}),
        ({"custom_properties": {"note": "x"}}, None),
    ],
)  # fmt: skip
def test_custom_data(data: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """GA4's value and items, and over them Meta's names; no currency is ever assumed, nothing else goes along."""
    assert of(**data).event.custom_data == expected


def test_content_id() -> None:
    """The catalogue decides which field of an item is its id."""
    found = of(options={"content_id": "item_sku"}, items=[{"item_id": "a", "item_sku": "b"}]).event.custom_data
    assert found
    assert found["content_ids"] == ["b"]


@pytest.mark.parametrize(
    ("data", "limited"),
    [
        ({}, (None, None, None)),
        ({"data_processing_options": []}, ([], None, None)),
        ({"data_processing_options": ["LDU"], "data_processing_options_country": 1,
          "data_processing_options_state": 1000}, (["LDU"], 1, 1000)),
        ({"data_processing_options_0": "LDU", "data_processing_options_country": 0,
          "data_processing_options_state": 0}, (["LDU"], 0, 0)),
    ],
)  # fmt: skip
def test_limited_data_use(data: dict[str, Any], limited: tuple[Any, ...]) -> None:
    """What the page says about Limited Data Use goes along."""
    event = of(**data).event
    fields = ("data_processing_options", "data_processing_options_country", "data_processing_options_state")
    assert tuple(getattr(event, name) for name in fields) == limited


@pytest.mark.parametrize(
    "data",
    [
        {"data_processing_options": "LDU"},
        {"data_processing_options": ["OTHER"]},
        {"data_processing_options": ["LDU"], "data_processing_options_state": 5},
        {"data_processing_options": ["LDU"], "data_processing_options_country": "1"},
        {"consent": {"granted": "yes"}},
        {"consent": "denied"},
        {"consent": False},
        {"consent": [{"granted": False}]},
        {"consent_granted": "yes"},
    ],
)
def test_limit_or_consent_that_cannot_be_read(data: dict[str, Any]) -> None:
    """An event is not sent without what was to limit it."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        of(**data)


@pytest.mark.parametrize(
    ("data", "given"),
    [
        ({}, None),
        ({"x__ga__gcs": "G100"}, Consent(gcs="G100")),
        ({"x_ga_gcs": "G111", "x_ga_gcd": "13t3t3t3t5"}, Consent(gcs="G111", gcd="13t3t3t3t5")),
        ({"consent_state": dict.fromkeys(FLAGS, True)}, Consent(granted=True, at=SENT_AT)),
        ({"consent_state": dict.fromkeys(FLAGS, "granted")}, Consent(granted=True, at=SENT_AT)),
        ({"consent_state": {**dict.fromkeys(FLAGS, True), "ad_user_data": False}}, Consent(granted=False, at=SENT_AT)),
        ({"consent_state_ad_storage": True}, Consent(granted=False, at=SENT_AT)),
        ({"consent_state": {"ad_storage": "denied"}}, Consent(granted=False, at=SENT_AT)),
        ({"consent_state": {"analytics_storage": False}}, Consent(granted=False, at=SENT_AT)),
        ({"consent": {"tcf": "CQt", "cookies": {"euconsent-v2": "CQu"}}},
         Consent(tcf="CQt", cookies={"euconsent-v2": "CQu"})),
        ({"consent_tcf": "CQt", "consent_token": "v1.a.b"}, Consent(tcf="CQt", token="v1.a.b")),
        ({"consent": None, "consent_tcf": "CQt", "consent_gcs": ""}, Consent(tcf="CQt")),
        ({"consent": [], "x__ga__gcs": "G100"}, Consent(gcs="G100")),
        ({"consent_granted": False, "consent_at": 5, "consent_state": dict.fromkeys(FLAGS, True)},
         Consent(granted=False, at=5)),
        ({"consent": {"granted": True, "at": 5}, "consent_state": dict.fromkeys(FLAGS, False)},
         Consent(granted=False, at=SENT_AT)),
    ],
)  # fmt: skip
def test_consent(data: dict[str, Any], given: Consent | None) -> None:
    """Strings go on as they came; flags count where the options name them, and a denied one refuses."""
    assert of(options={"consent_categories": FLAGS}, event_time=SENT_AT, **data).signals.given == given


def test_consent_state_without_the_option() -> None:
    """A flag may stand at granted by default, so without the options it says nothing."""
    assert of(consent_state=dict.fromkeys(FLAGS, True)).signals.given is None


@pytest.mark.parametrize(
    ("state", "granted"),
    [
        ({"analytics_storage": True}, False),
        ({"ad_storage": True}, False),
        ({**dict.fromkeys(FLAGS, True), "ad_user_data": "unset"}, False),
        (dict.fromkeys(FLAGS, True), True),
        ({"ad_storage": None}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_recorded_state(state: Any, granted: bool | None) -> None:
    """A state that was recorded and does not grant a flag refuses it; without a state nothing is said."""
    found = of(options={"consent_categories": FLAGS}, event_time=SENT_AT, consent_state=state).signals.given
    assert found == (None if granted is None else Consent(granted=granted, at=SENT_AT))


@pytest.mark.parametrize(
    "data",
    [
        {"K" * 1_000: {"a": 1}},
        {"K" * 60: {"L" * 60: 1}},
        {"user_data": {"K" * 1_000: {"a": 1}}},
    ],
)
def test_long_names(data: dict[str, Any]) -> None:
    """A name that is longer than any that we read is passed over, so that a long prefix is not copied to each child."""
    assert gtm_flattened({"event_name": "purchase", **data}) == {"event_name": "purchase"}


def test_too_many_names() -> None:
    """More names than any event has are refused: what is left out could have been a refusal."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        of(extra={str(number): 1 for number in range(20_000)})


def test_denied_by_consent_mode() -> None:
    """A denied ``gcs`` keeps the event back whatever the flags say."""
    ingest = IngestRoom()
    ingest.configure(with_source("gtm-server-purchase"))
    ingest.clock.now = NOW
    body = json.dumps({**DATA, "x-ga-gcs": "G100"}).encode()
    assert ingest.webhook(SAMPLE._replace(body=body), "gtm-server-demo").body == {
        "accepted": 0,
        "reasons": ["signal_conflict"],
    }


@pytest.mark.parametrize("page", ["https://", "about:blank", "https://shop.example.de:99999/"])
def test_page_that_is_none(page: str) -> None:
    """An address that nobody can read makes it an event of elsewhere, and does not cost the event."""
    event = of(page_location=page).event
    assert (event.action_source, event.event_source_url) == ("other", None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_consent_mode_is_not_lost_beside_an_empty_one(nothing: str | None) -> None:
    """A tag that has nothing to say about consent mode leaves what the container knows."""
    found = of(x__ga__gcs="G100", consent={"tcf": "CQt", "gcs": nothing})
    assert found.signals.given == Consent(tcf="CQt", gcs="G100")


@pytest.mark.parametrize(
    "data",
    [
        {"x-ga-gcs": "G100", "consent": {"gcs": "G111"}},
        {"x-ga-gcd": "13p3p3p3p5", "consent": {"gcd": "13r3r3r3r5"}},
        {"x-ga-gcs": "G111", "consent_gcs": "G100"},
        {"consent_cookies_cmplz_marketing": "deny", "consent_granted": True, "consent_at": 5},
        {"consent_cookies": {"cmplz_marketing": "deny"}, "consent_tcf": "CQt"},
        {"consent_shopify_marketing": "no"},
    ],
)
def test_consent_of_which_a_part_would_be_lost(data: dict[str, Any]) -> None:
    """What would be left out could be the refusal: the event is refused."""
    with pytest.raises(Rejected, match="wrong_topic_shape"):
        of(**data)


@pytest.mark.parametrize(
    ("gcd", "is_choice"),
    [
        ("13r3r3r3r5l1", True),
        ("13n3l3n3v5", True),
        ("13t3t3t3t5l1", False),
        ("13r3r3r3t5", False),
        ("13l3l3l3l5", False),
        ("unreadable", True),
    ],
)
def test_consent_state_of_a_default(gcd: str, is_choice: bool) -> None:
    """Flags that nobody set are no choice, where consent mode itself says so."""
    for state, flag in ((True, True if is_choice else None), (False, False)):
        flags = dict.fromkeys(FLAGS, state)
        given = of(options={"consent_categories": FLAGS}, x__ga__gcd=gcd, consent_state=flags).signals.given
        assert given
        assert given.granted is flag
