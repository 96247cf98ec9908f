import { defineErrors } from '../../base/index.ts'

export const sigstoreErrors = defineErrors({
  'sigstore.proposed-entry': {
    status: 400,
    exit: 1,
    summary:
      'A proposed log entry is neither a hashedrekord 0.0.1 nor a dsse 0.0.1, or a field of it is malformed.',
    hint: 'send the entry as cosign does: a digest with signature and certificate, or a DSSE envelope with its certificate',
  },
  'sigstore.entry': {
    status: 400,
    exit: 1,
    summary: 'A log entry lacks a field or has a malformed one.',
    hint: 'the log or the file is damaged; fetch the entry again',
  },
  'sigstore.signature-file': {
    status: 400,
    exit: 1,
    summary: 'A signature file holds neither base64 nor DER of an ECDSA signature.',
    hint: 'was it downloaded as an error page? look into the file and fetch it again',
  },
  'sigstore.certificate-file': {
    status: 400,
    exit: 1,
    summary: 'A certificate file holds no certificate in PEM, base64 of PEM, or DER.',
    hint: 'was it downloaded as an error page? look into the file and fetch it again',
  },
  'sigstore.bundle': {
    status: 400,
    exit: 1,
    summary: 'A bundle is none of the forms that Sigstore clients write, or a field of it is malformed.',
    hint: 'bundles 0.1 to 0.3, the JSON of cosign --bundle and PEP 740 attestations are read; fetch the file again, or update if it is newer',
  },
  'sigstore.attestation': {
    status: 400,
    exit: 1,
    summary: 'A PEP 740 attestation or provenance object lacks a field or has a malformed one.',
    hint: 'fetch the object again; only version 1 is known',
  },
  'sigstore.body': {
    status: 400,
    exit: 1,
    summary: 'The body of a log entry is of an unknown kind or version, or is malformed.',
    hint: 'hashedrekord and dsse 0.0.1 and 0.0.2 and intoto 0.0.2 are read; a newer kind needs a newer version of this program',
  },
  'sigstore.statement': {
    status: 400,
    exit: 1,
    summary: 'The payload of an envelope is not an in-toto statement with named subjects.',
    hint: 'sign a statement of https://in-toto.io/Statement/v1, as attestation tools write it',
  },
})
