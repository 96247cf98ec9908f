import { defineErrors } from '../../base/index.ts'

export const tsaErrors = defineErrors({
  'tsa.hash': {
    status: 400,
    exit: 1,
    summary: 'The hash algorithm of a timestamp request is not supported.',
    hint: 'use SHA-256, SHA-384 or SHA-512, as `openssl ts -query -sha256` does',
  },
  'tsa.digest': {
    status: 400,
    exit: 1,
    summary: 'The digest of a timestamp request does not have the length of its hash algorithm.',
    hint: 'send the binary digest: 32, 48 or 64 bytes for SHA-256, SHA-384 or SHA-512',
  },
  'tsa.policy': {
    status: 400,
    exit: 1,
    summary: 'The timestamp policy of a request is unknown.',
    hint: 'omit the policy, or request 1.3.6.1.4.1.57264.2',
  },
  'tsa.extension': {
    status: 400,
    exit: 1,
    summary: 'A timestamp request has an unknown extension.',
    hint: 'send no extensions',
  },
  'tsa.validity': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'A certificate of the timestamp authority has expired or is not valid yet, so it issues no timestamps.',
    hint: 'operators: compare the clock of the server with the dates of `wheelseal trust show`; after they expire, start a new instance (`wheelseal up --data NEW`), whose trust root clients must get',
  },
  'tsa.chain': {
    status: 500,
    exit: 1,
    summary: 'The key and the certificates of the timestamp authority do not match.',
    hint: 'restore keys/tsa.pem or certificates/tsa.pem, whichever was changed',
  },
})
