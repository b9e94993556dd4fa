"""Signed reports before the standardwebhooks package: every key that should open them does, and no other."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def accepts(key, headers, body):
    try:
        Webhook(key).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


cases = json.load(open(sys.argv[1], encoding="utf-8"))
checks = 0
for case in cases:
    headers, body = case["headers"], case["body"]
    for key in case["keys"]:
        assert accepts(key, headers, body), case
        assert not accepts(key, headers, body + " "), case
        assert not accepts(key, {**headers, "webhook-id": "other"}, body), case
        checks += 3
    for key in case["strangers"]:
        assert not accepts(key, headers, body), case
        checks += 1
assert checks > 0
print(f"Python: {checks} checks passed")
