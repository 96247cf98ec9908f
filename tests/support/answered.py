"""Runs a program on a terminal of its own, and answers what it asks: answered.py ANSWER PROGRAM ARGUMENT...

Prints what the terminal showed, and ends with the program's exit code.
"""

import os
import pty
import sys

answer, *argv = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp(argv[0], argv)

shown, asked = b"", 0
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:  # Linux: the other end was closed.
        break
    if not part:
        break
    shown += part
    sys.stdout.buffer.write(part)
    if shown.count(b"[y/N] ") > asked:
        asked += 1
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
