"""Names, gender, birthday and the sender's own id: what is hashed, and what is refused."""

from collections.abc import Callable
from hashlib import sha256

import pytest

# field, raw value, country of the shop, what is hashed, its published digest
VECTORS = [
    ("fn", "Mary", None, "mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("fn", "정", None, "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("fn", "Valéry", None, "valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("fn", "  Jean-Luc ", None, "jeanluc", "7fef38066db9900f992fa9926eea8cc648f44c2af50c4d511c415422196c8ef5"),
    ("fn", "Jean Luc", None, "jeanluc", "7fef38066db9900f992fa9926eea8cc648f44c2af50c4d511c415422196c8ef5"),
    ("fn", "O'Brien", None, "obrien", "b4cb6cb33fe4b865868de825023a1e2790dc12ac01ecc8d7c5afe8254071c8ba"),
    ("fn", "Jürgen", None, "jürgen", "19b720a911fced55aecd96bf4ddcada1c69be5a96dc523d5be336b8efbde3109"),
    ("fn", "JÜRGEN", None, "jürgen", "19b720a911fced55aecd96bf4ddcada1c69be5a96dc523d5be336b8efbde3109"),
    ("fn", "Müßig", None, "müßig", "a85e1568b82c7888d80d705bad11a005a4629bb46ca05479afeeaced16478c80"),
    ("fn", "Dr. Anna", None, "dranna", "f544f74c3e3935bbacad3f86f9b2c32e586925329c051ab3cc61ae406e25dfc3"),
    ("fn", "Vale\u0301ry", None, "valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("fn", "李 明", None, "李明", "aa227102842b80e6a0fa23c1cea0e7ff47d192350b4f2e9018b2f5bc6e3ba5d7"),
    ("fn", "Ángel", None, "ángel", "47c7327091f976c404b70d005b5c1326b0283c204774c8b1dc327a7a0d6d1426"),
    ("fn", "Mary-Ann\u2019s", None, "maryanns", "006ae54168c006dc4cfdbed990936c41d682a58447745aa1e33f89f986867bd4"),
    ("ln", "Smith", None, "smith", "6627835f988e2c5e50533d491163072d3f4f41f5c8b04630150debb3722ca2dd"),
    ("ln", "von der Leyen", None, "vonderleyen", "a8d8d674211dab33d7bb6a705c28e730f98f4e09c56b267435e3d830682882b8"),
    (
        "ln",
        "Müller-Lüdenscheidt",
        None,
        "müllerlüdenscheidt",
        "5d111567d02391abb8602b6a6498465eb1edf98eb6ba46fa5bd2f2d69351a514",
    ),
    ("ln", "O\u2019Connor", None, "oconnor", "7a0fbfdf40cbeb97429bdb88f512cecd27f0d44b7e57986ab578423bb61936ac"),
    ("ln", "STRAẞE", None, "straße", "787f4770613d3824cbc89b6d5da90a123e41b07b90b45ea3738c216b14616140"),
    ("ln", "García López", None, "garcíalópez", "ad1e862a35683ea9f2ec848c253db99ebe974aa2bc945216c32d8626d08a2526"),
    ("ln", "Nguyễn", None, "nguyễn", "828b95a54a436bf4427d64fd9afe64ecf25d6c78ffabc3b64026d0a59ae8ab75"),
    ("ln", "McDonald, Jr.", None, "mcdonaldjr", "06b0104dddeb11dac8c48e9301aaa5dcd20cbbda4b6719658974fa83e4a81613"),
    ("ge", "m", None, "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("ge", "F", None, "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
    ("ge", "male", None, "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("ge", "Female", None, "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
    ("ge", "MALE ", None, "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("db", "2/16/1997", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("db", "16/02/1997", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("db", "1997-02-16", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("db", "19970216", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("db", "16.02.1997", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("db", "1997/2/6", None, "19970206", "32a9316a23a1dc7a76616b01707e9c3fe909945eedd15887476f06fa0ed948dc"),
    ("db", "02-16-1997", None, "19970216", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"),
    ("external_id", "user-42", None, "user-42", "6d894aa3ee802549d7f340e7c1cf0d1c1cb14cd84f768d92ffaa6785337c4997"),
    ("external_id", "User 42 ", None, "User 42", "d4e6077439e51c52bfc67ad59a5107cc0b544b0c1b0a5f98103a5706a14f7fd1"),
    ("external_id", " ABC-123", None, "ABC-123", "4d156d7bc9c38c000aa1e5b06e46e1f40cafe651f3cabfae9bad48803baf17bf"),
    ("external_id", "Kunde#Ü1", None, "Kunde#Ü1", "03e6c774a3e88359262f4caf390bf2f8152b79e85e881c3992be844caaaa1f12"),
    ("external_id", "12345", None, "12345", "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"),
    (
        "external_id",
        "550e8400-e29b-41d4-a716-446655440000",
        None,
        "550e8400-e29b-41d4-a716-446655440000",
        "a3a9e1ed9732cab28868127be00f1ce921acaefdd5c3b23a6e9e0072bd9c1a34",
    ),
    (
        "external_id",
        "550e8400e29b41d4a716446655440000",
        None,
        "550e8400e29b41d4a716446655440000",
        "140f39b05a2d9de451b9b7ad2d1f4a26b16fb5e5c8b7cbde6154679102614882",
    ),
]

# field, raw value, country of the shop, reason
REFUSED = [
    ("fn", "", None, "empty"),
    ("fn", "  ", None, "empty"),
    ("ge", "divers", None, "unknown_value"),
    ("ge", "x", None, "unknown_value"),
    ("ge", "Herr", None, "unknown_value"),
    ("ge", "", None, "empty"),
    ("db", "3/4/1997", None, "ambiguous_date"),
    ("db", "1997", None, "malformed"),
    ("db", "97-02-16", None, "malformed"),
    ("db", "31/31/1997", None, "impossible_date"),
    ("db", "not a date", None, "malformed"),
    ("db", "18991231", None, "impossible_date"),
    ("db", "00000000", None, "impossible_date"),
    ("db", "", None, "empty"),
    ("external_id", "", None, "empty"),
]

# field, raw value, country of the shop, what is hashed
MORE = [
    ("fn", "Anna \u2764\ufe0f", None, "anna"),
    ("fn", "\u200bAnna\ufeff", None, "anna"),
    ("fn", "J\u030cana", None, "\u01f0ana"),
    ("fn", "\u0939\u093f\u0928\u094d\u0926\u0940", None, "\u0939\u093f\u0928\u094d\u0926\u0940"),
    ("ge", "W", None, "f"),
    ("ge", "weiblich", None, "f"),
    ("ge", "Männlich", None, "m"),
    ("ge", "MAENNLICH", None, "m"),
    ("ge", "Féminin", None, "f"),
    ("ge", "homme", None, "m"),
    ("ge", "mujer", None, "f"),
    ("ge", "varón", None, "m"),
    ("ge", "femmina", None, "f"),
    ("ge", "maschio", None, "m"),
    ("ge", "vrouw", None, "f"),
    ("ge", "man", None, "m"),
    ("ge", "kobieta", None, "f"),
    ("ge", "mężczyzna", None, "m"),
    ("ge", "feminino", None, "f"),
    ("ge", "homem", None, "m"),
    ("ge", "kvinna", None, "f"),
    ("ge", "mand", None, "m"),
    ("db", 19970216, None, "19970216"),
    ("db", "3.4.1997", None, "19970403"),
    ("db", "4/4/1997", None, "19970404"),
    ("db", "2000-02-29", None, "20000229"),
    ("db", "1900-01-01", None, "19000101"),
    ("db", "2026-09-21", None, "20260921"),
    ("external_id", 42, None, "42"),
    ("external_id", "Ku\u0308nde", None, "K\u00fcnde"),
    ("external_id", "550E8400e29b41d4a716446655440000", None, "550E8400e29b41d4a716446655440000"),
    ("external_id", "550e8400e29b41d4a716446655440000.AQQAAQMC", None, "550e8400e29b41d4a716446655440000"),
]

MORE_REFUSED: list[tuple[str, object, str | None, str]] = [
    ("fn", "\u2764\ufe0f", None, "empty"),
    ("ln", "...", None, "empty"),
    ("ln", "N/A", None, "placeholder"),
    ("ge", "d", None, "unknown_value"),
    ("ge", "k", None, "unknown_value"),
    ("db", "1997-02-29", None, "impossible_date"),
    ("db", "2026-09-22", None, "impossible_date"),
    ("db", "31.31.1997", None, "impossible_date"),
    ("db", "02-03-1997", None, "ambiguous_date"),
    ("db", "1997-02/16", None, "malformed"),
    ("db", "\u0661\u0669\u0669\u0667\u0660\u0662\u0661\u0666", None, "malformed"),
    ("external_id", "000", None, "placeholder"),
    ("external_id", 0, None, "placeholder"),
    ("external_id", "00000000-0000-0000-0000-000000000000", None, "placeholder"),
    ("external_id", True, None, "wrong_type"),
    ("external_id", {"id": 1}, None, "wrong_type"),
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
