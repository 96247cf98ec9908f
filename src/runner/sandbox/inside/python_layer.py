"""Makes the layer that lies above a self-contained Python when that is a job's /usr/local: its folders, so that they
are the job's, its own programs with the new place in their first lines, and of the packages only what an image has."""

import json
import os
import re
import shutil
import sys

# Of site-packages: the same as in the images of Python.
PACKAGES = re.compile(r"(pip|setuptools|wheel|pkg_resources|_distutils_hack|distutils-precedence)([.-].*)?$")
# Of bin: what is Python's own. Programs of packages that were installed besides are not.
PROGRAMS = re.compile(r"(pip|python|pydoc|idle|2to3|wheel|easy_install)[\w.-]*$")
SMALL_BYTES = 1 << 20


def main():
    order = json.load(sys.stdin)
    prefix, layer, uid = order["prefix"], order["layer"], order["uid"]
    os.umask(0o022)
    for path, names, _ in os.walk(prefix):
        below = os.path.relpath(path, prefix)
        os.makedirs(os.path.join(layer, below), exist_ok=True)
        if os.path.basename(path) in ("site-packages", "dist-packages") and below.startswith("lib/"):
            names[:] = []
            copy_packages(path, os.path.join(layer, below))
        names[:] = [name for name in names if name != "__pycache__"]
    write_programs(prefix, layer)
    if uid is not None:
        give(layer, uid)


def copy_packages(path, target):
    os.setxattr(target, "user.overlay.opaque", b"y")
    for name in os.listdir(path):
        source = os.path.join(path, name)
        if PACKAGES.match(name) and os.path.isdir(source) and not os.path.islink(source):
            shutil.copytree(source, os.path.join(target, name), symlinks=True)
        elif PACKAGES.match(name) and os.path.isfile(source):
            shutil.copy2(source, os.path.join(target, name))


def write_programs(prefix, layer):
    folder = os.path.join(prefix, "bin")
    for name in os.listdir(folder):
        path, target = os.path.join(folder, name), os.path.join(layer, "bin", name)
        if not os.path.isfile(path) or os.path.islink(path) or os.path.getsize(path) > SMALL_BYTES:
            continue
        with open(path, "rb") as file:
            first, rest = file.readline(), file.read()
        if not first.startswith(b"#!") or prefix.encode() not in first:
            continue
        if not PROGRAMS.match(name):
            os.mknod(target, 0o020000, 0)
            continue
        with open(target, "wb") as file:
            file.write(first.replace(prefix.encode(), b"/usr/local") + rest)
        os.chmod(target, 0o755)


def give(layer, uid):
    os.lchown(layer, uid, uid)
    for path, names, files in os.walk(layer):
        for name in names + files:
            os.lchown(os.path.join(path, name), uid, uid)


main()
