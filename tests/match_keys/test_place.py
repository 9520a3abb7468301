"""City, state, postcode and country: what is hashed, and what is refused."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from sluice.match_keys import to_match_keys

# field, raw value, country of the shop, what is hashed, its published digest
VECTORS = [
    ("ct", "Paris", None, "paris", "1670f2e42fefa5044d59a65349e47c566009488fc57d7b4376dd5787b59e3c57"),
    ("ct", "New York", None, "newyork", "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5"),
    ("ct", "München", None, "münchen", "f75c175f552c8b2bf46ef4b282ee782c81cf8687f66a8fe8278cc56fa727503e"),
    ("ct", "MÜNCHEN", None, "münchen", "f75c175f552c8b2bf46ef4b282ee782c81cf8687f66a8fe8278cc56fa727503e"),
    ("ct", "St. Louis", None, "stlouis", "8ba24bdf99947996f3000259be455de791b06fcc0e802ce05031030df1ee8ea3"),
    ("ct", "Saint-Étienne", None, "saintétienne", "bb35a91d6f2bd7ba807fdd240cc838bdd3b20fe1a6fdedba60d941fbe8d5c10f"),
    (
        "ct",
        "Köln am Rhein 50667",
        None,
        "kölnamrhein",
        "155af3dbe499cf5b1d2cd89d4fde15d816f14c0d153da4f928c3acf4dc08d0af",
    ),
    ("ct", "S'Gravenhage", None, "sgravenhage", "ef63921db3a7e9892df380b57f881dae97650731d6e37a1d6ce3b6cdb30c0afe"),
    ("ct", "東京", None, "東京", "130016b2599bf7e5978cae78e528c67f29aa47eaa2490ffedd729df334a2790c"),
    (
        "ct",
        "Frankfurt (Oder)",
        None,
        "frankfurtoder",
        "144a95544284abd0ad00bd84a4e9d66a1b05fa1a16739daf9e66182743d80037",
    ),
    ("ct", "São Paulo", None, "sãopaulo", "3eda1428ae1aece064071f8d40f08fe2bc59ffa66c171a163caf15122ec4d7f0"),
    ("st", "CA", None, "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("st", "California", None, "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("st", "az", None, "az", "9c0ada37bf74aeefae949fdfc90db0cf6eaf90192eff67d65887771f0585e055"),
    ("st", "Bayern", None, "bayern", "52b07f18c831ba4b08ba0b8bc84c6e023a825dfd385d20d8dcbf410d11c546e7"),
    (
        "st",
        "North Rhine-Westphalia",
        None,
        "northrhinewestphalia",
        "4299194f7325570261b049af3643db389e8fbf75fb4674baa46e6b71047a4f65",
    ),
    ("st", "NRW", None, "nrw", "a04a9e32f47072d602074dd724b2aeeda66a2a8cb8f7d115120ccab0bfeb54f2"),
    ("st", "BY", None, "by", "a7e2d26e8d15814dd9c6a1bdc90585c8d0a3170dfffeb21fc42986683113041b"),
    ("st", "New York", None, "ny", "1b06e2003f8420d6fa42badd8f77ec0f706b976b7a48b13c567dc5a559681683"),
    ("st", "Washington D.C.", None, "dc", "abecdf3503635c0be9eca61cddf5b25c7f8380d5aae7d73d0f62e9a38c87b70d"),
    ("st", "Québec", None, "qc", "997164d13810adf6cab52541447d083c4472e5ca6052cc6ddd9501318ac5730c"),
    ("st", "ON", None, "on", "b8d31e852725afb1e26d53bab6095b2bff1749c9275be13ed1c05a56ed31ec09"),
    ("st", "Ontario", None, "on", "b8d31e852725afb1e26d53bab6095b2bff1749c9275be13ed1c05a56ed31ec09"),
    ("st", "West Virginia", None, "wv", "078339967a4531c07e5369f15206af8dd66b4f6a322c068b40b0db3c74f9d5c6"),
    ("zp", "94035", "US", "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
    ("zp", "94035-1234", "US", "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
    ("zp", "94035 1234", "US", "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
    ("zp", "SW1A 1AA", None, "sw1a1aa", "830e1d4b9838bab1f5c2acdb23e0b502ff13a9832c4632e8d67a1d43d3b7f614"),
    ("zp", "M1 1AE", None, "m11ae", "1dc694c2070e697769fb959b50671d76cafd430d8ca191fbdd0affcaea344ac5"),
    ("zp", "m11ae", None, "m11ae", "1dc694c2070e697769fb959b50671d76cafd430d8ca191fbdd0affcaea344ac5"),
    ("zp", "D-10115", "DE", "10115", "ac7bb74de6884ffce919c15fef4193749d4588026c643973946713ac46da540d"),
    ("zp", "10115", None, "10115", "ac7bb74de6884ffce919c15fef4193749d4588026c643973946713ac46da540d"),
    ("zp", "75018", None, "75018", "8dc3075ea745609c169d1c120d3fcd1c42673d16f18b423f4374e894d34a098a"),
    ("zp", "K1A 0B1", None, "k1a0b1", "3e8d74314dc02166b1ea8c7bd8c2357fb3f9898074395b8c57f8799848b4daa1"),
    ("zp", " 8000 ", None, "8000", "ad5f9478d603fe97eae2bbff07f76fe7f18610343b5f3bc8e00945ee51b30d2c"),
    ("zp", "1234567890", None, "1234567890", "c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646"),
    ("zp", "00-950", None, "00950", "157c5bb53cacd69115a429c3a9257890995f3410caf57a12e1959f70c7b3fbec"),
    ("zp", "100-0001", None, "1000001", "443372db1ff98d9737596b4f83a8381ab6aab60e44e29854b48be88c74cdf1f0"),
    ("zp", "1000-205", None, "1000205", "cc42cb623ad5cc9dc1f19288e36ae920a14e7e1d11f04e5f3fbf92d54617f247"),
    ("zp", "1012 AB", None, "1012ab", "4eae493e6faa833589c87de609450298d15d3a344685a821ecb61d385f97e090"),
    ("zp", "AD500", None, "ad500", "d27b4618ed5095da313bf2e8f73c4130fa0977969a802467bcc5676a27994656"),
    ("zp", "L-1234", "LU", "1234", "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4"),
    ("zp", "CH-8000", "CH", "8000", "ad5f9478d603fe97eae2bbff07f76fe7f18610343b5f3bc8e00945ee51b30d2c"),
    ("country", "US", None, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("country", "us", None, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("country", "United States", None, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("country", "USA", None, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
    ("country", "DE", None, "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    ("country", "Germany", None, "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    ("country", "Deutschland", None, "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    ("country", "DEU", None, "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    ("country", "UK", None, "gb", "0b407281768f0e833afef47ed464b6571d01ca4d53c12ce5c51d1462f4ad6677"),
    ("country", "GB", None, "gb", "0b407281768f0e833afef47ed464b6571d01ca4d53c12ce5c51d1462f4ad6677"),
    ("country", "United Kingdom", None, "gb", "0b407281768f0e833afef47ed464b6571d01ca4d53c12ce5c51d1462f4ad6677"),
    ("country", "England", None, "gb", "0b407281768f0e833afef47ed464b6571d01ca4d53c12ce5c51d1462f4ad6677"),
    ("country", "d e", None, "de", "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578"),
    ("country", "Österreich", None, "at", "b1d6b91b67c2afa5e322988d9462638d354ddf8a1ef79dba987f815c22b4baee"),
    ("country", "Austria", None, "at", "b1d6b91b67c2afa5e322988d9462638d354ddf8a1ef79dba987f815c22b4baee"),
]

# field, raw value, country of the shop, reason
REFUSED = [
    ("ct", "12345", None, "empty"),
    ("ct", "", None, "empty"),
    ("st", "12", None, "empty"),
    ("st", "", None, "empty"),
    ("zp", "1", None, "malformed"),
    ("zp", "", None, "empty"),
    ("country", "XX", None, "unknown_value"),
    ("country", "", None, "empty"),
]

# field, raw value, country of the shop, what is hashed
MORE = [
    ("st", "georgia", "US", "ga"),
    ("st", "Georgia", "DE", "georgia"),
    ("st", "US-CA", "US", "ca"),
    ("st", "US-California", "US", "ca"),
    ("st", "DE-BY", "DE", "by"),
    ("st", "DE-BY", "AT", "by"),
    ("st", "DE-Bayern", "DE", "bayern"),
    ("st", "Al-Anbar", "IQ", "alanbar"),
    ("st", "Colombie-Britannique", "CA", "bc"),
    ("st", "Île-du-Prince-Édouard", "CA", "pe"),
    ("st", "Nouvelle-Ecosse", "CA", "ns"),
    ("st", "Québec", "FR", "québec"),
    ("st", "D.C.", "US", "dc"),
    ("zp", 94035, "US", "94035"),
    ("zp", "94035-1234", None, "940351234"),
    ("zp", "940351234", "us", "94035"),
    ("zp", "D-10115", None, "d10115"),
    ("zp", "D 10115", "DE", "10115"),
    ("zp", "DE-10115", "DE", "10115"),
    ("zp", "F-75018", "DE", "f75018"),
    ("zp", "FL-9490", "LI", "9490"),
    ("zp", "AD-500", "AD", "ad500"),
    ("zp", "20.000\u2013000", "BR", "20000000"),
    ("country", "uk", None, "gb"),
    ("country", "U.S.A.", None, "us"),
    ("country", "Turkey", None, "tr"),
    ("country", "Türkiye", None, "tr"),
    ("country", "Côte d'Ivoire", None, "ci"),
    ("country", "Cote d\u2019Ivoire", None, "ci"),
    ("country", "Allemagne", None, "de"),
    ("country", "Alemania", None, "de"),
    ("country", "Germania", None, "de"),
    ("country", "Duitsland", None, "de"),
    ("country", "Niemcy", None, "de"),
    ("country", "Alemanha", None, "de"),
    ("country", "Tyskland", None, "de"),
    ("country", "Østrig", None, "at"),
    ("country", "NA", None, "na"),
    ("country", "xk", None, "xk"),
]

MORE_REFUSED: list[tuple[str, object, str | None, str]] = [
    ("ct", "\U0001f3d6\ufe0f", None, "empty"),
    ("ct", 50667, None, "wrong_type"),
    ("zp", "-", "US", "empty"),
    ("country", "EU", None, "unknown_value"),
    ("country", "n/a", None, "placeholder"),
    ("country", "Nowhere", None, "unknown_value"),
    ("country", 276, None, "wrong_type"),
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


@pytest.mark.parametrize("country", ["CA", "ca", " Kanada ", "CAN", sha256(b"ca").hexdigest().upper(), ["CA", "can"]])
def test_the_events_own_country_goes_before_the_shops(country: object) -> None:
    """Phone, state and postcode are read in the country that the event itself names, however it is written."""
    user_data = {"country": country, "ph": "506-234-5678", "st": "Ontario", "zp": "K1A 0B1"}
    keys = to_match_keys(user_data, default_country="DE", now_seconds=0).keys
    assert {field: keys[field] for field in ("ph", "st", "zp")} == {
        "ph": [sha256(b"15062345678").hexdigest()],
        "st": [sha256(b"on").hexdigest()],
        "zp": [sha256(b"k1a0b1").hexdigest()],
    }


@pytest.mark.parametrize("country", [None, "", "XX", 5, {}, [], "0" * 64])
def test_a_country_that_is_none_leaves_the_shops(country: object) -> None:
    """A missing or unreadable country does not take the shop's country away."""
    keys = to_match_keys({"country": country, "ph": "0171 1234567"}, default_country="DE", now_seconds=0).keys
    assert keys["ph"] == [sha256(b"491711234567").hexdigest()]


def test_two_countries_are_none() -> None:
    """An event with two countries does not say which of them its number belongs to."""
    user_data = {"country": ["DE", "AT"], "ph": "0171 1234567"}
    answer = to_match_keys(user_data, default_country="DE", now_seconds=0)
    assert answer.keys == {"country": [sha256(code).hexdigest() for code in (b"de", b"at")]}
    assert [(dropped.field, dropped.reason) for dropped in answer.dropped] == [("ph", "no_country")]
