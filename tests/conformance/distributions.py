"""distributions.py FOLDER: how independent readers see each archive in it, as JSON by file name.

A reading is a list of [path, digest of the content] in order of the path, or a text that says why there is none.
"""

import email.policy
import email.parser
import gzip
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib

import packaging.metadata
from wheel.wheelfile import WheelFile

warnings.simplefilter("ignore")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def attempt(reader, path):
    try:
        return reader(path)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def listed(pairs):
    return sorted([name, content] for name, content in pairs)


def by_directory(path):
    """As pip: Python's zipfile, each member that the central directory has."""
    with zipfile.ZipFile(path) as archive:
        return listed((info.filename, digest(archive.read(info))) for info in archive.infolist())


def by_stream(path):
    """As a reader that does not wait for the end: local headers, one after the other, up to the directory."""
    with open(path, "rb") as file:
        data = file.read()
    found, at = [], 0
    while data[at : at + 4] == b"PK\3\4":
        flags, method, crc, packed, size, name_size, extra_size = struct.unpack("<HH4xLLLHH", data[at + 6 : at + 30])
        name = data[at + 30 : at + 30 + name_size].decode("utf-8" if flags & 0x800 else "cp437")
        extra = data[at + 30 + name_size : at + 30 + name_size + extra_size]
        while len(extra) >= 4:
            kind, length = struct.unpack("<HH", extra[:4])
            if kind == 1:
                values = list(struct.unpack(f"<{length // 8}Q", extra[4 : 4 + length // 8 * 8]))
                if size == 0xFFFFFFFF and values:
                    size = values.pop(0)
                if packed == 0xFFFFFFFF and values:
                    packed = values.pop(0)
            extra = extra[4 + length :]
        start = at + 30 + name_size + extra_size
        if flags & 1 or method not in (0, 8):
            raise ValueError("not readable")
        if method == 8:
            inflater = zlib.decompressobj(-15)
            content = inflater.decompress(data[start:])
            used = len(data) - start - len(inflater.unused_data)
            end = start + (used if flags & 8 else packed)
        else:
            end = start + packed
            content = data[start:end]
        if flags & 8:
            end += 16 if data[end : end + 4] == b"PK\7\10" else 12
        found.append((name, digest(content)))
        at = end
    if data[at : at + 4] not in (b"PK\1\2", b"PK\5\6"):
        raise ValueError("what follows the members is no directory")
    return listed(found)


def by_unzip(path):
    """Info-ZIP into a folder, as a person does it."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(["unzip", "-qq", "-o", path, "-d", folder], capture_output=True, text=True, errors="replace")
        if run.returncode != 0:
            raise ValueError(f"unzip: {run.returncode}")
        return files_of(folder)


def by_gnu_tar(path):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["tar", "-xzf", path, "-C", folder, "--no-same-owner", "--no-same-permissions"],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if run.returncode != 0 or run.stderr != "":
            raise ValueError(f"tar: {run.returncode} {run.stderr[:200]}")
        return files_of(folder)


def by_tarfile(path):
    """As pip since 23.3: with the data filter of PEP 706."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        return files_of(folder)


def by_tar_stream(path):
    """Names and contents as they pass by, nothing of it on the disk."""
    with tarfile.open(path, "r|gz") as archive:
        return listed((member.name, digest(archive.extractfile(member).read())) for member in archive if member.isfile())


def by_first_member(path):
    """As a reader that stops at the end of the first gzip member."""
    with open(path, "rb") as file:
        data = file.read()
    inflater = zlib.decompressobj(31)
    content = inflater.decompress(data)
    if not inflater.eof:
        raise ValueError("cut off")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return listed((member.name, digest(archive.extractfile(member).read())) for member in archive if member.isfile())


def by_all_members(path):
    """And as one that reads all of them, and on after the end mark."""
    with gzip.open(path) as file:
        content = file.read()
    with tarfile.open(fileobj=io.BytesIO(content), ignore_zeros=True) as archive:
        return listed((member.name, digest(archive.extractfile(member).read())) for member in archive if member.isfile())


def files_of(folder):
    found = []
    for parent, folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.islink(path):
                continue
            with open(path, "rb") as file:
                found.append((os.path.relpath(path, folder), digest(file.read())))
    return listed(found)


def record(path):
    """RECORD as the library `wheel` checks it while it reads."""
    with WheelFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                member.read()
    return True


def described(data):
    """What `packaging` and Python's e-mail parser say of metadata."""
    parsed = packaging.metadata.Metadata.from_email(data, validate=False)
    message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    return {
        "name": packaging.utils.canonicalize_name(parsed.name),
        "version": str(parsed.version),
        "requiresPython": str(parsed.requires_python or ""),
        "message": [message["Name"], message["Version"]],
    }


def wheel_metadata(path):
    with zipfile.ZipFile(path) as archive:
        [name] = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith(".dist-info/METADATA")]
        return described(archive.read(name))


def sdist_metadata(path):
    with tarfile.open(path, "r:gz") as archive:
        [name] = [name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/PKG-INFO")]
        return described(archive.extractfile(name).read())


WHEEL = {"directory": by_directory, "stream": by_stream, "unzip": by_unzip, "record": record, "metadata": wheel_metadata}
SDIST = {
    "tarfile": by_tarfile,
    "tar": by_gnu_tar,
    "stream": by_tar_stream,
    "first": by_first_member,
    "all": by_all_members,
    "metadata": sdist_metadata,
}

answers = {}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        readers = WHEEL if name.endswith(".whl") else SDIST
        answers[os.path.relpath(path, sys.argv[1])] = {key: attempt(reader, path) for key, reader in readers.items()}
json.dump(answers, sys.stdout)
