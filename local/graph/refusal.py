"""Why the Graph API refuses a request, in Graph's own error envelope."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One reason to refuse a whole request. Never holds a value that the sender sent, only places and rules."""

    message: str
    status: int = 400
    code: int = 100
    subcode: int | None = None
    is_transient: bool = False
    title: str | None = None
    user_message: str | None = None

    def envelope(self, fbtrace_id: str) -> dict[str, Any]:
        """The error body. Meta labels nearly every error `OAuthException`, data errors too."""
        error = {
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "error_subcode": self.subcode,
            "is_transient": self.is_transient,
            "error_user_title": self.title,
            "error_user_msg": self.user_message,
            "fbtrace_id": fbtrace_id,
        }
        return {"error": {name: value for name, value in error.items() if value is not None}}


def invalid_parameter(message: str) -> Refusal:
    """Code 100 without a subcode: the request itself is malformed."""
    return Refusal(message=f"(#100) {message}")


def invalid_event(subcode: int, title: str, user_message: str) -> Refusal:
    """Code 100 with one of the Conversions API's own subcodes."""
    return Refusal(message="Invalid parameter", subcode=subcode, title=title, user_message=user_message)


def schema_fault(path: str, problem: str) -> Refusal:
    """Subcode 2804019, the only one that names the place: `$['data'][3]['user_data']['em']`."""
    return invalid_event(2804019, "Server Side Api Parameter Error", f"Invalid parameter at {path}: {problem}.")
