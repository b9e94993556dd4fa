"""Checks a whole export of a Tidings log, and that it is the log that a checkpoint signs.
    pip install eventsourcingdb cryptography
    python audit.py EXPORT CHECKPOINT KEY        KEY is what `tidings audit key` prints"""
import base64, hashlib, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eventsourcingdb import Event

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

export, checkpoint, (name, _, public) = sys.argv[1], sys.argv[2], sys.argv[3].split("+", 2)
text, _, signatures = open(checkpoint, encoding="utf-8").read().partition("\n\n")
(origin, size, root), number, before, peaks = text.split("\n"), 0, "0" * 64, []  # peaks: (leaves, hash)
try:
    signed = next(line.split(" ")[2] for line in signatures.split("\n") if line.startswith(f"\u2014 {name} "))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:])
    key.verify(base64.b64decode(signed)[4:], f"{text}\n".encode())
except Exception as error:
    sys.exit(f"the checkpoint is not signed by this key: {error!r}")
for number, line in enumerate(open(export, encoding="utf-8", newline="\n"), 1):
    try:
        raw = json.loads(line)
        event = Event.parse(raw)
        event.verify_hash()
        texts = (bytes.fromhex(raw["personalsalt"]), raw["personal"].encode()) if "personal" in raw else None
        if texts and sha256(b"tidings personal v1\n", *texts).hex() != raw["data"]["personal"]:
            raise ValueError("a changed text")
        if (event.source, event.event_id, event.predecessor_hash) != ("tidings:" + origin.split("/")[1], str(number), before):
            raise ValueError("not what follows the line before")
    except Exception as error:
        sys.exit(f"line {number}: {error!r}")
    before, peaks = event.hash, peaks + [(1, sha256(b"\0", event.hash.encode()))]
    while len(peaks) > 1 and (number == int(size) or peaks[-1][0] == peaks[-2][0]):
        peaks[-2:] = [(peaks[-2][0] + peaks[-1][0], sha256(b"\1", peaks[-2][1], peaks[-1][1]))]
    if number == int(size) and base64.b64encode(peaks[0][1]).decode() != root:
        sys.exit(f"rewritten: the first {size} events are not those that the checkpoint signs")
if number < int(size):
    sys.exit(f"cut off: the checkpoint says {size} events, there are {number}")
print(f"{number} events, and the first {size} are those that the checkpoint signs")
