"""canary-sdist.py NAME VERSION: a source distribution in dist/ whose build back end writes down that it ran, into $CANARY."""

import io
import os
import sys
import tarfile

name, version = sys.argv[1:]
base = f"{name}-{version}"
metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
BACK_END = f'''
import os, zipfile

with open(os.environ["CANARY"], "a") as canary:
    canary.write("\\n".join(os.environ) + "\\n")


def build_wheel(folder, config_settings=None, metadata_directory=None):
    path = "{base}-py3-none-any.whl"
    info = "{base}.dist-info"
    files = {{
        "{name}.py": "",
        info + "/METADATA": {metadata!r},
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files[info + "/RECORD"] = "".join(each + ",,\\n" for each in [*files, info + "/RECORD"])
    with zipfile.ZipFile(os.path.join(folder, path), "w") as wheel:
        for each, text in files.items():
            wheel.writestr(each, text)
    return path
'''
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "back_end"\nbackend-path = ["."]\n'

os.makedirs("dist", exist_ok=True)
with tarfile.open(f"dist/{base}.tar.gz", mode="w:gz") as sdist:
    for each, text in {"PKG-INFO": metadata, "pyproject.toml": PROJECT, "back_end.py": BACK_END}.items():
        member = tarfile.TarInfo(f"{base}/{each}")
        member.size = len(text)
        sdist.addfile(member, io.BytesIO(text.encode()))
