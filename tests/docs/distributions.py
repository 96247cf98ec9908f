"""distributions.py NAME VERSION: a wheel and a source distribution in dist/, small, and the same bytes each time."""

import base64
import gzip
import hashlib
import io
import os
import sys
import tarfile
import zipfile

name, version = sys.argv[1:]
base = f"{name}-{version}"
metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: small\n".encode()


def write_wheel(path):
    info = f"{base}.dist-info"
    files = {
        f"{name}/__init__.py": b"",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: small\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {each: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for each, data in files.items()}
    record = [f"{each},sha256={digest.rstrip(b'=').decode()},\n" for each, digest in digests.items()]
    files[f"{info}/RECORD"] = "".join([*record, f"{info}/RECORD,,\n"]).encode()
    with zipfile.ZipFile(path, "w") as wheel:
        for each, data in files.items():
            wheel.writestr(zipfile.ZipInfo(each), data)


def write_sdist(path):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        with tarfile.open(fileobj=packed, mode="w") as sdist:
            for each, data in {"PKG-INFO": metadata, "pyproject.toml": b""}.items():
                member = tarfile.TarInfo(f"{base}/{each}")
                member.size = len(data)
                sdist.addfile(member, io.BytesIO(data))


os.makedirs("dist", exist_ok=True)
write_wheel(f"dist/{base}-py3-none-any.whl")
write_sdist(f"dist/{base}.tar.gz")
