"""Which requests programs make, by what they call themselves. Pure."""

from importlib import import_module


def is_bot(user_agent: str) -> bool:
    """Whether a User-Agent header is that of a crawler, a preview or a test tool, or says nothing, as no browser does.

    The list is that of the package ``crawler-user-agents``, which is loaded when the first browser asks. A program that
    calls itself a browser is not found out.
    """
    return not user_agent.strip() or bool(import_module("crawleruseragents").is_crawler(user_agent))
