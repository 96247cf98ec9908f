import { defineErrors } from '../../base/index.ts'

export const trustRootErrors = defineErrors({
  'trustroot.malformed': {
    status: 400,
    exit: 1,
    summary: 'The trusted_root.json has an unsupported version or is malformed.',
    hint: "get it again from the operator of the Sigstore instance, or write it again with 'wheelseal trust export --out DIR'",
  },
  'trustroot.signing-config': {
    status: 400,
    exit: 1,
    summary:
      'The signing_config.json is not of version 0.2, is malformed, or has no service that is valid now.',
    hint: "get it again from the operator of the Sigstore instance, or write it again with 'wheelseal trust export --out DIR'",
  },
})
