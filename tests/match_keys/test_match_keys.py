"""What holds for every field and every value."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.match_keys import Candidates, Dropped, MatchKeys, Reason, to_match_keys

NOW_SECONDS = 1_790_000_000
FIELDS = {
    "em": "jane@example.com",
    "ph": "+49 171 1234567",
    "fn": "Jane",
    "ln": "Doe",
    "ge": "f",
    "db": "1997-02-16",
    "ct": "Berlin",
    "st": "Berlin",
    "zp": "10115",
    "country": "DE",
    "external_id": "user-42",
    "client_ip_address": "198.51.100.7",
    "client_user_agent": "Mozilla/5.0",
    "fbc": "fb.1.1554763741205.AbC",
    "fbp": "fb.1.1596403881668.1116446470",
    "madid": "38400000-8cf0-11bd-b23e-10b96e40000d",
    "lead_id": "525645896321548",
    "fb_login_id": "1234567890",
    "subscription_id": "s1",
    "anon_id": "a1",
    "page_id": "1",
    "page_scoped_user_id": "2",
    "ctwa_clid": "Ab1",
    "ig_account_id": "3",
    "ig_sid": "4",
    "whatsapp_business_account_id": "5",
}
EMPTY_DIGEST = sha256(b"").hexdigest()
READ_IN_A_COUNTRY = {"ph", "db", "st", "zp"}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10).map(lambda base: base**5000)
    | st.sampled_from("x9 ").map(lambda character: character * 1_000_000)
    | st.floats(allow_nan=True)
    | st.text(alphabet=st.characters(exclude_categories=[]))
    | st.from_regex(r"[+0-9(). /-]{1,20}")
    | st.sampled_from([*FIELDS.values(), "\ud800", "n/a", EMPTY_DIGEST])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
USER_DATA = st.dictionaries(st.sampled_from([*FIELDS, "email"]) | st.text(), JSON, max_size=6)
COUNTRIES = st.sampled_from([None, "", "DE", "us", "IT", "XX", "aq", "\ud800"])


def read(user_data: dict[str, Any], country: str | None = None) -> MatchKeys:
    """Match keys at one fixed time."""
    return to_match_keys(user_data, default_country=country, now_seconds=NOW_SECONDS)


@settings(deadline=None)  # the first telephone number imports its library
@given(USER_DATA, COUNTRIES)
def test_any_json_has_an_answer(user_data: dict[str, Any], country: str | None) -> None:
    """No value in any field raises; what comes out is digests and text, never the digest of nothing."""
    answer = read(user_data, country)
    for key in answer.keys.values():
        if isinstance(key, list):
            assert 1 <= len(key) <= 10
            assert len(set(key)) == len(key)
            assert all(len(digest) == 64 and set(digest) <= set("0123456789abcdef") for digest in key)
            assert EMPTY_DIGEST not in key
        else:
            assert key
            key.encode()
    assert set(answer.keys) <= set(user_data)
    assert len(set(answer.dropped)) == len(answer.dropped)


@pytest.mark.parametrize("field", FIELDS)
@settings(deadline=None)  # the first telephone number imports its library
@given(value=JSON)
def test_any_value_in_this_field_has_an_answer(field: str, value: Any) -> None:
    """A value either becomes a key or has a reason why not."""
    answer = read({field: value}, "DE")
    assert answer.keys or answer.dropped


@settings(deadline=None)  # the first telephone number imports its library
@given(USER_DATA, COUNTRIES)
def test_match_keys_are_their_own_match_keys(user_data: dict[str, Any], country: str | None) -> None:
    """Reading our own output again changes nothing and drops nothing."""
    once = read(user_data, country).keys
    assert read(dict(once), country) == MatchKeys(once, (), ())


@settings(deadline=None)  # the first telephone number imports its library
@given(USER_DATA, COUNTRIES)
def test_a_field_answers_for_itself(user_data: dict[str, Any], country: str | None) -> None:
    """No field changes another's key, except that a country says how to read phone, birthday, state and postcode."""
    together = read(user_data, country).keys
    for field, value in user_data.items():
        alone = {field: value}
        if field in READ_IN_A_COUNTRY and "country" in user_data:
            alone["country"] = user_data["country"]
        assert read(alone, country).keys.get(field) == together.get(field)


@settings(deadline=None)  # the first telephone number imports its library
@given(USER_DATA, COUNTRIES)
def test_the_order_of_fields_changes_nothing(user_data: dict[str, Any], country: str | None) -> None:
    """The same fields in another order have the same keys and the same reasons."""
    forwards, backwards = read(user_data, country), read(dict(reversed(user_data.items())), country)
    assert forwards.keys == backwards.keys
    assert set(forwards.dropped) == set(backwards.dropped)
    assert set(forwards.rewritten) == set(backwards.rewritten)


