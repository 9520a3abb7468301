"""The settings secret (Secrets Manager): read, checked, kept for five minutes, and the last good one never given up."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from sluice.errors import BadSettings, Unavailable
from sluice.settings import HasOptions, SettingsDocument, parse_settings
from sluice.telemetry import Metric, Telemetry

FRESH_SECONDS: Final = 300
REREAD_SECONDS: Final = 50
"""How often refused keys may make an instance read again: an attacker's guesses cost no more than this.

Less than a minute, so that each of the steward's rounds reads a new token, also one that is called a little early.
"""
_MISSING_SECONDS: Final = 5


class SecretsClient(Protocol):
    """The one call of boto3's Secrets Manager client that is used."""

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> Mapping[str, object]:  # noqa: N803 - AWS's names
        """AWS's GetSecretValue."""


class SettingsStore:
    """The settings in force. ``client`` makes the client when it is first needed. ``clock`` gives Unix seconds."""

    def __init__(
        self,
        client: Callable[[], SecretsClient],
        secret_arn: str,
        kinds: Mapping[str, HasOptions],
        telemetry: Telemetry,
        clock: Callable[[], int],
    ) -> None:
        self._make_client = client
        self._client: SecretsClient | None = None
        self._secret_arn = secret_arn
        self._kinds = kinds
        self._telemetry = telemetry
        self._clock = clock
        self._document: SettingsDocument | None = None
        self._read_at = self._fresh_until = 0

    def document(self) -> SettingsDocument:
        """The settings. Raises Unavailable ``settings_missing`` while there has never been a valid document."""
        if self._clock() >= self._fresh_until:
            self._read()
        if self._document is None:
            raise Unavailable("settings_missing")
        return self._document

    def reread(self) -> SettingsDocument:
        """The settings, read afresh unless that happened within ``REREAD_SECONDS``."""
        if self._clock() - self._read_at >= REREAD_SECONDS:
            self._read()
        return self.document()

    def _read(self) -> None:
        """Replace the document with the stored one, if that is there and valid.

        An instance that starts while the stored one is invalid uses the one before it.
        """
        self._read_at = self._clock()
        found = self._stored("AWSCURRENT")
        if found is None and self._document is None:
            found = self._stored("AWSPREVIOUS")
        self._document = found or self._document
        self._fresh_until = self._read_at + (FRESH_SECONDS if self._document else _MISSING_SECONDS)

    def _stored(self, stage: str) -> SettingsDocument | None:
        """One version of the document; None when it is not there, not valid, or Secrets Manager does not answer."""
        if self._client is None:
            self._client = self._make_client()
        try:
            text = self._client.get_secret_value(SecretId=self._secret_arn, VersionStage=stage).get("SecretString")
        except (BotoCoreError, ClientError) as error:
            self._telemetry.log("settings_unread", error=type(error).__name__)
            return None
        if not isinstance(text, str) or not text:
            return None
        try:
            return parse_settings(text, self._kinds)
        except BadSettings as error:
            self._telemetry.count(Metric.SETTINGS_INVALID)
            self._telemetry.log("settings_invalid", slug=error.slug, at=error.at)
            return None
