"""What a decoder answers for a string that it cannot read."""

from typing import NamedTuple


class Malformed(NamedTuple):
    """The string cannot be read, so it proves nothing. ``code`` says why and quotes nothing of the string."""

    code: str
