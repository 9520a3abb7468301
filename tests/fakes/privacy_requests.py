"""Privacy requests in memory."""

from sluice.errors import Unavailable
from sluice.privacy import REPEATED_SECONDS, PrivacyRequest


class FakePrivacyRequests:
    """``kept``: every request by its id, and ``done``: when it was done. ``down``: does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, PrivacyRequest] = {}
        self.done: dict[str, int] = {}
        self.down = False

    def add(self, request: PrivacyRequest) -> None:
        """Keep the request, unless it is a repeat."""
        self._answer()
        known = self.kept.get(request.id)
        if known and (request.id not in self.done or known.received_at >= request.received_at - REPEATED_SECONDS):
            return
        self.kept[request.id] = request
        self.done.pop(request.id, None)

    def open_requests(self) -> list[PrivacyRequest]:
        """What is kept and not done."""
        self._answer()
        waiting = [request for request in self.kept.values() if request.id not in self.done]
        return sorted(waiting, key=lambda request: (request.received_at, request.id))

    def finish(self, request_id: str, now_seconds: int) -> bool:
        """Note when it was done."""
        self._answer()
        if request_id not in self.kept or request_id in self.done:
            return False
        self.done[request_id] = now_seconds
        return True

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("consent_store_unavailable")
