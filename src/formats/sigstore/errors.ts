import { defineErrors } from '../../base/index.ts'

export const sigstoreErrors = defineErrors({
  'sigstore.proposed-entry': {
    status: 400,
    exit: 1,
    summary: 'The proposed log entry is not a hashedrekord 0.0.1 or dsse 0.0.1, or is malformed.',
    hint: 'send the entry as cosign does: digest, signature and certificate, or a DSSE envelope and its certificate',
  },
  'sigstore.entry': {
    status: 400,
    exit: 1,
    summary: 'The log entry is incomplete or malformed.',
    hint: 'download the file with the entry again, or ask the log again',
  },
  'sigstore.signature-file': {
    status: 400,
    exit: 1,
    summary: 'The signature file is not an ECDSA signature in DER or base64.',
    hint: 'check that the download is not an error page, and download the file again',
  },
  'sigstore.certificate-file': {
    status: 400,
    exit: 1,
    summary: 'The certificate file is not a certificate in PEM, PEM in base64, or DER.',
    hint: 'check that the download is not an error page, and download the file again',
  },
  'sigstore.bundle': {
    status: 400,
    exit: 1,
    summary: 'The bundle is of an unsupported version or malformed.',
    hint: 'supported are Sigstore bundles 0.1 to 0.3, cosign bundles and PEP 740 attestations; download the file again, or update wheelseal',
  },
  'sigstore.attestation': {
    status: 400,
    exit: 1,
    summary: 'The PEP 740 attestation or provenance object is incomplete or malformed.',
    hint: 'download the file again; only version 1 is supported',
  },
  'sigstore.body': {
    status: 400,
    exit: 1,
    summary: 'The body of the log entry has an unsupported kind or version, or is malformed.',
    hint: 'supported are hashedrekord and dsse 0.0.1 and 0.0.2, and intoto 0.0.2; update wheelseal for newer kinds',
  },
  'sigstore.statement': {
    status: 400,
    exit: 1,
    summary: 'The payload of the envelope is not an in-toto statement with named subjects.',
    hint: 'sign a statement of https://in-toto.io/Statement/v1, as attestation tools write it',
  },
  'sigstore.trusted-root': {
    status: 400,
    exit: 1,
    summary: 'The trusted_root.json has an unsupported version or is malformed.',
    hint: "get it again from the operator of the Sigstore instance, or write it again with 'wheelseal trust export --out DIR'",
  },
  'sigstore.signing-config': {
    status: 400,
    exit: 1,
    summary:
      'The signing_config.json is not of version 0.2, is malformed, or has no service that is valid now.',
    hint: "get it again from the operator of the Sigstore instance, or write it again with 'wheelseal trust export --out DIR'",
  },
})
