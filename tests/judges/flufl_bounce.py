"""Says which addresses flufl.bounce finds failed in each mail that is named; run by the system's own Python."""

import json
import sys
from email import message_from_bytes
from pathlib import Path

if __name__ == "__main__":
    from flufl.bounce import all_failures

    said = {}
    for name in sys.argv[1:]:
        passing, permanent = all_failures(message_from_bytes(Path(name).read_bytes()))
        said[name] = {"passing": sorted(map(bytes.decode, passing)), "permanent": sorted(map(bytes.decode, permanent))}
    print(json.dumps(said))
