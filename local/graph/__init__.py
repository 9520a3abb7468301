"""Stands in for Meta's Conversions API on a laptop and in CI: the same rules, the same errors, and faults on demand.

A program of its own that shares no code with the product, so that both cannot be wrong in the same way.
`python -m local.graph` runs it; its first page shows live what "Meta" received.

`request` reads what was posted, `schema` and `validate` judge it, `identifiers` looks for data that should have been
hashed, `state` remembers, `faults` says when to misbehave and `wire` misbehaves.
`conversions`, `control` and `app` are the HTTP side.
"""
