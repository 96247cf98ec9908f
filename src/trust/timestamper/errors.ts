import { defineErrors } from '../../base/index.ts'

export const timestamperErrors = defineErrors({
  'timestamper.hash': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a timestamp over a digest of a hash that is not accepted.',
    hint: 'use SHA-256, SHA-384 or SHA-512, as `openssl ts -query -sha256` does',
  },
  'timestamper.digest': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a timestamp over a digest that is not as long as its hash makes it.',
    hint: 'send the digest itself, in binary: 32, 48 or 64 bytes for SHA-256, SHA-384 or SHA-512',
  },
  'timestamper.policy': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a timestamp under a policy that this authority does not have.',
    hint: 'leave the policy out, or ask for 1.3.6.1.4.1.57264.2',
  },
  'timestamper.extension': {
    status: 400,
    exit: 1,
    summary: 'A client asks for a timestamp with an extension that this authority does not know.',
    hint: 'send no extensions',
  },
  'timestamper.validity': {
    status: 503,
    exit: 1,
    lasts: true,
    summary:
      'A certificate of the timestamp authority has expired or is not valid yet, so that it stamps nothing.',
    hint: 'the operator compares the clock of the server with the dates that `wheelseal trust show` prints; after their end a new instance is needed (`wheelseal up --data NEW`), whose trust root clients must learn',
  },
  'timestamper.chain': {
    status: 500,
    exit: 1,
    summary: "The timestamp authority's key and certificates do not fit together.",
    hint: 'put back keys/tsa.pem or certificates/tsa.pem, whichever was changed',
  },
})
