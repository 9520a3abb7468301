"""What the property tests draw from."""

from typing import Any

from hypothesis import strategies as st

any_text = st.text(st.characters(codec=None, exclude_categories=()))
"""Any text, lone surrogates included."""
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""
seconds = st.integers(0, 2**33)
"""Any Unix time until the year 2242."""
