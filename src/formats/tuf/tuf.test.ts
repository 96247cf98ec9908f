import fc from 'fast-check'
import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalJson, decodeHex, sha256Hex, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { olpcJson } from './canonical.ts'
import {
  readMetadata,
  rootMetadata,
  signMetadata,
  snapshotMetadata,
  targetPath,
  targetsMetadata,
  timestampMetadata,
  tufKey,
  type TufMetadata,
} from './index.ts'

const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const terms = { version: 3, expiresSeconds: 1_900_000_000 }

describe('olpcJson', () => {
  it.each<[JsonValue, string]>([
    [{ b: [1, true, null], a: {} }, '{"a":{},"b":[1,true,null]}'],
    ['a "quoted" \\ word', String.raw`"a \"quoted\" \\ word"`],
    ['line\nend\ttab\u0001', '"line\nend\ttab\u0001"'],
    ['é €', '"é €"'],
    [{ '\u{1f600}': 1, '\ufb01': 2 }, '{"\ufb01":2,"\u{1f600}":1}'],
    [-7, '-7'],
    [[], '[]'],
  ])('writes %j', (value, text) => {
    expect(olpcJson(value)).toBe(text)
  })

  it.each([1.5, Number.NaN, 2 ** 53, '\ud800'])('has no spelling of %j', (value) => {
    expect(() => olpcJson([value])).toThrow(TypeError)
  })

  it('is RFC 8785 where there is nothing but whole numbers and printable ASCII', () => {
    const text = fc.string({ unit: 'grapheme-ascii' })
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.maxSafeInteger(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree')),
        fc.dictionary(text, tie('tree'), { noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        expect(olpcJson(value)).toBe(canonicalJson(value))
      }),
    )
  })
})

describe('tufKey', () => {
  it('is the same of both halves, named by its digest', () => {
    const { id, value } = tufKey(key)
    expect(tufKey(publicKey)).toEqual({ id, value })
    expect(value.keyval.public).toBe(publicKey.export({ type: 'spki', format: 'pem' }))
    const pem = value.keyval.public
    const text = `{"keytype":"ecdsa","keyval":{"public":"${pem}"},"scheme":"ecdsa-sha2-nistp256"}`
    expect(id).toBe(sha256Hex(text))
  })

  it('is of P-256 only', () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]
    for (const { privateKey } of others) expect(() => tufKey(privateKey)).toThrow(TypeError)
  })
})

describe('metadata', () => {
  const one = { keys: [tufKey(key)], threshold: 1 }
  const target = { name: 'a.pub', bytes: utf8('a'), custom: { sigstore: { usage: 'Rekor' } } }
  const roles = { root: one, targets: one, snapshot: one, timestamp: one }

  it('of a root lists each key once', () => {
    const { id, value } = tufKey(key)
    const role = { keyids: [id], threshold: 1 }
    expect(rootMetadata({ ...terms, roles })).toEqual({
      _type: 'root',
      spec_version: '1.0.31',
      version: 3,
      expires: '2030-03-17T17:46:40Z',
      consistent_snapshot: true,
      keys: { [id]: value },
      roles: { root: role, targets: role, snapshot: role, timestamp: role },
    })
  })

  it('of targets has length, digest and what clients choose by', () => {
    const { name, bytes, custom } = target
    const { targets } = targetsMetadata({ ...terms, targets: [target, { name: 'b', bytes }] })
    const file = { length: 1, hashes: { sha256: sha256Hex('a') } }
    expect(targets).toEqual({ [name]: { ...file, custom }, b: file })
    expect(targetPath(target)).toBe(`targets/${sha256Hex('a')}.a.pub`)
  })

  it('is signed over its canonical form', () => {
    const signed = timestampMetadata({ ...terms, snapshotVersion: 9 })
    const document = JSON.parse(utf8Decode(signMetadata(signed, [key]))) as {
      signed: JsonValue
      signatures: { keyid: string; sig: string }[]
    }
    expect(document.signed).toEqual(signed)
    const [signature, ...others] = document.signatures
    expect(others).toEqual([])
    expect(signature!.keyid).toBe(tufKey(key).id)
    expect(verify('sha256', utf8(olpcJson(signed)), publicKey, decodeHex(signature!.sig))).toBe(true)
  })

  it('is read back', () => {
    const read = (signed: TufMetadata) => readMetadata(signMetadata(signed, [key]), signed['_type'])
    expect(read(snapshotMetadata({ ...terms, targetsVersion: 5 }))).toMatchObject({
      version: 3,
      expires: '2030-03-17T17:46:40Z',
      meta: { 'targets.json': { version: 5 } },
    })
    expect(read(rootMetadata({ ...terms, roles })).roles['timestamp']?.keyids).toEqual([tufKey(key).id])
    expect(read(targetsMetadata({ ...terms, targets: [target] })).version).toBe(3)
  })

  const good = { _type: 'timestamp', version: 1, expires: '2030-03-17T17:46:40Z', meta: {} }
  it.each<[string, unknown]>([
    ['another type', { signed: { ...good, _type: 'snapshot' } }],
    ['version 0', { signed: { ...good, version: 0 } }],
    ['a time with a fraction', { signed: { ...good, expires: '2030-03-17T17:46:40.5Z' } }],
    ['nothing signed', {}],
    ['a list', []],
  ])('is not read when it has %s', (_name, document) => {
    expect(() => readMetadata(utf8(JSON.stringify(document)), 'timestamp')).toThrow(
      expect.objectContaining({ code: 'tuf.malformed' }),
    )
  })

  it('is refused without all that stands in the wrong place', () => {
    const document = { signed: { ...good, expires: 'x'.repeat(10_000) } }
    expect(() => readMetadata(utf8(JSON.stringify(document)), 'timestamp')).toThrow(/^timestamp: .{1,200}$/)
  })

  it('refuses any bytes with one code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
        expect(() => readMetadata(bytes, 'root')).toThrow(expect.objectContaining({ code: 'tuf.malformed' }))
      }),
    )
  })
})
