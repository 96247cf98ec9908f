"""Runs a program as on a machine on which user namespaces are switched off: inside of one that allows no more."""

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000

ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).unshare(CLONE_NEWUSER)
    os.write(ready[1], b".")
    os.read(go[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(ready[0], 1)
count = 65536 if os.geteuid() == 0 else 1
with open(f"/proc/{child}/setgroups", "w") as file:
    file.write("allow" if count > 1 else "deny")
for kind, number in (("uid", os.geteuid()), ("gid", os.getegid())):
    with open(f"/proc/{child}/{kind}_map", "w") as file:
        file.write(f"0 {number} {count}")
os.write(go[1], b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
