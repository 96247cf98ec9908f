import { defineErrors } from '../../base/index.ts'

export const issuerErrors = defineErrors({
  'issuer.key': {
    status: 500,
    exit: 1,
    summary: "The issuer's key cannot sign id tokens.",
    hint: 'restore keys/issuer.pem in the data directory: an RSA key of 2048 bits or more',
  },
})
