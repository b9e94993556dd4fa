"""Checks a whole export of a Tidings log, and that it is the log that a checkpoint signs.
    pip install eventsourcingdb==2.2.4 cryptography; python audit.py EXPORT CHECKPOINT KEY (as tidings audit key prints it)"""
import base64, hashlib, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eventsourcingdb import Event
def sha256(*parts): return hashlib.sha256(b"".join(parts)).digest()
def once(members):
    assert len(dict(members)) == len(members), "a member stands there twice"
    return dict(members)

(export, checkpoint, (name, _, public)), number, before, peaks, gone = (*sys.argv[1:3], sys.argv[3].split("+", 2)), 0, "0" * 64, [], 0
try:
    text, _, signatures = open(checkpoint, encoding="utf-8").read().partition("\n\n")
    origin, size, root = text.split("\n")
    assert {line[:2] for line in signatures.split("\n")[:-1]} == {"\u2014 "}, "more than a signed note"
    signed = next(line.split(" ")[2] for line in signatures.split("\n") if line.startswith(f"\u2014 {name} "))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:])
    key.verify(base64.b64decode(signed)[4:], f"{text}\n".encode())
except Exception as error:
    sys.exit(f"the checkpoint is not signed by this key: {error!r}")
for number, line in enumerate(open(export, encoding="utf-8", newline="\n"), 1):
    try:
        raw = json.loads(line, object_pairs_hook=once)
        (event := Event.parse(raw)).verify_hash()
        beside, bound, texts = list(raw)[11:], raw["data"]["personal"], raw["data"]["personal"]
        if beside == ["personal", "personalsalt"]:
            texts = sha256(b"tidings personal v1\n", bytes.fromhex(raw["personalsalt"]), raw["personal"].encode()).hex()
        if texts != bound or beside not in ([["personal", "personalsalt"], ["personalerased"]] if bound else [[]]):
            raise ValueError("a text that was changed, added or taken away")
        if (event.source, event.event_id, event.predecessor_hash) != ("tidings:" + origin.split("/")[1], str(number), before):
            raise ValueError("not what follows the line before")
    except Exception as error:
        sys.exit(f"line {number}: {error!r}")
    gone, before, peaks = gone + (beside == ["personalerased"]), event.hash, peaks + [(1, sha256(b"\0", event.hash.encode()))]
    while len(peaks) > 1 and (number == int(size) or peaks[-1][0] == peaks[-2][0]):
        peaks[-2:] = [(peaks[-2][0] + peaks[-1][0], sha256(b"\1", peaks[-2][1], peaks[-1][1]))]
    if number == int(size) and base64.b64encode(peaks[0][1]).decode() != root:
        sys.exit(f"rewritten: the first {size} events are not those that the checkpoint signs")
sys.exit(f"cut off: the checkpoint says {size} events, there are {number}" if number < int(size) else print(
    f"{number} events, and the first {size} are those that the checkpoint signs; {gone} have no texts any more"))
