"""sigstore-python as a judge: one question in JSON per line, one answer per line; null for what it accepts."""

import hashlib
import json
import sys

from sigstore import dsse
from sigstore.errors import VerificationError
from sigstore.hashes import Hashed, HashAlgorithm
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

verifiers = {}


def verifier_of(root):
    if root not in verifiers:
        verifiers[root] = Verifier(trusted_root=TrustedRoot.from_file(root))
    return verifiers[root]


def judge(question):
    """As `sigstore verify identity` does it."""
    with open(question["artifact"], "rb") as file:
        digest = hashlib.sha256(file.read()).digest()
    hashed = Hashed(digest=digest, algorithm=HashAlgorithm.SHA2_256)
    bundle = Bundle.from_json(question["bundle"])
    who = policy.Identity(identity=question["identity"], issuer=question["issuer"])
    verifier = verifier_of(question["root"])
    if not bundle._dsse_envelope:
        verifier.verify_artifact(input_=hashed, bundle=bundle, policy=who)
        return
    kind, payload = verifier.verify_dsse(bundle=bundle, policy=who)
    if kind != dsse.Envelope._TYPE:
        raise VerificationError(f"expected JSON payload for DSSE, got {kind}")
    if not dsse.Statement(payload)._matches_digest(hashed):
        raise VerificationError("in-toto statement has no subject for the digest")


for line in sys.stdin:
    reason = None
    try:
        judge(json.loads(line))
    except Exception as error:  # whatever it ends with, it is no acceptance
        reason = f"{type(error).__name__}: {error}".split("\n")[0]
    print(json.dumps(reason), flush=True)
