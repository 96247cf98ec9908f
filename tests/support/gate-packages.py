"""gate-packages.py FOLDER PACKAGES: a wheel and a source distribution of each, the same each time.

PACKAGES is JSON: a list of objects with name, version, requires (a list), paddingBytes, by which the wheel grows, and
edition: packages of one name and version have other bytes, and are in the folder of that name. The back end of an sdist
writes its name into the file $BACK_END_RAN, where that is set.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile
import zipfile

WHEEL = "Wheel-Version: 1.0\nGenerator: small\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "back_end"\nbackend-path = ["."]\n'
BACK_END = '''
import base64, os


def build_wheel(folder, config_settings=None, metadata_directory=None):
    if "BACK_END_RAN" in os.environ:
        with open(os.environ["BACK_END_RAN"], "a") as ran:
            ran.write({base!r} + "\\n")
    with open(os.path.join(folder, {wheel!r}), "wb") as wheel:
        wheel.write(base64.b64decode({bytes!r}))
    return {wheel!r}
'''


def metadata_of(name, version, requires):
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Requires-Python: >=3.8"]
    return "".join(f"{line}\n" for line in [*lines, *(f"Requires-Dist: {each}" for each in requires)])


def wheel_of(name, version, metadata, padding):
    base = f"{name}-{version}"
    files = {
        f"{name}/__init__.py": f"VERSION = {version!r}\n".encode(),
        f"{base}.dist-info/METADATA": metadata.encode(),
        f"{base}.dist-info/WHEEL": WHEEL.encode(),
    }
    if padding:
        files[f"{name}/padding.bin"] = padding
    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    files[f"{base}.dist-info/RECORD"] = f"{record}{base}.dist-info/RECORD,,\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data)
    return packed.getvalue()


def sdist_of(base, metadata, wheel):
    back_end = BACK_END.format(base=base, wheel=f"{base}-py3-none-any.whl", bytes=base64.b64encode(wheel).decode())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in {"PKG-INFO": metadata, "pyproject.toml": PROJECT, "back_end.py": back_end}.items():
            member = tarfile.TarInfo(f"{base}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


folder, packages = sys.argv[1:]
for package in json.loads(packages):
    name, version = package["name"].replace("-", "_"), package["version"]
    metadata = metadata_of(package["name"], version, package.get("requires", []))
    edition = package.get("edition", "")
    wheel = wheel_of(name, version, metadata, random.Random(edition).randbytes(package.get("paddingBytes", 0)))
    files = {
        f"{name}-{version}-py3-none-any.whl": wheel,
        f"{name}-{version}-py3-none-any.whl.metadata": metadata.encode(),
        f"{name}-{version}.tar.gz": sdist_of(f"{name}-{version}", metadata, wheel),
    }
    os.makedirs(os.path.join(folder, edition), exist_ok=True)
    for file, data in files.items():
        with open(os.path.join(folder, edition, file), "wb") as out:
            out.write(data)
