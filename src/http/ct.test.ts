import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeBase64, encodeBase64, sha256, utf8, type Clock } from '../base/index.ts'
import {
  contextConstructed,
  derBitString,
  derExplicit,
  derNull,
  derOctetString,
  derOid,
  DerReader,
  derSequence,
} from '../formats/der/index.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../formats/merkle/index.ts'
import {
  intermediate,
  intermediateKey,
  leaf,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  newKey,
  NOW,
  pending,
  root,
} from '../formats/x509/arrange.ts'
import { merkleTreeLeaf, OID, sctSignedBytes, verifyWithSpki } from '../formats/x509/index.ts'
import { silentLog } from '../host/index.ts'
import { arrangeLog } from '../log/arrange.ts'
import { extension } from '../verify/arrange.ts'
import { createCtLog, ctGenesis, ctKeysOf, treeHeadSignedBytes } from '../trust/ct/index.ts'
import { ctRoutes } from './ct.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const chain = [pending.precertificate, intermediate.der, root.der]

async function newApp(trusted = root) {
  const clock: Clock = { nowMs: () => NOW * 1000, sleep: () => Promise.reject(new Error('no sleep')) }
  const { log: tree } = await arrangeLog({
    clock,
    keysOf: ctKeysOf,
    genesis: ctGenesis(root.der, NOW * 1000),
  })
  const ct = createCtLog({ log: tree, key: privateKey })
  const app = ctRoutes({ ct, tree, roots: [trusted.der], clock, log: silentLog })
  const submit = (json: unknown) =>
    app.request('/ct/v1/add-pre-chain', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    })
  const add = (ders: readonly Uint8Array[]) => submit({ chain: ders.map(encodeBase64) })
  const get = async (path: string) => {
    const response = await app.request(`/ct/v1/${path}`)
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  return { tree, ct, submit, add, get }
}

/** The leaf of `pending` with other extensions at its end, signed by the intermediate. */
function ending(...last: readonly Uint8Array[]): Uint8Array {
  const fields: Uint8Array[] = []
  const body = new DerReader(new DerReader(pending.tbs).read().content)
  while (body.nextTag !== contextConstructed(3)) fields.push(body.read().encoded)
  const own = body.enter(contextConstructed(3)).read().content
  const tbs = derSequence(...fields, derExplicit(3, derSequence(own, ...last)))
  const signed = new Uint8Array(sign('sha256', tbs, intermediateKey.key))
  return derSequence(tbs, derSequence(derOid(OID.ecdsaSha256)), derBitString(signed))
}

/** The signature of a DigitallySigned that says SHA-256 and ECDSA, and nothing after it. */
function signatureOf(base64: unknown): Uint8Array {
  const bytes = decodeBase64(String(base64))
  const signature = bytes.subarray(4)
  expect(bytes).toEqual(concatBytes(new Uint8Array([4, 3, 0, signature.length]), signature))
  return signature
}

const hashesOf = (json: unknown): Uint8Array[] => (json as string[]).map(decodeBase64)
const entryAt = (timestampMs: number) => ({
  timestampMs,
  issuerKeyHash: sha256(intermediate.spki),
  tbs: pending.tbs,
  extensions: new Uint8Array(),
})

