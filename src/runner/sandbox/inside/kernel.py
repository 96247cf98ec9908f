"""Enters the sandbox of one script. The order comes as JSON on standard input; what goes wrong goes as one line of
JSON to standard error, which is not the script's. Everything is imported here: after the user is changed, or the root,
the library may be out of reach. The parts are read in the order of program.ts, as one program."""

import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
MACHINERY_FAILED = 125


class Step:
    """What is being done, for the one who reads that it failed."""

    now = "start"


def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags):
    call("unshare", ctypes.c_int(flags))


def prctl(option, value=0):
    call("prctl", option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def raw(text):
    return None if text is None else os.fsencode(text)


def mount(source, target, kind, flags=0, data=None):
    try:
        call("mount", raw(source), raw(target), raw(kind), ctypes.c_ulong(flags), raw(data))
    except OSError as error:
        raise OSError(error.errno, "mount of %s on %s: %s" % (kind or source, target, error.strerror)) from None


def tell(**fact):
    """One write, so that lines of several processes do not mix."""
    os.write(2, (json.dumps(fact) + "\n").encode())


def close_inherited():
    """What the runner has inherited from whoever started it is not the job's."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))
            except OSError:
                pass


def die_with(parent):
    """Cleared by the kernel whenever the user changes; the parent may have ended before it was set."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(MACHINERY_FAILED)
