"""The error family."""

import pickle

import pytest

from sluice.consent.reasons import REASONS
from sluice.errors import (
    REJECTIONS,
    UNAVAILABLE,
    BadEnvelope,
    BadSettings,
    Meaning,
    Rejected,
    SluiceError,
    Unavailable,
    meaning,
)
from sluice.rules import MEANINGS

FAMILY = [Rejected("bad_json"), Unavailable("queue_unavailable"), BadSettings("pepper: too short"), BadEnvelope()]


@pytest.mark.parametrize("error", FAMILY, ids=repr)
def test_text_is_the_slug(error: SluiceError) -> None:
    """Printed in any way, an error is its slug: it can carry nothing else into a log."""
    assert str(error) == error.slug
    assert repr(error) == f"{type(error).__name__}('{error.slug}')"


@pytest.mark.parametrize("error", FAMILY, ids=repr)
def test_one_family(error: SluiceError) -> None:
    """Whoever catches the root catches all."""
    assert isinstance(error, SluiceError)


@pytest.mark.parametrize(("slug", "means"), [*REJECTIONS.items()])
def test_rejection_is_4xx(slug: str, means: Meaning) -> None:
    """A request that cannot be taken is answered 4xx with a sentence."""
    assert meaning(Rejected(slug)) == means
    assert 400 <= means.status < 500
    assert means.fix.endswith(".")


@pytest.mark.parametrize(("slug", "means"), [*UNAVAILABLE.items()])
def test_unavailable_is_503(slug: str, means: Meaning) -> None:
    """A failure on our side is answered 503, so that senders try again."""
    assert meaning(Unavailable(slug)) == means
    assert means.status == 503


def test_one_meaning_for_each_slug() -> None:
    """No slug stands in two tables."""
    slugs = [*REJECTIONS, *UNAVAILABLE, *MEANINGS, *REASONS]
    assert sorted(set(slugs)) == sorted(slugs)


@pytest.mark.parametrize("error", [Rejected("bad_json"), Unavailable("queue_unavailable")], ids=repr)
def test_pickles(error: SluiceError) -> None:
    """An error survives a process boundary."""
    assert pickle.loads(pickle.dumps(error)).slug == error.slug
