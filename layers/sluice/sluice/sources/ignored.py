"""Why a webhook, or a part of one, makes no event. It is answered 200: sent again, it would make none either."""

from typing import Final

IGNORED: Final = {
    "b2b_order": "A company bought it, and the option `b2b` says that such orders are not sent.",
    "bot": "The request was made by a crawler or another program, by what it calls itself. Browsers only.",
    "browser_purchase": "A page reported a Purchase, and the dataset's `collect.purchase` does not take any.",
    "cancelled_order": "The order was cancelled.",
    "draft_order": "The order is still being written, or was thrown away.",
    "error_in_place_of_body": "The shop sent an error: the webhook's owner may not read. Save it as administrator.",
    "imported_order": "Another program entered the order more than a week after it was made elsewhere.",
    "incomplete_record": "The record was deleted, or lacks its id, stage or time where the option `fields` looks.",
    "no_account": "The new customer has no account: a guest, an import, or an entry made at a till.",
    "no_identifiers": "Nothing in the body names the person: the till asked nobody, or the app may not read it.",
    "no_meta_event_id_yet": "Meta's plugin has not yet left its event id in the order; a later webhook has it.",
    "nobody_named": "The topic never names a person. It is counted only.",
    "not_a_customer": "The new account is not a customer's.",
    "not_the_purchase_status": "By the options the order's status is no Purchase; a later webhook may be one.",
    "not_the_purchase_topic": "Another topic of the same order is the Purchase (option `purchase_topic`).",
    "nothing_bought": "The checkout only stored a way to pay.",
    "other_organization": "The message is not from an organization of the option `organization_ids`.",
    "payment_pending": "The checkout is not paid yet; another webhook follows when it is.",
    "pixel_window_passed": "A browser pixel reported the order too, and Meta would no longer see that they are one.",
    "record_without_person": "The webhook names a record and says nothing of the person; use a workflow's webhook.",
    "sent_by_meta_plugin": "Meta's own plugin sent the Purchase from the shop's server.",
    "test_environment": "A preview or a test environment made the event, no visitor.",
    "test_order": "The shop marked the order as a test.",
    "too_old": "It happened more than seven days ago, and Meta takes no such event.",
    "unknown_decision": "The consent tool's word for the decision is not among the option `words`.",
    "unknown_stage": "The record's stage is not among the option `stages`.",
    "unknown_topic": "No event is made of this topic.",
    "unpaid_order": "Nothing was paid for the order yet, and it is not to be paid for on delivery.",
    "unreadable_event": "A part of a batch is none of its system's events. The other parts were taken.",
    "unreadable_order": "No order could be read in the body; the checkout that waits for the answer was let go on.",
    "unsupported_family": "A webhook of Shopify's newer Events, whose body is of the app's own making. Use webhooks.",
    "unwanted_origin": "Made where the options `apps`, `drafts` or `subscriptions` say `ignore`.",
}
"""Every reason code, with its meaning."""

LOST: Final = frozenset({"error_in_place_of_body"})
"""Reasons by which something is missing that nobody sends again: an alarm tells of it."""
