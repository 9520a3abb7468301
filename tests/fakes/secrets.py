"""Secrets Manager with one secret."""

from collections.abc import Mapping

from botocore.exceptions import EndpointConnectionError


class FakeSecrets:
    """``stored``: the secret's text, None before it has one. ``previous``: the text before it.

    ``down``: does not answer. ``reads``: calls so far.
    """

    def __init__(self, stored: str | None = None) -> None:
        self.stored = stored
        self.previous: str | None = None
        self.down = False
        self.reads = 0

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> Mapping[str, object]:  # noqa: N803 - AWS's names
        """AWS's GetSecretValue."""
        self.reads += 1
        if self.down:
            raise EndpointConnectionError(endpoint_url=f"https://secrets.example.com/{SecretId}")
        text = self.stored if VersionStage == "AWSCURRENT" else self.previous
        return {"SecretString": text} if text is not None else {}
