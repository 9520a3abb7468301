"""Values that were hashed before they came, and digests of nobody."""

from collections.abc import Callable
from hashlib import md5, sha256

import pytest

HASHED_FIELDS = ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id"]
DIGEST = sha256(b"somebody").hexdigest()
UUID_WITHOUT_DASHES = "550e8400e29b41d4a716446655440000"


@pytest.mark.parametrize("field", HASHED_FIELDS)
@pytest.mark.parametrize(
    "written",
    [DIGEST, DIGEST.upper(), f"  {DIGEST}\n", f"{DIGEST}.AQ", f"{DIGEST.upper()}.AQQCAQMC"],
    ids=["lower", "upper", "blanks", "two-character mark", "eight-character mark"],
)
def test_a_digest_passes_in_lower_case_without_mark(field: str, written: str, key_of: Callable[..., list[str]]) -> None:
    """A value that is a SHA-256 digest already is not hashed again, whoever wrote it."""
    assert key_of(field, written) == [DIGEST]


@pytest.mark.parametrize("field", [field for field in HASHED_FIELDS if field != "external_id"])
@pytest.mark.parametrize("mark", ["", ".AQQAAQMC"])
def test_md5_is_dropped(field: str, mark: str, reasons_of: Callable[..., list[str]]) -> None:
    """Meta cannot match MD5, so such a digest is neither passed nor hashed a second time."""
    assert reasons_of(field, md5(b"somebody").hexdigest() + mark) == ["md5"]


def test_an_external_id_may_look_like_md5(key_of: Callable[..., list[str]]) -> None:
    """A UUID without dashes is an id like any other, also after a library marked it as unchanged."""
    digest = "140f39b05a2d9de451b9b7ad2d1f4a26b16fb5e5c8b7cbde6154679102614882"
    assert key_of("external_id", UUID_WITHOUT_DASHES) == [digest]
    assert key_of("external_id", UUID_WITHOUT_DASHES + ".AQQAAQMC") == [digest]


@pytest.mark.parametrize("field", HASHED_FIELDS)
@pytest.mark.parametrize("mark", ["", ".AQQCAQMC"])
def test_the_digest_of_nothing_is_dropped(field: str, mark: str, reasons_of: Callable[..., list[str]]) -> None:
    """A sender that hashed an empty text sent nothing."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert reasons_of(field, nothing + mark) == ["empty"]


@pytest.mark.parametrize("field", HASHED_FIELDS)
@pytest.mark.parametrize("nobody", ["null", "NULL", "undefined", "n/a", "N/A", "none", "None"])
def test_a_word_for_nobody_is_dropped_raw_or_hashed(
    field: str, nobody: str, reasons_of: Callable[..., list[str]]
) -> None:
    """What programs write where a person is missing is no key, and hashing it first does not make it one."""
    assert reasons_of(field, f" {nobody} ") == ["placeholder"]
    assert reasons_of(field, sha256(nobody.encode()).hexdigest()) == ["placeholder"]


@pytest.mark.parametrize(
    ("field", "nobody"),
    [
        ("em", "test@test.com"),
        ("ph", "0000000000"),
        ("ph", "0"),
        ("zp", "00000"),
        ("external_id", "0"),
        ("external_id", "00000000-0000-0000-0000-000000000000"),
        ("external_id", "0" * 32),
    ],
)
def test_an_invented_identity_is_dropped_raw_or_hashed(
    field: str, nobody: str, reasons_of: Callable[..., list[str]]
) -> None:
    """The address and the numbers that stand for everybody would join all events to one person."""
    assert reasons_of(field, nobody) == ["placeholder"]
    assert reasons_of(field, sha256(nobody.encode()).hexdigest()) == ["placeholder"]
