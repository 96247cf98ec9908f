"""large-wheel.py FILE NAME BYTES: an honest wheel of a little more than so many bytes; prints its sha256."""

import base64
import hashlib
import os
import sys
import zipfile

path, name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
info = f"{name}-1.0.dist-info"
part = os.urandom(2**26)
files = {f"{name}/{at}.bin": part for at in range(size // len(part))}
files[f"{info}/METADATA"] = (
    f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: >=3.9\n".encode()
)
files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
digests = {id(data): hashlib.sha256(data).digest() for data in files.values()}
record = ""
for each, data in files.items():
    digest = base64.urlsafe_b64encode(digests[id(data)]).rstrip(b"=").decode()
    record += f"{each},sha256={digest},{len(data)}\n"
files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
with zipfile.ZipFile(path, "w") as wheel:
    for each, data in files.items():
        wheel.writestr(zipfile.ZipInfo(each), data)
with open(path, "rb") as whole:
    print(hashlib.file_digest(whole, "sha256").hexdigest())