@settings(deadline=None)  # the first telephone number imports its library
@given(USER_DATA, COUNTRIES, USER_DATA, COUNTRIES)
def test_nothing_is_remembered(
    user_data: dict[str, Any], country: str | None, other: dict[str, Any], other_country: str | None
) -> None:
    """Events of two datasets read in turn have the keys that each has alone."""
    alone = read(user_data, country)
    read(other, other_country)
    assert read(user_data, country) == alone


@given(
    st.sampled_from([field for field in FIELDS if isinstance(read(FIELDS).keys[field], list)]),
    st.binary(min_size=32, max_size=32),
    st.sampled_from(["documented", "pixel", "both"]),
)
def test_the_hash_of_a_hash_is_itself(field: str, digest: bytes, candidates: Candidates) -> None:
    """A digest is never hashed again, whichever rule is asked for."""
    user_data = {field: digest.hex().upper()}
    answer = to_match_keys(user_data, default_country=None, now_seconds=NOW_SECONDS, candidates=candidates)
    assert answer == MatchKeys({field: [digest.hex()]}, (), ())


def test_every_field_of_meta_has_a_rule() -> None:
    """A complete person keeps every key: eleven hashed, fifteen as they are."""
    answer = read(dict(FIELDS))
    assert answer.dropped == ()
    assert list(answer.keys) == list(FIELDS)
    assert sum(isinstance(key, list) for key in answer.keys.values()) == 11


def test_lists_keep_their_order_and_lose_repetitions() -> None:
    """The values of a list are hashed one by one; a bad one costs only itself."""
    answer = read({"em": ["b@example.com", "nobody", None, "A@example.com", " B@EXAMPLE.COM"]})
    assert answer.keys == {"em": [sha256(b"b@example.com").hexdigest(), sha256(b"a@example.com").hexdigest()]}
    assert answer.dropped == (Dropped("em", Reason.NOT_AN_EMAIL), Dropped("em", Reason.EMPTY))


def test_ten_values_of_a_list_are_kept() -> None:
    """More values than ten are left out and named."""
    answer = read({"external_id": list(range(1, 12))})
    assert answer.keys == {"external_id": [sha256(str(number).encode()).hexdigest() for number in range(1, 11)]}
    assert answer.dropped == (Dropped("external_id", Reason.TOO_MANY),)


def test_a_long_list_is_not_read_to_its_end() -> None:
    """The fifty-first value of a list is not looked at, so that a request buys little work."""
    answer = read({"external_id": ["n/a"] * 50 + ["user-42"]})
    assert answer.keys == {}
    assert set(answer.dropped) == {
        Dropped("external_id", Reason.TOO_MANY),
        Dropped("external_id", Reason.PLACEHOLDER),
    }


def test_lists_as_long_as_allowed_lose_nothing() -> None:
    """Ten values and fifty repetitions are neither too many."""
    assert read({"external_id": list(range(1, 11))}).dropped == ()
    assert read({"external_id": ["user-42"] * 50}).dropped == ()


@pytest.mark.parametrize("value", [[], [[]], [None], ["", " "]])
def test_empty_lists_are_empty(value: list[object]) -> None:
    """A field without a value has no key."""
    assert read({"em": value}).keys == {}
    assert {drop.field for drop in read({"em": value}).dropped} == {"em"}


@pytest.mark.parametrize("field", FIELDS)
def test_very_long_text_is_dropped(field: str) -> None:
    """A megabyte of text is refused by its length."""
    assert read({field: "1" * 1_000_000}).dropped == (Dropped(field, Reason.TOO_LONG),)


def test_a_number_of_thousands_of_digits_is_dropped() -> None:
    """An integer too large to be written out is refused by its size."""
    assert read({"external_id": 10**5000}).dropped == (Dropped("external_id", Reason.TOO_LONG),)


@pytest.mark.parametrize("field", FIELDS)
def test_text_that_is_no_unicode_is_dropped(field: str) -> None:
    """Half a surrogate pair cannot be written as UTF-8, so it is no value."""
    assert read({field: "a\ud800b"}).dropped == (Dropped(field, Reason.MALFORMED),)


@pytest.mark.parametrize("field", ["email", "f5first", "f5last", "fi", "dobd", "dobm", "doby"])
def test_unknown_fields_are_dropped(field: str) -> None:
    """A key that Meta does not document is left out; its name is not repeated, for it may be personal too."""
    assert read({field: "x"}) == MatchKeys({}, (Dropped("user_data", Reason.UNKNOWN_FIELD),), ())


@pytest.mark.parametrize("field", ["jane@example.com", "491711234567", "", "Jane Doe", "a" * 25, "\ud800"])
def test_an_unknown_field_that_may_be_personal_is_not_named(field: str) -> None:
    """Whatever does not look like the name of a field is not repeated in messages."""
    assert read({field: "x"}).dropped == (Dropped("user_data", Reason.UNKNOWN_FIELD),)


def test_nothing_personal_is_printed() -> None:
    """The printed form of an answer shows neither digests nor text."""
    printed = repr(read(dict(FIELDS)))
    assert printed == "MatchKeys(dropped=(), rewritten=())"
