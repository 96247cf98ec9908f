"""small-wheel.py FOLDER NAME VERSION [REQUIRES-PYTHON]: a wheel of a few hundred bytes, the same each time."""

import base64
import hashlib
import os
import sys
import zipfile

folder, name, version, *requires = sys.argv[1:]
base = f"{name}-{version}"
info = f"{base}.dist-info"
lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
lines += [f"Requires-Python: {each}" for each in requires]
files = {
    f"{name}/__init__.py": b"",
    f"{info}/METADATA": "".join(f"{each}\n" for each in lines).encode(),
    f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: small\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = ""
for each, data in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record += f"{each},sha256={digest},{len(data)}\n"
files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
os.makedirs(folder, exist_ok=True)
with zipfile.ZipFile(f"{folder}/{base}-py3-none-any.whl", "w") as wheel:
    for each, data in files.items():
        wheel.writestr(zipfile.ZipInfo(each), data)
