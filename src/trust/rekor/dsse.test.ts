import { createPublicKey, sign, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, utf8, type JsonValue } from '../../base/index.ts'
import { dsseSignedBytes } from '../../formats/sigstore/index.ts'
import { publicKeyPem } from '../../formats/x509/index.ts'
import { newRekor, newSigner } from './arrange.ts'
import { readProposal } from './index.ts'

const payloadType = 'application/vnd.in-toto+json'

interface Made {
  readonly signers: readonly KeyObject[]
  readonly verifiers?: readonly KeyObject[]
  readonly payload?: string
  /** What is signed, where it is not the payload. */
  readonly signed?: string
}

function proposed({ signers, verifiers = signers, payload = '{}', signed = payload }: Made): JsonValue {
  const bytes = dsseSignedBytes({ payloadType, payload: utf8(signed) })
  const signatures = signers.map((key) => ({
    sig: encodeBase64(new Uint8Array(sign('sha256', bytes, key))),
    keyid: '',
  }))
  const envelope = JSON.stringify({ payload: encodeBase64(utf8(payload)), payloadType, signatures })
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope, verifiers: verifiers.map((key) => pemOf(key)) } },
  }
}

function pemOf(key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return encodeBase64(utf8(publicKeyPem(new Uint8Array(spki))))
}

describe('a dsse entry', () => {
  it('is logged when its signature holds over type and payload, and found again by the same proposal', async () => {
    const rekor = await newRekor()
    const json = proposed({ signers: [newSigner()] })
    const entry = await rekor.create(readProposal(json))
    expect(Buffer.from(entry.body).toString()).toMatch(
      /^\{"apiVersion":"0\.0\.1","kind":"dsse","spec":\{"envelopeHash"/,
    )
    expect(await rekor.find(readProposal(json))).toMatchObject({ uuid: entry.uuid })
    await expect(rekor.create(readProposal(json))).rejects.toMatchObject({ code: 'rekor.duplicate' })
  })

  it('may be over many megabytes, of which the log keeps the hash', async () => {
    const rekor = await newRekor()
    const payload = JSON.stringify({ a: 'x'.repeat(20 << 20) })
    const { body } = await rekor.create(readProposal(proposed({ signers: [newSigner()], payload })))
    expect(body.length).toBeLessThan(2000)
  })

  it('by a key that no longer may write is found, and one that never might is not looked for', async () => {
    let mayWrite = true
    const rekor = await newRekor({ acceptsKey: () => (mayWrite ? undefined : 'not ours') })
    const json = proposed({ signers: [newSigner()] })
    const { uuid } = await rekor.create(readProposal(json))
    mayWrite = false
    expect(await rekor.find(readProposal(json))).toMatchObject({ uuid })
    for (const signers of [[newSigner()], [newSigner(), newSigner()]]) {
      const broken = proposed({ signers, signed: 'another payload' })
      expect(await rekor.find(readProposal(broken))).toBeUndefined()
    }
  })

  it('may carry two signatures by two keys, sent in any order', async () => {
    const [a, b] = [newSigner(), newSigner()]
    const rekor = await newRekor()
    await expect(
      rekor.create(readProposal(proposed({ signers: [a, b], verifiers: [b, a] }))),
    ).resolves.toBeDefined()
  })

  it.each([
    ['over another payload', (key: KeyObject) => proposed({ signers: [key], signed: '{"x":1}' })],
    ['by another key', (key: KeyObject) => proposed({ signers: [newSigner()], verifiers: [key] })],
    [
      'by one key of two that were sent',
      (key: KeyObject) => proposed({ signers: [key], verifiers: [key, newSigner()] }),
    ],
    [
      'by one key, and a second one by nobody',
      (key: KeyObject) => proposed({ signers: [key, newSigner()], verifiers: [key] }),
    ],
  ])('is refused when it is signed %s', async (_what, make) => {
    const rekor = await newRekor()
    const proposal = readProposal(make(newSigner()))
    await expect(rekor.create(proposal)).rejects.toMatchObject({ code: 'rekor.signature' })
    expect((await rekor.info()).size).toBe(1)
  })

  it('is refused when one of its keys may not write', async () => {
    const [a, b] = [newSigner(), newSigner()]
    const stranger = Buffer.from(pemOf(b), 'base64').toString()
    const rekor = await newRekor({ acceptsKey: ({ pem }) => (pem === stranger ? 'not ours' : undefined) })
    const proposal = readProposal(proposed({ signers: [a, b] }))
    await expect(rekor.create(proposal)).rejects.toMatchObject({ code: 'rekor.not-admitted' })
  })
})
