import { defineErrors } from '../base/index.ts'

/** The reason codes of a refusal, one for each check, and what else can be wrong with what verification is given. */
export const verifyErrors = defineErrors({
  'verify.bundle': {
    status: 422,
    exit: 1,
    summary: 'The file is no seal that can be read: no bundle, no attestation, or a malformed one.',
    hint: 'fetch the file again; if its version is newer than what is read here, update this program',
  },
  'verify.certificate': {
    status: 422,
    exit: 1,
    summary: 'The certificate of a seal cannot be read, or is for a kind of key that signs no files.',
    hint: 'fetch the .crt file again; it holds the certificate as PEM, or base64 of that',
  },
  'verify.key': {
    status: 422,
    exit: 1,
    summary:
      'Another kind of signer than asked for: a managed key where none was named, or a certificate where one was.',
    hint: 'name the public key that you expect (--key), or the identity if a certificate is what you expect; never both',
  },
  'verify.code-signing': {
    status: 422,
    exit: 1,
    summary: 'The certificate may not be used for code signing.',
    hint: 'sign with a certificate that Fulcio issued for signing; a TLS or authority certificate is not one',
  },
  'verify.chain': {
    status: 422,
    exit: 1,
    summary: 'The certificate does not stand under a trusted root at the time of signing.',
    hint: 'check that the trust root is that of the Sigstore which signed (--trusted-root, --tuf-url; SIGSTORE_ROOT_FILE for the cosign face)',
  },
  'verify.sct': {
    status: 422,
    exit: 1,
    summary: 'The certificate was not put in a known certificate transparency log.',
    hint: 'check that the CT key is that of the Sigstore which signed (--trusted-root, --tuf-url; SIGSTORE_CT_LOG_PUBLIC_KEY_FILE for the cosign face)',
  },
  'verify.identity': {
    status: 422,
    exit: 1,
    summary: 'Somebody else signed: the name in the certificate is not the expected one.',
    hint: 'do not use the file, unless the name that was found is the one that you meant to expect',
  },
  'verify.issuer': {
    status: 422,
    exit: 1,
    summary: 'Another issuer than the expected one vouched for who signed.',
    hint: 'do not use the file, unless the issuer that was found is the one that you meant to expect; every character counts',
  },
  'verify.claims': {
    status: 422,
    exit: 1,
    summary: 'The certificate says something else of its holder than what was asked for.',
    hint: 'do not use the file, unless the claim that was found is the one that you meant to ask for',
  },
  'verify.signature': {
    status: 422,
    exit: 1,
    summary: 'The signature is not over these bytes.',
    hint: 'do not use the file: it was changed after signing, or the signature belongs to another file; fetch both again',
  },
  'verify.logged': {
    status: 422,
    exit: 1,
    summary: 'The signature is not in the transparency log that was asked.',
    hint: 'check that the trust root, and with cosign the Rekor URL, is that of the Sigstore which signed; a signature that was never logged counts nowhere, so sign again with the log',
  },
  'verify.entry': {
    status: 422,
    exit: 1,
    summary: 'The log entry is about another signature, certificate or file.',
    hint: 'fetch the entry of this signature; an entry of another one proves nothing',
  },
  'verify.inclusion': {
    status: 422,
    exit: 1,
    summary: 'The inclusion proof does not lead from the entry to the root of the log.',
    hint: 'fetch the entry again; if it stays so, the log is damaged or was tampered with: tell its operator',
  },
  'verify.checkpoint': {
    status: 422,
    exit: 1,
    summary: 'The checkpoint is not signed by a known log, or is about another tree than the proof.',
    hint: 'check that the log key is that of the Sigstore which signed (--trusted-root, --tuf-url; SIGSTORE_REKOR_PUBLIC_KEY for the cosign face)',
  },
  'verify.set': {
    status: 422,
    exit: 1,
    summary: "The log's promise (SET) is not signed by a known log, or is about another entry.",
    hint: 'check that the log key is that of the Sigstore which signed (--trusted-root, --tuf-url; SIGSTORE_REKOR_PUBLIC_KEY for the cosign face)',
  },
  'verify.timestamp': {
    status: 422,
    exit: 1,
    summary: 'A timestamp of the seal is not by a trusted authority, or is about another signature.',
    hint: 'check that the trust root lists the timestamp authority that was used when signing, with its span of time',
  },
  'verify.time': {
    status: 422,
    exit: 1,
    summary: 'No trusted time says when it was signed, or the certificate was not valid then.',
    hint: 'sign again, with a new certificate; a signature counts only when it is logged or stamped within the ten minutes of it',
  },
  'verify.attestation': {
    status: 422,
    exit: 1,
    summary: 'The attestation is about another file, or is none of the kinds that are accepted.',
    hint: 'do not take the attestation for this file; fetch the one that was published with it',
  },
  'verify.policy': {
    status: 422,
    exit: 1,
    summary: 'No rule of the policy lists the name, or the seal lacks what its rule requires.',
    hint: 'add the name to a rule of the policy if you trust who signs it, or seal the file with what the rule requires',
  },
  'verify.policy-file': {
    status: 400,
    exit: 2,
    summary: 'The policy file cannot be read, or holds what is not known or not possible.',
    hint: 'correct the line that is named; docs/reference/policy.md lists every key',
  },
  'verify.trust-root': {
    status: 400,
    exit: 1,
    summary: 'The files that verification starts from cannot be used as a trust root.',
    hint: "write them again with 'wheelseal trust export --out DIR', or fetch them from the operator of the Sigstore",
  },
})
