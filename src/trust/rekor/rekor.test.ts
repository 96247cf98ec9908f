import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, sha256, sha256Hex, utf8 } from '../../base/index.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../../formats/merkle/index.ts'
import { verifyCheckpoint } from '../../formats/note/index.ts'
import {
  hashedRekordBody,
  setSignedBytes,
  type HashedRekord,
  type LogEntry,
} from '../../formats/sigstore/index.ts'
import { buildRoot, certificatePem, publicKeyPem, spkiOf, verifyWithSpki } from '../../formats/x509/index.ts'
import { hashedRekordOf, type Proposal, type ProposedKey } from './index.ts'
import { newEntry, newRekor, newSigner, NOW_MS, spki, TREE_ID } from './arrange.ts'

/** What stock clients check of an answer (sigstore-wire 2, 5.2, 5.3). */
function expectWhole(entry: LogEntry): void {
  const { inclusionProof: proof, body } = entry
  const claim = {
    leafHash: leafHash(body),
    index: proof.logIndex,
    size: proof.treeSize,
    proof: proof.hashes,
    root: proof.rootHash,
  }
  expect(verifyInclusion(claim)).toBe(true)
  expect(proof.hashes.length).toBeGreaterThan(0)
  const head = verifyCheckpoint({ note: proof.checkpoint, spki, names: ['rekor.example'] })
  expect(head).toMatchObject({
    origin: `rekor.example - ${TREE_ID}`,
    size: proof.treeSize,
    root: proof.rootHash,
  })
  const promise = {
    body: encodeBase64(body),
    integratedTime: entry.integratedTimeSeconds,
    logId: sha256Hex(spki),
    logIndex: entry.logIndex,
  }
  expect(verifyWithSpki(spki, setSignedBytes(promise), entry.signedEntryTimestamp)).toBe(true)
}

describe('create', () => {
  it('logs the canonical entry and answers with proof, checkpoint and promise', async () => {
    const rekor = await newRekor()
    const proposed = newEntry()
    const entry = await rekor.create(hashedRekordOf(proposed))
    expect(entry).toMatchObject({
      logIndex: 1,
      integratedTimeSeconds: Math.floor(NOW_MS / 1000),
      logId: sha256Hex(spki),
    })
    expect(entry.body).toEqual(hashedRekordBody(proposed))
    expect(entry.uuid).toBe(`0000000000001234${Buffer.from(leafHash(entry.body)).toString('hex')}`)
    expectWhole(entry)
  })

  it.each([
    ['has ended', -600, -1],
    ['begins later', 1, 600],
  ])('refuses an entry whose certificate %s, as every client would', async (_when, from, until) => {
    const nowSeconds = Math.floor(NOW_MS / 1000)
    const signer = newSigner()
    const der = buildRoot({
      name: { organization: 'example.test', commonName: 'root' },
      key: signer,
      spki: spkiOf(signer),
      serial: new Uint8Array([1]),
      notBeforeSeconds: nowSeconds + from,
      notAfterSeconds: nowSeconds + until,
    })
    const proposed = { ...newEntry('a file', signer), publicKeyPem: certificatePem(der) }
    const refusal = { code: 'log.window', status: 400, message: /valid from .* would say/ }
    await expect((await newRekor()).create(hashedRekordOf(proposed))).rejects.toMatchObject(refusal)
  })

  it('answers a duplicate with the UUID of the entry that is there', async () => {
    const rekor = await newRekor()
    const proposed = newEntry()
    const { uuid } = await rekor.create(hashedRekordOf(proposed))
    await expect(rekor.create(hashedRekordOf(proposed))).rejects.toMatchObject({
      code: 'rekor.duplicate',
      status: 409,
      uuid,
    })
    expect((await rekor.info()).size).toBe(2)
  })

  it('logs one of two equal proposals that are under way at once', async () => {
    const rekor = await newRekor()
    const proposed = newEntry()
    const both = await Promise.allSettled([
      rekor.create(hashedRekordOf(proposed)),
      rekor.create(hashedRekordOf(proposed)),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await rekor.info()).size).toBe(2)
  })

  it.each([
    ['another digest', { digest: sha256(utf8('other')) }],
    ['another signature', { signature: newEntry('other').signature }],
    ['another key', { publicKeyPem: newEntry().publicKeyPem }],
    ['a signature that is no DER', { signature: utf8('nonsense') }],
  ])('refuses %s, and logs nothing', async (_what, change) => {
    const rekor = await newRekor()
    await expect(rekor.create(hashedRekordOf({ ...newEntry(), ...change }))).rejects.toMatchObject({
      code: 'rekor.signature',
      status: 400,
    })
    expect((await rekor.info()).size).toBe(1)
  })

  it.each([
    [2048, 65_537, true],
    [4096, 65_537, true],
    [2056, 65_537, false],
    [2048, 3, false],
  ])('with an RSA key of %i bits and exponent %i says %s', async (modulusLength, publicExponent, isTaken) => {
    const rekor = await newRekor()
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent })
    const pem = publicKeyPem(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
    const [file, other] = [utf8('a file'), utf8('another')].map((bytes) => ({
      digest: sha256(bytes),
      signature: new Uint8Array(sign('sha256', bytes, privateKey)),
    }))
    const create = (change: object): Promise<unknown> =>
      rekor.create(hashedRekordOf({ ...newEntry(), publicKeyPem: pem, ...file, ...change }))
    const refusal = { code: 'rekor.signature' }
    await expect(create({ digest: other?.digest })).rejects.toMatchObject(refusal)
    if (isTaken) await expect(create({})).resolves.toMatchObject({ logIndex: 1 })
    else await expect(create({})).rejects.toMatchObject(refusal)
  })

  it('refuses a key of a kind that it cannot check over a digest', async () => {
    const rekor = await newRekor()
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const pem = publicKeyPem(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })))
    const signature = new Uint8Array(sign(null, utf8('a file'), privateKey))
    await expect(
      rekor.create(hashedRekordOf({ ...newEntry(), publicKeyPem: pem, signature })),
    ).rejects.toMatchObject({
      code: 'rekor.signature',
    })
  })

  it('asks who may write before it checks any signature', async () => {
    const rekor = await newRekor({ acceptsKey: () => 'not ours' })
    await expect(rekor.create(hashedRekordOf({ ...newEntry(), signature: utf8('x') }))).rejects.toMatchObject(
      {
        code: 'rekor.not-admitted',
        message: 'not ours',
      },
    )
  })
})

