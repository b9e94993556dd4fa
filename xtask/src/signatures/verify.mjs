// Signed reports before the standardwebhooks package: every key that should open them does, and no other.

import assert from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [cases, modules] = process.argv.slice(2);
const { Webhook, WebhookVerificationError } = createRequire(modules)("standardwebhooks");

function accepts(key, headers, body) {
  try {
    new Webhook(key).verify(body, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

let checks = 0;
for (const { keys, strangers, headers, body } of JSON.parse(readFileSync(cases, "utf-8"))) {
  for (const key of keys) {
    assert(accepts(key, headers, body));
    assert(!accepts(key, headers, body + " "));
    assert(!accepts(key, { ...headers, "webhook-id": "other" }, body));
    checks += 3;
  }
  for (const key of strangers) {
    assert(!accepts(key, headers, body));
    checks += 1;
  }
}
assert(checks > 0);
console.log(`JavaScript: ${checks} checks passed`);
