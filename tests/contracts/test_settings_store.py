"""What the settings store promises over a secret, be it the fake or Secrets Manager itself."""

import itertools
import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from sluice.errors import Unavailable
from sluice.outside.secrets import FRESH_SECONDS, REREAD_SECONDS, SettingsStore
from sluice.sources import KINDS
from sluice.telemetry import Metric
from tests.fakes.clock import Clock
from tests.fakes.secrets import FakeSecrets
from tests.fakes.telemetry import RecordingTelemetry
from tests.samples import DATASET, dataset_changed, document

_names = (f"settings-{number}" for number in itertools.count())


class World(NamedTuple):
    """A store over a secret that was created empty, a way to write the secret, and the clock."""

    store: SettingsStore
    write: Callable[[str], object]
    clock: Clock
    telemetry: RecordingTelemetry

    def name(self) -> str:
        """The first dataset's name, as the store knows it now."""
        return self.store.document().datasets[DATASET].name


@pytest.fixture(params=["fake", "secretsmanager"])
def world(request: pytest.FixtureRequest) -> World:
    """A store of either kind."""
    clock, telemetry = Clock(), RecordingTelemetry()
    if request.param == "fake":
        fake = FakeSecrets()
        store = SettingsStore(lambda: fake, "arn", KINDS, telemetry, clock)

        def write(text: str) -> None:
            fake.previous, fake.stored = fake.stored, text

        return World(store, write, clock, telemetry)
    client = request.getfixturevalue("aws")("secretsmanager")
    arn = client.create_secret(Name=next(_names))["ARN"]
    store = SettingsStore(lambda: client, arn, KINDS, telemetry, clock)
    return World(store, lambda text: client.put_secret_value(SecretId=arn, SecretString=text), clock, telemetry)


def named(name: str) -> str:
    """A settings document whose first dataset has this name."""
    return json.dumps(dataset_changed(name=name))


class TestSettingsStore:
    """Fresh enough, never broken."""

    def test_empty_secret(self, world: World) -> None:
        """Before `sluice settings init` there are no settings; a few seconds after it there are."""
        with pytest.raises(Unavailable, match="settings_missing"):
            world.store.document()
        world.write(json.dumps(document()))
        world.clock.now += 5
        assert world.name() == "Example shop"

    def test_kept_for_five_minutes(self, world: World) -> None:
        """A change is seen after five minutes, not before."""
        world.write(named("old"))
        assert world.name() == "old"
        world.write(named("new"))
        world.clock.now += FRESH_SECONDS - 1
        assert world.name() == "old"
        world.clock.now += 1
        assert world.name() == "new"

    def test_reread_at_most_once_a_minute(self, world: World) -> None:
        """Whoever asks for fresh settings gets them, but not within a minute of the last reading."""
        world.write(named("old"))
        assert world.name() == "old"
        world.write(named("new"))
        world.clock.now += REREAD_SECONDS - 1
        assert world.store.reread().datasets[DATASET].name == "old"
        world.clock.now += 1
        assert world.store.reread().datasets[DATASET].name == "new"

    @pytest.mark.parametrize("text", ["{", '{"datasets":{}}', json.dumps(document(pepper="too short"))])
    def test_invalid_document(self, world: World, text: str) -> None:
        """A document that is not valid changes nothing and is counted; the last good one stays in use."""
        world.write(named("good"))
        assert world.name() == "good"
        world.write(text)
        world.clock.now += FRESH_SECONDS
        assert world.name() == "good"
        assert world.telemetry.counts[Metric.SETTINGS_INVALID] == 1

    def test_only_an_invalid_document(self, world: World) -> None:
        """With no good document at all there are no settings."""
        world.write("{}")
        with pytest.raises(Unavailable, match="settings_missing"):
            world.store.document()

    def test_a_new_instance_finds_the_last_good_document_behind_an_invalid_one(self, world: World) -> None:
        """An instance that starts while the stored document is invalid uses the one before it, and raises the alarm."""
        world.write(named("good"))
        world.write("{")
        assert world.name() == "good"
        assert world.telemetry.counts[Metric.SETTINGS_INVALID] == 1

    def test_two_invalid_documents_are_none(self, world: World) -> None:
        """There is nothing to fall back to."""
        world.write("[")
        world.write("{")
        with pytest.raises(Unavailable, match="settings_missing"):
            world.store.document()


def test_silence_keeps_the_last_good_document() -> None:
    """While Secrets Manager does not answer, the settings stay as they are."""
    clock, fake = Clock(), FakeSecrets(named("good"))
    store = SettingsStore(lambda: fake, "arn", KINDS, RecordingTelemetry(), clock)
    assert store.document().datasets[DATASET].name == "good"
    fake.down = True
    clock.now += FRESH_SECONDS
    assert store.document().datasets[DATASET].name == "good"


def test_silence_from_the_start(silent_aws: Callable[[str], object]) -> None:
    """A Secrets Manager that never answered leaves no settings and raises nothing else."""
    client = silent_aws("secretsmanager")
    store = SettingsStore(lambda: client, "arn", KINDS, RecordingTelemetry(), Clock())  # type: ignore[arg-type, return-value]
    with pytest.raises(Unavailable, match="settings_missing"):
        store.document()