describe('finding an entry', () => {
  it('gives the same entry by UUID in both lengths, by index and by proposal, proved to the newest head', async () => {
    const rekor = await newRekor()
    const signer = newSigner()
    const proposed = newEntry('first', signer)
    const { uuid } = await rekor.create(hashedRekordOf(proposed))
    for (let count = 0; count < 5; count += 1)
      await rekor.create(hashedRekordOf(newEntry(`more ${count}`, signer)))
    const found = [
      await rekor.byUuid(uuid),
      await rekor.byUuid(uuid.slice(16)),
      await rekor.byIndex(1),
      await rekor.find(hashedRekordOf(proposed)),
    ]
    for (const entry of found) {
      expect(entry).toMatchObject({ uuid, logIndex: 1 })
      expect(entry!.inclusionProof.treeSize).toBe(7)
      expectWhole(entry!)
    }
  })

  it('knows nothing of another tree, another hash, or an index that is not there', async () => {
    const rekor = await newRekor()
    const { uuid } = await rekor.create(hashedRekordOf(newEntry()))
    expect(await rekor.byUuid(`0000000000005678${uuid.slice(16)}`)).toBeUndefined()
    expect(await rekor.byUuid(`0000000000000000${uuid.slice(16)}`)).toBeUndefined()
    expect(await rekor.byUuid('0'.repeat(64))).toBeUndefined()
    expect(await rekor.byUuid(uuid.toUpperCase())).toBeUndefined()
    expect(await rekor.byIndex(2)).toBeUndefined()
    expect(await rekor.find(hashedRekordOf(newEntry('never logged')))).toBeUndefined()
  })

  it('by a proposal asks the log first, then who may write, and checks a signature last', async () => {
    let checked = 0
    const known = newEntry('known')
    const counted = (entry: HashedRekord): Proposal => ({
      ...hashedRekordOf(entry),
      checkSignatures: () => void (checked += 1),
    })
    const isOurs = (key: ProposedKey): boolean =>
      [known, other].some((entry) => entry.publicKeyPem === key.pem)
    const other = newEntry('other')
    const rekor = await newRekor({ acceptsKey: (key) => (isOurs(key) ? undefined : 'not ours') })
    const { uuid } = await rekor.create(hashedRekordOf(known))
    expect(await rekor.find(counted(known))).toMatchObject({ uuid })
    expect(await rekor.find(counted(newEntry('of a stranger')))).toBeUndefined()
    expect(checked).toBe(0)
    expect(await rekor.find(counted(other))).toBeUndefined()
    expect(checked).toBe(1)
  })

  it('refuses a proposal whose signature does not hold, as stock Rekor does', async () => {
    const rekor = await newRekor()
    const proposed = newEntry()
    await rekor.create(hashedRekordOf(proposed))
    const altered = { ...proposed, digest: sha256(utf8('altered')) }
    await expect(rekor.find(hashedRekordOf(altered))).rejects.toMatchObject({ code: 'rekor.signature' })
  })
})

describe('consistency', () => {
  it('proves that every later tree continues every earlier one, and refuses sizes that never were', async () => {
    const rekor = await newRekor()
    const roots = [(await rekor.info()).root]
    for (let count = 0; count < 6; count += 1) {
      await rekor.create(hashedRekordOf(newEntry(`file ${count}`)))
      roots.push((await rekor.info()).root)
    }
    for (let first = 1; first <= 7; first += 1) {
      for (let last = first; last <= 7; last += 1) {
        const { root, hashes } = await rekor.consistency(first, last)
        expect(root).toEqual(roots[last - 1])
        const claim = { first, second: last, firstRoot: roots[first - 1]!, secondRoot: root, proof: hashes }
        expect(verifyConsistency(claim)).toBe(true)
      }
    }
    await expect(rekor.consistency(1, 8)).rejects.toMatchObject({ code: 'log.range' })
    await expect(rekor.consistency(3, 2)).rejects.toMatchObject({ code: 'log.range' })
  })
})
