import { defineErrors } from '../../base/index.ts'

export const clientVerifyErrors = defineErrors({
  'client.verify-expectation': {
    status: 400,
    exit: 2,
    summary: 'The expected signer is not given; a valid signature alone does not prove who signed.',
    hint: 'add --certificate-identity ID or --project GROUP/NAME, with --certificate-oidc-issuer URL; or --policy FILE, or --key PEM; or set policy in wheelseal.toml',
  },
  'client.verify-flags': {
    status: 400,
    exit: 2,
    summary: 'The flags and files do not fit together, or a value is wrong.',
    hint: 'see the examples of wheelseal verify --help',
  },
  'client.verify-key': {
    status: 400,
    exit: 1,
    summary: 'The file of --key is not a public key.',
    hint: 'use a PEM file, as cosign public-key or openssl pkey -pubout write it',
  },
  'client.verify-trusted-root': {
    status: 400,
    exit: 1,
    summary: 'The trust root cannot be read, or is not a trusted_root.json.',
    hint: "write it again with 'wheelseal trust export --out DIR', or get it from the operator of the Sigstore instance",
  },
  'client.verify-no-log': {
    status: 502,
    exit: 1,
    summary: 'The signature has no log entry, and the trust root has no log to ask.',
    hint: 'verify with the bundle X.sigstore.json, which contains the log entry',
  },
  'client.verify-offline': {
    status: 422,
    exit: 1,
    summary: 'The signature has no log entry, and with --offline the log is not asked.',
    hint: 'verify with the bundle X.sigstore.json, which contains the log entry, or leave out --offline',
  },
})
