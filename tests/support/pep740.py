"""
The clients of PEP 740, unmodified but for where their trust comes from: they know no other Sigstore than the public one.

  pep740.py make FOLDER                       a wheel and an sdist, names on standard output
  pep740.py pypi-attestations CONFIG ARG...   the program, with the public Sigstore replaced by that of CONFIG
  pep740.py predicate CONFIG DIST ATTESTATION IDENTITY ISSUER   what the library verifies and returns
  pep740.py twine FILE...                     what `twine upload --attestations` would send with each distribution
"""

import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0\n"


def make(folder):
    sdist = Path(folder, "demo_pkg-1.0.tar.gz")
    with tarfile.open(sdist, "w:gz") as tar:
        for name, content in (("PKG-INFO", METADATA), ("demo_pkg.py", "")):
            info = tarfile.TarInfo(f"demo_pkg-1.0/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    wheel = Path(folder, "demo_pkg-1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo_pkg-1.0.dist-info/METADATA", METADATA)
        archive.writestr("demo_pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("demo_pkg-1.0.dist-info/RECORD", "")


def aim(config):
    from sigstore.models import ClientTrustConfig

    private = ClientTrustConfig.from_json(Path(config).read_text())
    ClientTrustConfig.production = classmethod(lambda cls, *, offline=False: private)


def pypi_attestations(config, *arguments):
    aim(config)
    from pypi_attestations import _cli

    sys.argv = ["pypi-attestations", *arguments]
    _cli.main()


def predicate(config, dist, attestation, identity, issuer):
    aim(config)
    from pypi_attestations import Attestation, Distribution
    from sigstore.verify import policy

    read = Attestation.model_validate_json(Path(attestation).read_bytes())
    signer = policy.Identity(identity=identity, issuer=issuer)
    kind, content = read.verify(signer, Distribution.from_file(Path(dist)))
    print(json.dumps({"predicateType": kind, "predicate": content, "claims": read.certificate_claims}))


def twine(*files):
    from twine import commands
    from twine.package import PackageFile

    inputs = commands._split_inputs(list(files))
    sent = {}
    for dist in inputs.dists:
        package = PackageFile.from_filename(dist, None)
        package.add_attestations(inputs.attestations_by_dist[dist])
        sent[dist] = json.loads(package.metadata_dictionary()["attestations"])
    print(json.dumps(sent))


COMMANDS = {"make": make, "pypi-attestations": pypi_attestations, "predicate": predicate, "twine": twine}
COMMANDS[sys.argv[1]](*sys.argv[2:])
