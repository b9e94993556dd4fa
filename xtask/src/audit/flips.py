"""Changes a byte in each hashed member of some lines: the package eventsourcingdb must refuse each."""
import json, sys
from eventsourcingdb import Event

HASHED = ["specversion", "id", "time", "source", "subject", "type", "datacontenttype", "predecessorhash", "data"]


def verifies(line):
    try:
        Event.parse(json.loads(line)).verify_hash()
        return True
    except Exception:
        return False


lines = flips = 0
for number, line in enumerate(open(sys.argv[1], encoding="utf-8", newline="\n"), 1):
    line = line.rstrip("\n")
    if not verifies(line):
        sys.exit(f"line {number} is refused")
    lines += 1
    if number % 7:
        continue
    for name in HASHED:
        start = line.index(f'"{name}":') + len(name) + 3
        end = line.index(',"', start) if name != "data" else len(line)
        place = (start + end) // 2 if name != "data" else start + 12
        changed = line[:place] + chr(ord(line[place]) ^ 1) + line[place + 1:]
        flips += 1
        if verifies(changed):
            sys.exit(f"line {number}: a change of {name} is not noticed")
print(f"the package verifies {lines} lines, and refuses each of {flips} changes of a byte")
