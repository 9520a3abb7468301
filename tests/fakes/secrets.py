"""Secrets Manager with one secret."""

from collections.abc import Mapping

from botocore.exceptions import EndpointConnectionError


class FakeSecrets:
    """``stored``: the secret's text, None before it has one. ``down``: does not answer. ``reads``: calls so far."""

    def __init__(self, stored: str | None = None) -> None:
        self.stored = stored
        self.down = False
        self.reads = 0

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, object]:  # noqa: N803 - AWS's name
        """AWS's GetSecretValue."""
        self.reads += 1
        if self.down:
            raise EndpointConnectionError(endpoint_url=f"https://secrets.example.com/{SecretId}")
        return {"SecretString": self.stored} if self.stored is not None else {}
