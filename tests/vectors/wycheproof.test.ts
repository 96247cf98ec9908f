import { createHash, subtle } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyDigest } from '../../src/formats/ecdsa/index.ts'
import { verifyWithSpki } from '../../src/formats/x509/index.ts'

interface Vector {
  readonly tcId: number
  readonly result: string
  readonly spki: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text === '-' ? '' : text, 'base64'))

function read(name: string): readonly Vector[] {
  const text = readFileSync(join(import.meta.dirname, 'wycheproof', `${name}.txt`), 'utf8')
  let spki = new Uint8Array()
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [first = '', second = '', message = '', signature = ''] = line.split(' ')
      if (first === 'key') {
        spki = new Uint8Array(decode(second))
        return []
      }
      const facts = { message: decode(message), signature: decode(signature) }
      return [{ tcId: Number(first), result: second, spki, ...facts }]
    })
}

/**
 * Ed25519 keys with a component of small order, which RFC 8032 leaves open: OpenSSL and Go take them. Every other
 * vector that is `acceptable` is refused.
 */
const ACCEPTED = new Set(Array.from({ length: 21 }, (_, index) => `ed25519 ${160 + index}`))

/** The `tcId` of each vector that is answered in another way than it says. */
async function wrong(
  name: string,
  verify: (vector: Vector) => boolean | Promise<boolean>,
): Promise<string[]> {
  const failed: string[] = []
  for (const vector of read(name)) {
    const expected =
      vector.result === 'acceptable' ? ACCEPTED.has(`${name} ${vector.tcId}`) : vector.result === 'valid'
    if ((await verify(vector)) !== expected) failed.push(`tcId ${vector.tcId}, ${vector.result}`)
  }
  return failed
}

it.each([
  ['ecdsa-p256-sha256', 484],
  ['ecdsa-p256-sha512', 554],
  ['ecdsa-p384-sha256', 472],
  ['ecdsa-p384-sha384', 504],
  ['ecdsa-p521-sha512', 542],
  ['ed25519', 210],
  ['rsa-2048-sha256', 259],
  ['rsa-4096-sha256', 258],
])('%s has %i vectors, some valid and some not', (name, count) => {
  const vectors = read(name)
  expect(vectors).toHaveLength(count)
  expect(vectors.filter(({ result }) => result === 'valid').length).toBeGreaterThan(6)
  expect(vectors.filter(({ result }) => result === 'invalid').length).toBeGreaterThan(50)
})

describe('verifyDigest', () => {
  it.each([
    ['ecdsa-p256-sha256', 'sha256'],
    ['ecdsa-p256-sha512', 'sha512'],
    ['ecdsa-p384-sha256', 'sha256'],
    ['ecdsa-p384-sha384', 'sha384'],
    ['ecdsa-p521-sha512', 'sha512'],
  ])('answers every vector of %s as it says', { timeout: 120_000 }, async (name, hash) => {
    const digestOf = (message: Uint8Array): Uint8Array =>
      new Uint8Array(createHash(hash).update(message).digest())
    const verify = (vector: Vector): boolean => verifyDigest({ ...vector, digest: digestOf(vector.message) })
    expect(await wrong(name, verify)).toEqual([])
  })
})

describe('verifyWithSpki', () => {
  it.each([
    'ecdsa-p256-sha256',
    'ecdsa-p384-sha384',
    'ecdsa-p521-sha512',
    'ed25519',
    'rsa-2048-sha256',
    'rsa-4096-sha256',
  ])('answers every vector of %s as it says', async (name) => {
    const verify = ({ spki, message, signature }: Vector): boolean => verifyWithSpki(spki, message, signature)
    expect(await wrong(name, verify)).toEqual([])
  })
})

/** What checks an id token's RS256 underneath: the token library hands it key, bytes and signature as they are. */
describe('RSASSA-PKCS1-v1_5 of Web Crypto', () => {
  it.each(['rsa-2048-sha256', 'rsa-4096-sha256'])('answers every vector of %s as it says', async (name) => {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const verify = async ({ spki, message, signature }: Vector): Promise<boolean> => {
      const key = await subtle.importKey('spki', spki, algorithm, false, ['verify'])
      return subtle.verify(algorithm, key, signature, message)
    }
    expect(await wrong(name, verify)).toEqual([])
  })
})
