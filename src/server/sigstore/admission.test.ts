import { describe, expect, it } from 'vitest'
import { utf8, type Files } from '../../base/index.ts'
import {
  intermediate,
  leaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  newKey,
  root,
  sct,
} from '../../formats/x509/arrange.ts'
import { certificatePem, parseCertificate, publicKeyPem, type Certificate } from '../../formats/x509/index.ts'
import { systemFiles } from '../../host/index.ts'
import type { Authority } from '../../trust/authority/index.ts'
import { createAdmission, readListedKeys } from './admission.ts'

const bare = publicKeyPem(leaf.spki)
const certified = (certificate: Certificate) => ({
  pem: certificatePem(certificate.der),
  spki: certificate.spki,
  certificate,
})
const uncertified = (spki: Uint8Array) => ({ pem: publicKeyPem(spki), spki, certificate: undefined })

/** Issues what it is told, whoever asks. */
function issuing(der: Uint8Array): Authority {
  return { chain: [], issue: () => Promise.resolve({ chain: [der], san: 'x' }) }
}

const stranger = newKey()
/** Of the same names, signed by another key. */
const strange = makeLeaf(makeIntermediate(makeRoot(stranger), stranger.key), { issuerKey: stranger.key })
const strangeLeaf = parseCertificate(strange.complete([sct]))

describe('who may write to Rekor', () => {
  const keys = new Set([bare])
  const admission = createAdmission({
    authority: issuing(strangeLeaf.der),
    chain: [intermediate.der, root.der],
    keys,
  })

  it('is a certificate of our authority, also when this process has not issued it', () => {
    expect(admission.refusal(certified(leaf))).toBeUndefined()
  })

  it('is no certificate of another authority', () => {
    expect(admission.refusal(certified(strangeLeaf))).toMatch(/not from this authority/)
  })

  it('is what our authority has just issued, without another look at its chain', async () => {
    await admission.authority.issue({ token: '', publicKey: leaf.spki, proof: new Uint8Array() })
    expect(admission.refusal(certified(strangeLeaf))).toBeUndefined()
  })

  it('is a listed key, and no other', () => {
    expect(admission.refusal(uncertified(leaf.spki))).toBeUndefined()
    expect(admission.refusal(uncertified(stranger.spki))).toMatch(/is not listed in the configuration/)
  })
})

describe('listed keys', () => {
  const files = (text: string): Files => ({ ...systemFiles, read: async () => utf8(text) })

  it('are read from PEM in any spelling, and kept in one', async () => {
    expect([...(await readListedKeys(['a.pub'], files(`\n${bare.replaceAll('\n', '\r\n')}`)))]).toEqual([
      bare,
    ])
  })

  it('that are none are refused with the file', async () => {
    const reading = readListedKeys(['a.pub'], files(certificatePem(leaf.der)))
    await expect(reading).rejects.toMatchObject({
      code: 'server.configuration',
      message: expect.stringContaining('a.pub'),
    })
  })
})