describe('POST /ct/v1/add-pre-chain', () => {
  it('answers with an SCT for what is in the tree then', async () => {
    const { tree, add } = await newApp()
    const response = await add(chain)
    expect(response.status).toBe(200)
    const sct = (await response.json()) as Record<string, unknown>
    const id = encodeBase64(sha256(spki))
    expect(sct).toMatchObject({ sct_version: 0, id, timestamp: NOW * 1000, extensions: '' })
    const entry = entryAt(NOW * 1000)
    expect(verifyWithSpki(spki, sctSignedBytes(entry), signatureOf(sct['signature']))).toBe(true)
    expect(await tree.find(leafHash(merkleTreeLeaf(entry)))).toBe(1)
  })

  it('logs the same as the authority does in its process, with the root left out or not', async () => {
    const { tree, ct, add } = await newApp()
    await ct.addPrecertificate({
      tbs: pending.tbs,
      issuerKeyHash: sha256(intermediate.spki),
      precertificate: pending.precertificate,
      chain: [intermediate.der, root.der],
    })
    for (const submitted of [chain, chain.slice(0, 2)]) expect((await add(submitted)).status).toBe(200)
    expect((await tree.head()).size).toBe(2)
  })

  it('takes a precertificate that stands directly under a root', async () => {
    const only = makeRoot(intermediateKey)
    const { add } = await newApp(only)
    expect((await add([makeLeaf(only).precertificate, only.der])).status).toBe(200)
  })

  const stranger = newKey()
  const strangeRoot = makeRoot(stranger)
  const strangeIntermediate = makeIntermediate(strangeRoot, stranger.key)
  const last = pending.precertificate.length - 1
  const flipped = pending.precertificate.map((byte, at) => (at === last ? byte ^ 1 : byte))

  it('takes a precertificate by its poison: once, critical, NULL, and without an SCT list', async () => {
    const poison = (isCritical: boolean, value = derNull()): Uint8Array =>
      extension(OID.poison, isCritical, value)
    const status = async (...extensions: readonly Uint8Array[]): Promise<number> =>
      (await (await newApp()).add([ending(...extensions), intermediate.der, root.der])).status
    expect(await status(poison(true))).toBe(200)
    const list = extension(OID.sctList, false, derOctetString(new Uint8Array(2)))
    for (const extensions of [[], [poison(false)], [poison(true, derSequence())], [list, poison(true)]])
      expect(await status(...extensions)).toBe(400)
  })

  it.each<[string, readonly Uint8Array[]]>([
    [
      'under another root of the same name',
      [pending.precertificate, strangeIntermediate.der, strangeRoot.der],
    ],
    ['whose root is another', [pending.precertificate, intermediate.der, strangeRoot.der]],
    ['without its issuer', [pending.precertificate, root.der]],
    ['alone', [pending.precertificate]],
    ['in another order', [pending.precertificate, root.der, intermediate.der]],
    ['with its issuer twice', [pending.precertificate, intermediate.der, intermediate.der, root.der]],
    ['of six', [...chain, root.der, root.der, root.der]],
    ['of a certificate instead', [leaf.der, intermediate.der, root.der]],
    ['of an authority instead', [intermediate.der, root.der]],
    ['with a broken signature', [flipped, intermediate.der, root.der]],
    ['with something that is no certificate', [pending.precertificate, utf8('x')]],
    ['that is empty', []],
  ])('refuses a chain %s, and logs nothing', async (_what, ders) => {
    const { tree, add } = await newApp()
    const response = await add(ders)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error_message: expect.stringMatching(/^.+: .+$/) })
    expect((await tree.head()).size).toBe(1)
  })

  it.each([
    ['no object', []],
    ['no chain', {}],
    ['a chain of numbers', { chain: [1, 2] }],
    ['no base64', { chain: ['?', '?'] }],
  ])('refuses %s', async (_what, json) => {
    expect((await (await newApp()).submit(json)).status).toBe(400)
  })

  it('refuses more than 128 KiB', async () => {
    expect((await (await newApp()).submit({ chain: ['A'.repeat(128 * 1024)] })).status).toBe(413)
  })
})

