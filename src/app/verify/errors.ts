import { defineErrors } from '../../base/index.ts'

export const appVerifyErrors = defineErrors({
  'app.verify-expectation': {
    status: 400,
    exit: 2,
    summary: 'Nothing says who must have signed, and a valid signature of anybody proves nothing.',
    hint: 'add --project GROUP/NAME --certificate-oidc-issuer https://gitlab.example.com, or --policy FILE, or --key PEM; or set policy in wheelseal.toml',
  },
  'app.verify-flags': {
    status: 400,
    exit: 2,
    summary: 'The flags and files of a verification do not fit together, or a value is not possible.',
    hint: 'wheelseal verify --help has examples',
  },
  'app.verify-no-seal': {
    status: 404,
    exit: 1,
    summary: 'There is no seal beside the file.',
    hint: 'fetch the file X.sigstore.json, or X.sig and X.crt, into the folder of X, or name it with --bundle, or --signature and --certificate; of a key X.sig will do',
  },
  'app.verify-key': {
    status: 400,
    exit: 1,
    summary: 'The file that was named with --key is no public key.',
    hint: 'give the public key as PEM, as cosign public-key or openssl pkey -pubout write it',
  },
  'app.verify-trusted-root': {
    status: 400,
    exit: 1,
    summary: 'The trust root cannot be read, or is not a trusted_root.json.',
    hint: "write it again with 'wheelseal trust export --out DIR', or fetch it from the operator of the Sigstore",
  },
  'app.verify-no-log': {
    status: 502,
    exit: 1,
    summary: 'The seal does not hold its log entry, and there is no log that could be asked.',
    hint: 'verify with the bundle X.sigstore.json, which holds the entry',
  },
  'app.verify-offline': {
    status: 422,
    exit: 1,
    summary: 'The seal does not hold its log entry, and with --offline nobody is asked for it.',
    hint: 'verify with the bundle X.sigstore.json, which holds the entry, or leave out --offline',
  },
})
