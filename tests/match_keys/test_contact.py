"""E-mail addresses and telephone numbers: what is hashed, and what is refused."""

from collections.abc import Callable
from hashlib import sha256

import pytest

# field, raw value, country of the shop, what is hashed, its published digest
VECTORS = [
    (
        "em",
        "John_Smith@gmail.com",
        None,
        "john_smith@gmail.com",
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    ),
    (
        "em",
        "  John_Smith@gmail.com \t",
        None,
        "john_smith@gmail.com",
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    ),
    (
        "em",
        "MÜLLER@Example.DE",
        None,
        "müller@example.de",
        "eb2f85748266705ba113bc5c4ee633d9c2a7cc769d5f6d9f9767b854584b3c88",
    ),
    (
        "em",
        "müller@münchen.de",
        None,
        "müller@münchen.de",
        "465a1fca391d7b1f68a6e57e3efd592347b030de5c553838146ab331c79b8866",
    ),
    (
        "em",
        "user+tag@gmail.com",
        None,
        "user+tag@gmail.com",
        "7ce35ae541c6605e031dc32bb04051a68a22e1f52bed7529b6ca5972dd8b841e",
    ),
    (
        "em",
        "first.last@sub.example.co.uk",
        None,
        "first.last@sub.example.co.uk",
        "bdf7e1736551c6b23742d59ae7977805288689eb9c30a55fc23cdd17aa729fc7",
    ),
    (
        "em",
        "mailto:x@example.com",
        None,
        "x@example.com",
        "106ab2de3ae32f0e429961a20307e3a5e05d7b4dd6f25e8c2e5282de58208f00",
    ),
    (
        "em",
        "İstanbul@example.com",
        None,
        "i̇stanbul@example.com",
        "21b3d4ad954ffe193659bcdcff92053ab646244b3898969a09265d00b2af7ba4",
    ),
    ("ph", "(650)555-1212", "US", "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    (
        "ph",
        "+1 (650) 555-1212",
        None,
        "16505551212",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    ),
    ("ph", "16505551212", "US", "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("ph", "+49 171 1234567", None, "491711234567", "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132"),
    (
        "ph",
        "0049 171 1234567",
        None,
        "491711234567",
        "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132",
    ),
    (
        "ph",
        "+49 (0)171 1234567",
        None,
        "491711234567",
        "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132",
    ),
    ("ph", "0171 1234567", "DE", "491711234567", "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132"),
    ("ph", "+4917112345678", None, "4917112345678", "9d7cf524e2e99e5295c7724f7aae1955445ae4de08abdddbf6f27c4eea31f2c6"),
    ("ph", "030 12345678", "DE", "493012345678", "cae5f525a6c8d8cbfd28d7c654edf86f5e816f66919de0f842df68a2be24429b"),
    ("ph", "+49 30 12345678", None, "493012345678", "cae5f525a6c8d8cbfd28d7c654edf86f5e816f66919de0f842df68a2be24429b"),
    ("ph", "49.171.1234567", "DE", "491711234567", "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132"),
    ("ph", "+44 7700 900123", None, "447700900123", "033134b911b137918338415ee3d20a064b24773d36a3b02e8b99fdd3fcd6b4cd"),
    (
        "ph",
        "1-650-555-1212 ext 5",
        "US",
        "16505551212",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    ),
    (
        "ph",
        "+86 138 0013 8000",
        None,
        "8613800138000",
        "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
    ),
    ("ph", "+1 650 555 1212 ", None, "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("ph", "+39 06 12345678", None, "390612345678", "472e1123cd4e2f66f1df06bd488dc6135dab8f80cbfcc4af144d042c005f0fb2"),
    ("ph", "06 12345678", "IT", "390612345678", "472e1123cd4e2f66f1df06bd488dc6135dab8f80cbfcc4af144d042c005f0fb2"),
    ("ph", "+61 0412 345 678", None, "61412345678", "222e24d90b23ba2af558a2891bfa399f19a7eb9f33df34a7d6809b97c5a97246"),
    (
        "ph",
        "+1-650-555-1212;ext=5",
        None,
        "16505551212",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    ),
]

# field, raw value, country of the shop, reason
REFUSED = [
    ("em", "not-an-email", None, "not_an_email"),
    ("em", "a@b", None, "not_an_email"),
    ("em", "user@example", None, "not_an_email"),
    ("em", "foo@bar@baz.com", None, "not_an_email"),
    ("em", "john smith@example.com", None, "not_an_email"),
    ("em", "", None, "empty"),
    ("em", "   ", None, "empty"),
    ("ph", "123", "US", "impossible_number"),
    ("ph", "abc", None, "malformed"),
    ("ph", "", None, "empty"),
    ("ph", "٠١٧١١٢٣٤٥٦٧", "DE", "malformed"),
    ("ph", "\uff10\uff1049\uff11\uff17\uff11", None, "malformed"),
]

# field, raw value, country of the shop, what is hashed
MORE = [
    ("em", "MAILTO:X@Example.com", None, "x@example.com"),
    ("em", "e\u0301va@example.com", None, "\u00e9va@example.com"),
    ("em", "noreply.wanted@example.com", None, "noreply.wanted@example.com"),
    ("ph", 493012345678, "DE", "493012345678"),
    ("ph", "491711234567", "DE", "491711234567"),
    ("ph", "491711234567", "US", "491711234567"),
    ("ph", "16505551212", "DE", "16505551212"),
    ("ph", "1711234567", "DE", "491711234567"),
    ("ph", "0049 (0)171 1234567", "US", "491711234567"),
    ("ph", "(0049) 171 1234567", None, "491711234567"),
    ("ph", "(+49) 171 1234567", None, "491711234567"),
    ("ph", "+49 (0) 171/123 45-67", None, "491711234567"),
    ("ph", "+49\u00a0171\u20131234567", None, "491711234567"),
    ("ph", "011 49 171 1234567", "US", "491711234567"),
    ("ph", "+43 (0)664 1234567", None, "436641234567"),
    ("ph", "+44 (0)20 7946 0958", None, "442079460958"),
    ("ph", "+31 (0)6 12345678", None, "31612345678"),
    ("ph", "+378 0549 886377", None, "3780549886377"),
    ("ph", "39 347 1234567", "IT", "393471234567"),
    ("ph", "8 912 345-67-89", "RU", "79123456789"),
    ("ph", "612 34 56 78", "ES", "34612345678"),
    ("ph", "55 99123 4567", "BR", "5555991234567"),
    ("ph", "267 240 1234", "US", "12672401234"),
    ("ph", "131 2345 6789", "CN", "8613123456789"),
    ("ph", "33612345678", "US", "33612345678"),
    ("ph", "+49 1550 0000000", None, "4915500000000"),
    ("ph", "1-800-FLOWERS", "US", "18003569377"),
]

MORE_REFUSED: list[tuple[str, object, str | None, str]] = [
    ("em", "@example.com", None, "not_an_email"),
    ("em", "jane@.com", None, "not_an_email"),
    ("em", "jane@example.", None, "not_an_email"),
    ("em", "noreply@example.com", None, "placeholder"),
    ("em", "No-Reply+42@shop.example.com", None, "placeholder"),
    ("em", " Test@Test.com", None, "placeholder"),
    ("em", 42, None, "wrong_type"),
    ("ph", "0171 1234567", None, "no_country"),
    ("ph", "0171 1234567", "XX", "no_country"),
    ("ph", "16505551212", None, "no_country"),
    ("ph", "33612345678", "DE", "ambiguous_number"),
    ("ph", "555-1212", "US", "impossible_number"),
    ("ph", "+49 1", None, "impossible_number"),
    ("ph", "+0171 1234567", "DE", "impossible_number"),
    ("ph", "+49 171 1234567 1234567 1234567", None, "impossible_number"),
    ("ph", "000-000 0000", "US", "placeholder"),
    ("ph", "+0000000000", None, "placeholder"),
    ("ph", True, "US", "wrong_type"),
    ("ph", 6505551212.0, "US", "wrong_type"),
]


@pytest.mark.parametrize(("field", "raw", "country", "normalised", "digest"), VECTORS)
def test_a_documented_value_gets_the_documented_digest(
    field: str, raw: str, country: str | None, normalised: str, digest: str, key_of: Callable[..., list[str]]
) -> None:
    """Every documented sample becomes the documented text and digest."""
    assert sha256(normalised.encode()).hexdigest() == digest
    assert key_of(field, raw, country) == [digest]


@pytest.mark.parametrize(("field", "raw", "country", "reason"), [*REFUSED, *MORE_REFUSED])
def test_what_is_no_key_is_dropped_with_its_reason(
    field: str,
    raw: object,
    country: str | None,
    reason: str,
    key_of: Callable[..., list[str] | None],
    reasons_of: Callable[..., list[str]],
) -> None:
    """A value that cannot match anybody is left out, and the sender learns why."""
    assert key_of(field, raw, country) is None
    assert reasons_of(field, raw, country) == [reason]


@pytest.mark.parametrize(("field", "raw", "country", "normalised"), MORE)
def test_a_value_is_read_however_it_was_typed(
    field: str, raw: object, country: str | None, normalised: str, key_of: Callable[..., list[str]]
) -> None:
    """Spellings of the same thing get one digest."""
    assert key_of(field, raw, country) == [sha256(normalised.encode()).hexdigest()]