describe('GET', () => {
  it('get-roots gives the roots', async () => {
    const { get } = await newApp()
    expect(await get('get-roots')).toEqual({ status: 200, json: { certificates: [encodeBase64(root.der)] } })
  })

  it('get-sth gives the signed head', async () => {
    const { tree, add, get } = await newApp()
    await add(chain)
    const { json } = await get('get-sth')
    const head = { ...(await tree.head()), timestampMs: NOW * 1000 }
    expect(json).toMatchObject({
      tree_size: 2,
      timestamp: NOW * 1000,
      sha256_root_hash: encodeBase64(head.root),
    })
    expect(verifyWithSpki(spki, treeHeadSignedBytes(head), signatureOf(json['tree_head_signature']))).toBe(
      true,
    )
  })

  it('get-proof-by-hash and get-sth-consistency prove what they say', async () => {
    const { tree, add, get } = await newApp()
    await add(chain)
    const hash = leafHash(merkleTreeLeaf(entryAt(NOW * 1000)))
    await tree.append({ leaf: merkleTreeLeaf({ ...entryAt(NOW * 1000), tbs: utf8('another') }) })
    const [second, third] = [await tree.headAt(2), await tree.head()]
    const { json } = await get(`get-proof-by-hash?hash=${encodeURIComponent(encodeBase64(hash))}&tree_size=3`)
    const claim = { leafHash: hash, index: 1, size: 3, proof: hashesOf(json['audit_path']), root: third.root }
    expect([json['leaf_index'], verifyInclusion(claim)]).toEqual([1, true])
    const consistency = (await get('get-sth-consistency?first=2&second=3')).json['consistency']
    expect(
      verifyConsistency({
        first: 2,
        second: 3,
        firstRoot: second.root,
        secondRoot: third.root,
        proof: hashesOf(consistency),
      }),
    ).toBe(true)
  })

  it('get-entries gives leaves with their chains, as many as there are', async () => {
    const { add, get } = await newApp()
    await add(chain)
    const { json } = await get('get-entries?start=0&end=1000')
    const entries = json['entries'] as { leaf_input: string; extra_data: string }[]
    expect(entries.map((one) => decodeBase64(one.leaf_input))).toEqual([
      ctGenesis(root.der, NOW * 1000).leaf,
      merkleTreeLeaf(entryAt(NOW * 1000)),
    ])
    const extra = decodeBase64(entries[1]!.extra_data)
    const { length } = pending.precertificate
    expect(extra.subarray(3, 3 + length)).toEqual(pending.precertificate)
    expect(extra.subarray(-root.der.length)).toEqual(root.der)
  })

  it('get-entry-and-proof proves the entry that it gives', async () => {
    const { tree, add, get } = await newApp()
    await add(chain)
    const { json } = await get('get-entry-and-proof?leaf_index=1&tree_size=2')
    const hash = leafHash(decodeBase64(String(json['leaf_input'])))
    const { size, root: treeRoot } = await tree.head()
    expect(
      verifyInclusion({
        leafHash: hash,
        index: 1,
        size,
        proof: hashesOf(json['audit_path']),
        root: treeRoot,
      }),
    ).toBe(true)
  })

  const known = encodeURIComponent(encodeBase64(leafHash(ctGenesis(root.der, NOW * 1000).leaf)))
  const unknown = encodeURIComponent(encodeBase64(sha256(utf8('x'))))
  it.each([
    ['get-sth-consistency', 400],
    ['get-sth-consistency?first=1', 400],
    ['get-sth-consistency?first=0&second=1', 400],
    ['get-sth-consistency?first=2&second=1', 400],
    ['get-sth-consistency?first=1&second=9', 400],
    ['get-sth-consistency?first=01&second=1', 400],
    ['get-sth-consistency?first=-1&second=1', 400],
    ['get-sth-consistency?first=1&second=9999999999999999', 400],
    [`get-proof-by-hash?hash=${known}`, 400],
    [`get-proof-by-hash?hash=${known}&tree_size=2`, 400],
    [`get-proof-by-hash?hash=${known}&tree_size=0`, 404],
    [`get-proof-by-hash?hash=${unknown}&tree_size=1`, 404],
    ['get-entries', 400],
    ['get-entries?start=1&end=0', 400],
    ['get-entries?start=1&end=5', 404],
    ['get-entry-and-proof?leaf_index=0', 400],
    ['get-entry-and-proof?leaf_index=1&tree_size=1', 400],
    ['get-entry-and-proof?leaf_index=0&tree_size=2', 400],
    ['get-proof-by-hash?tree_size=1', 400],
    ['get-proof-by-hash?hash=AA%3D%3D&tree_size=1', 400],
    ['get-proof-by-hash?hash=%3F&tree_size=1', 400],
  ])('%s is refused with %i', async (path, status) => {
    const refused = await (await newApp()).get(path)
    expect(refused).toEqual({ status, json: { error_message: expect.any(String) } })
  })
})
