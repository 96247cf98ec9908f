"""Runs pypi-attestations, unmodified, once for each argument: the JSON list of its own arguments. Prints the exit codes."""

import json
import sys

from pypi_attestations import _cli

codes = []
for line in sys.argv[1:]:
    sys.argv = ["pypi-attestations", *json.loads(line)]
    try:
        _cli.main()
        codes.append(0)
    except SystemExit as end:
        codes.append(end.code if isinstance(end.code, int) else 1)
print(json.dumps(codes))
