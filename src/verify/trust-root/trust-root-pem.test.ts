import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import { intermediate, keys, leaf, request, root, signature, trustRoot } from '../arrange.ts'
import { makeTimestamp, tsaLeaf } from '../attacks/arrange.ts'
import { trustRootFromPem, verifySeal } from '../index.ts'

const pem = {
  certificates: certificatePem(intermediate.der) + certificatePem(root.der),
  rekorKey: publicKeyPem(keys.log.spki),
  ctKey: publicKeyPem(keys.ct.spki),
}
const ed25519 = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))

describe('trustRootFromPem', () => {
  it('reads the files of cosign 2, roots and intermediates in any order', () => {
    expect(trustRootFromPem(pem)).toEqual(trustRoot)
    const reversed = certificatePem(root.der) + certificatePem(intermediate.der)
    expect(trustRootFromPem({ ...pem, certificates: reversed })).toEqual(trustRoot)
    expect(verifySeal({ ...request, trustRoot: trustRootFromPem(pem) }).verified).toBe(true)
  })

  it('reads the chain of a timestamp authority where there is one', () => {
    const timestampChain = certificatePem(tsaLeaf.der) + certificatePem(root.der)
    const whole = trustRootFromPem({ ...pem, timestampChain })
    expect(whole.timestampAuthorities).toEqual([{ chain: [tsaLeaf, root] }])
    const stamped = { ...request.seal, timestamps: [makeTimestamp(signature)] }
    expect(verifySeal({ ...request, seal: stamped, trustRoot: whole }).verified).toBe(true)
    expect(verifySeal({ ...request, seal: stamped }).verified).toBe(false)
  })

  it.each([
    ['a timestamp authority alone', { timestampChain: certificatePem(tsaLeaf.der) }, 'timestamp chain: '],
    [
      'no root',
      { certificates: certificatePem(intermediate.der) },
      'certificates: no root certificate found',
    ],
    ['no certificate', { certificates: '' }, 'certificates: '],
    ['a key among the certificates', { certificates: pem.certificates + pem.ctKey }, 'certificates: '],
    ['a certificate as log key', { rekorKey: certificatePem(leaf.der) }, 'log key: '],
    ['an Ed25519 key of Rekor, which cosign 2 refuses', { rekorKey: ed25519 }, 'log key: not an ECDSA key'],
    ['two CT keys', { ctKey: pem.ctKey + pem.rekorKey }, 'CT log key: '],
  ])('refuses %s, and says which file it is', (_what, changes, message) => {
    expect(() => trustRootFromPem({ ...pem, ...changes })).toThrow(message)
    expect(() => trustRootFromPem({ ...pem, ...changes })).toThrow(
      expect.objectContaining({ code: 'verify.trust-root' }),
    )
  })
})
