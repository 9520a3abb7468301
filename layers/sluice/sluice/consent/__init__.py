"""Whether an event may be sent: consent signals in, one decision out. Pure."""
