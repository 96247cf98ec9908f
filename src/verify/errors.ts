import { defineErrors } from '../base/index.ts'

/** The reason codes of a refusal, one for each check, and what else can be wrong with what verification is given. */
export const verifyErrors = defineErrors({
  'verify.bundle': {
    status: 422,
    exit: 1,
    summary: 'The file is not a Sigstore bundle or attestation, or it is malformed.',
    hint: 'download the file again; if it has a newer bundle version, update wheelseal',
  },
  'verify.certificate': {
    status: 422,
    exit: 1,
    summary: 'The signing certificate cannot be read, or the type of its key is not supported.',
    hint: 'download the .crt file again; it must contain the certificate in PEM, or that in base64',
  },
  'verify.key': {
    status: 422,
    exit: 1,
    summary: 'A key signed and a certificate is expected, or a certificate signed and a key is expected.',
    hint: 'use --key PEM if you expect a key, or --certificate-identity or --project if you expect a certificate',
  },
  'verify.code-signing': {
    status: 422,
    exit: 1,
    summary: 'The certificate is not for code signing.',
    hint: 'sign with a certificate from Fulcio; TLS and CA certificates are not accepted',
  },
  'verify.chain': {
    status: 422,
    exit: 1,
    summary:
      'The certificate was not issued by an authority in your trust root, or not valid at the time of signing.',
    hint: "check that the trust root is that of the Sigstore instance that signed (--trusted-root, --tuf-url; for 'wheelseal cosign' SIGSTORE_ROOT_FILE)",
  },
  'verify.sct': {
    status: 422,
    exit: 1,
    summary: 'The certificate has no valid SCT of a certificate transparency log in your trust root.',
    hint: "check that the CT log key is that of the Sigstore instance that signed (--trusted-root, --tuf-url; for 'wheelseal cosign' SIGSTORE_CT_LOG_PUBLIC_KEY_FILE)",
  },
  'verify.identity': {
    status: 422,
    exit: 1,
    summary: 'The certificate was issued to a different identity than the expected one.',
    hint: 'do not use the file; if the identity that was found is the right one, correct the identity that you expect',
  },
  'verify.issuer': {
    status: 422,
    exit: 1,
    summary: 'The certificate has a different OIDC issuer than the expected one.',
    hint: 'do not use the file; if the issuer that was found is the right one, correct the issuer that you expect: it must match exactly',
  },
  'verify.claims': {
    status: 422,
    exit: 1,
    summary:
      'A certificate extension with a claim of the token is missing, or has a different value than the required one.',
    hint: 'do not use the file; if the value that was found is the right one, correct the value that you require',
  },
  'verify.signature': {
    status: 422,
    exit: 1,
    summary: 'The signature does not match the file, or was made with a different key.',
    hint: 'do not use the file: it was changed after signing, or the signature is for a different file; download both again',
  },
  'verify.logged': {
    status: 422,
    exit: 1,
    summary: 'The signature was not found in the transparency log.',
    hint: 'check that the trust root, and with cosign the Rekor URL, is that of the Sigstore instance that signed; if the signature was never logged, sign again with the log',
  },
  'verify.entry': {
    status: 422,
    exit: 1,
    summary: 'The log entry is for a different signature, certificate or file.',
    hint: 'download the bundle of this file again, or sign the file again',
  },
  'verify.inclusion': {
    status: 422,
    exit: 1,
    summary: 'The log entry has no inclusion proof, or the proof does not match the root of the log.',
    hint: 'download the bundle again; if the check fails again, the log may be damaged or tampered with: tell its operator',
  },
  'verify.checkpoint': {
    status: 422,
    exit: 1,
    summary:
      'The checkpoint is not signed by a log in your trust root, or is for a different tree than the inclusion proof.',
    hint: "check that the log key is that of the Sigstore instance that signed (--trusted-root, --tuf-url; for 'wheelseal cosign' SIGSTORE_REKOR_PUBLIC_KEY)",
  },
  'verify.set': {
    status: 422,
    exit: 1,
    summary:
      'The signed entry timestamp (SET) is not signed by a log in your trust root, or is for a different entry.',
    hint: "check that the log key is that of the Sigstore instance that signed (--trusted-root, --tuf-url; for 'wheelseal cosign' SIGSTORE_REKOR_PUBLIC_KEY)",
  },
  'verify.timestamp': {
    status: 422,
    exit: 1,
    summary:
      'An RFC 3161 timestamp is not signed by an authority in your trust root, or is for a different signature.',
    hint: 'check that the trust root has the timestamp authority that was used for signing, valid at that time',
  },
  'verify.time': {
    status: 422,
    exit: 1,
    summary: 'There is no trusted time of signing, or the certificate was not valid at that time.',
    hint: 'sign again; the signature must be logged or timestamped while the certificate is valid, which Fulcio limits to ten minutes',
  },
  'verify.attestation': {
    status: 422,
    exit: 1,
    summary: 'The attestation is for a different file, or its type is not supported.',
    hint: 'download the attestation that was published with this file',
  },
  'verify.policy': {
    status: 422,
    exit: 1,
    summary:
      'No rule of the policy lists the package name, or the signature lacks something that the rule requires.',
    hint: 'add the package name to a rule of the policy, or sign the file with what the rule requires',
  },
  'verify.no-seal': {
    status: 404,
    exit: 1,
    summary: 'No signature or bundle was found for the file.',
    hint: 'put X.sigstore.json, or X.sig and X.crt, next to the file X (with --key X.sig alone), or use --bundle, or --signature and --certificate',
  },
  'verify.policy-file': {
    status: 400,
    exit: 2,
    summary: 'The policy file cannot be read, or has an unknown key or a wrong value.',
    hint: 'correct the line in the message; docs/reference/policy.md lists every key',
  },
  'verify.policy-signers': {
    status: 409,
    exit: 1,
    summary: 'The files of one package were signed by different signers, so that no single rule fits them.',
    hint: 'name only the files of the signer that you trust; only different packages can have different signers',
  },
  'verify.policy-listed': {
    status: 409,
    exit: 1,
    summary: 'The policy already has a rule for the package, which does not allow the signer of these files.',
    hint: 'if you trust this signer too, write its identity into a new file with --output, and copy it into the rule',
  },
  'verify.trust-root': {
    status: 400,
    exit: 1,
    summary: 'The trust root is malformed.',
    hint: "write it again with 'wheelseal trust export --out DIR', or get it from the operator of the Sigstore instance",
  },
})
