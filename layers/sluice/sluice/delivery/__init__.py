"""How events are sent: what Meta's answer means, and when to try again. Pure."""
