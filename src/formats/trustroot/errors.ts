import { defineErrors } from '../../base/index.ts'

export const trustRootErrors = defineErrors({
  'trustroot.malformed': {
    status: 400,
    exit: 1,
    summary: 'A trusted root is not a trusted_root.json of a known version, or a part of it is malformed.',
    hint: "fetch it again from the operator of the Sigstore, or write it again with 'wheelseal trust export --out DIR'",
  },
  'trustroot.signing-config': {
    status: 400,
    exit: 1,
    summary:
      'A signing config is not a signing_config.json of version 0.2, or names no service that can be used now.',
    hint: "fetch it again from the operator of the Sigstore, or write it again with 'wheelseal trust export --out DIR'",
  },
})
