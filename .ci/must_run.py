"""Fails if a test of the committed list did not run: a skip is a reason to look, not a pass."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

report, wanted = Path(sys.argv[1]), Path(sys.argv[2]).read_text("utf-8").split()
ran = set()
for case in ET.parse(report).iter("testcase"):  # noqa: S314 - the file is our own, written a moment ago
    if case.find("skipped") is None:
        ran.add(f"{case.get('classname', '')}::{case.get('name', '').split('[')[0]}")
missing = [name for name in wanted if name not in ran]
print(f"{len(wanted) - len(missing)} of {len(wanted)} tests of the must-run list ran")
sys.exit("did not run: " + ", ".join(missing) if missing else 0)
