"""What would make an event match better; it never stops one."""

from sluice.event import Event
from sluice.rules.meanings import EventWarning


def warnings(event: Event) -> list[EventWarning]:
    """What the sender could do better. Call it after match keys, and before an event without an id is given one."""
    found = []
    if not event.event_id:
        is_inside = bool(event.custom_data and event.custom_data.get("event_id"))
        found.append(
            EventWarning("event_id_in_custom_data", "custom_data.event_id")
            if is_inside
            else EventWarning("event_id_missing", "event_id")
        )
    if event.action_source == "website":
        if "client_user_agent" not in event.user_data:
            found.append(EventWarning("client_user_agent_missing", "user_data.client_user_agent"))
        if not event.user_data.keys() & {"fbp", "fbc"}:
            found.append(EventWarning("fbp_and_fbc_missing", "user_data.fbp"))
    return found
