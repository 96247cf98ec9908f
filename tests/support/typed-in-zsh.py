"""Types lines into an interactive zsh that has read a completion script, each with a Tab behind it.

typed-in-zsh.py SCRIPT LINE... prints what zsh showed for each line, as a JSON list.
"""

import json
import os
import pty
import select
import sys
import time

script, *lines = sys.argv[1:]
QUIET_S = 1.0
DEADLINE_S = 30

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execlp("zsh", "zsh", "-f", "-i")


def shown(until):
    """What comes until the text was seen and nothing more came for a while."""
    seen, end = "", time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if select.select([terminal], [], [], QUIET_S)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
        elif until in seen:
            return seen
    raise SystemExit(f"zsh showed {seen!r}")


CTRL_U = b"\x15"
os.write(terminal, f"PS1='ready> '; autoload -U compinit; compinit -D -u; source {script}\n".encode())
shown("\rready> ")
answers = []
for line in lines:
    os.write(terminal, line.encode() + b"\t")
    answers.append(shown(line))
    os.write(terminal, CTRL_U)
    shown("")
print(json.dumps(answers))
