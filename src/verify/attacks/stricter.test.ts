/** Seals that cosign 3.1.2 refused when it was asked, each broken where nobody signs or by a signer who is careless. */
import { createHash } from 'node:crypto'
import { describe, it } from 'vitest'
import { encodeBase64 } from '../../base/index.ts'
import { bytes, fileBundle, fileBundle2, refusesOnly, verifies, type Json } from './arrange.ts'

describe('what cosign refuses', () => {
  it('a digest of the file by another algorithm than the one that was signed', () => {
    for (const make of [fileBundle, fileBundle2]) {
      const bundle: Json = make()
      const digest = encodeBase64(new Uint8Array(createHash('sha512').update(bytes).digest()))
      bundle.messageSignature.messageDigest = { algorithm: 'SHA2_512', digest }
      refusesOnly(bundle, 'signature')
      verifies(make())
    }
  })
})
