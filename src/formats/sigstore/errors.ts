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
})
