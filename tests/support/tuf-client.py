"""python-tuf as its manual shows it: MIRROR ROOT METADATA_DIR TARGET_DIR NAME..."""

import os
import sys

from tuf.api.exceptions import RepositoryError
from tuf.ngclient import Updater

mirror, root, metadata_dir, target_dir, *names = sys.argv[1:]
for folder in (metadata_dir, target_dir):
    os.makedirs(folder, exist_ok=True)
with open(root, "rb") as file:
    bootstrap = file.read()
updater = Updater(
    metadata_dir, f"{mirror}/", target_dir, f"{mirror}/targets/", bootstrap=bootstrap
)
try:
    updater.refresh()
    for name in names:
        target = updater.get_targetinfo(name)
        if target is None:
            sys.exit(f"no target {name}")
        updater.download_target(target)
        print(name)
except RepositoryError as refusal:
    sys.exit(f"{type(refusal).__name__}: {refusal}")
