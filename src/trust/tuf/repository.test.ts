import { describe, expect, it } from 'vitest'
import { sha256Hex, utf8Decode, type Log } from '../../base/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { DAY, makeRepository, makeTrust, memoryStore, newKey, START, type Made } from './arrange.ts'
import { DEFAULT_LIFETIMES, sigstoreTargets, type TufRepository } from './index.ts'

interface Document {
  readonly signed: {
    readonly version: number
    readonly expires: string
    readonly meta: Record<string, { version: number }>
    readonly roles: Record<string, { keyids: string[]; threshold: number }>
    readonly targets: Record<string, { length: number; hashes: object; custom: { sigstore: object } }>
  }
  readonly signatures: readonly { readonly keyid: string }[]
}

const parse = (bytes: Uint8Array | undefined) => JSON.parse(utf8Decode(bytes!)) as Document
const served = async (repository: TufRepository, path: string) => parse(await repository.read(path))

describe('createTufRepository', () => {
  it('writes each document under the names that clients ask for, and each target under its digest', async () => {
    const { store, targets } = await makeRepository()
    expect([...store.files.keys()].toSorted()).toEqual(
      [
        ...['1.root.json', '1.snapshot.json', '1.targets.json', 'root.json', 'timestamp.json'],
        ...targets.map(({ name, bytes }) => `targets/${sha256Hex(bytes)}.${name}`),
      ].toSorted(),
    )
    expect(store.files.get('root.json')).toEqual(store.files.get('1.root.json'))
  })

  it('signs root, targets and the rest with three keys, so that two of them can be put away', async () => {
    const { store } = await makeRepository()
    const signers = ['root.json', '1.targets.json', '1.snapshot.json', 'timestamp.json'].map((name) =>
      parse(store.files.get(name)).signatures.map(({ keyid }) => keyid),
    )
    const { roles } = parse(store.files.get('root.json')).signed
    expect(['root', 'targets', 'snapshot', 'timestamp'].map((role) => roles[role]?.keyids)).toEqual(signers)
    expect(new Set(signers.flat()).size).toBe(3)
  })

  it('can be called again after a crash', async () => {
    const made = await makeRepository()
    const again = await makeRepository({ keys: made.keys, targets: made.targets })
    expect([...again.store.files.keys()]).toEqual([...made.store.files.keys()])
  })
})

describe('sigstoreTargets', () => {
  const trust = makeTrust()
  const targets = sigstoreTargets(trust)

  it('are what cosign 2 chooses by usage, and the files that the others ask for by name', () => {
    const usages = targets.map(({ name, custom }) => [name, custom])
    const sigstore = (usage: string) => ({ sigstore: { usage, status: 'Active', uri: trust.url } })
    expect(usages).toEqual([
      ['fulcio_intermediate_v1.crt.pem', sigstore('Fulcio')],
      ['fulcio_v1.crt.pem', sigstore('Fulcio')],
      ['rekor.pub', sigstore('Rekor')],
      ['ctfe.pub', sigstore('CTFE')],
      ['trusted_root.json', sigstore('Unknown')],
      ['signing_config.v0.2.json', sigstore('Unknown')],
    ])
  })

  it('name the root certificate as the root', () => {
    const root = targets.find(({ name }) => name === 'fulcio_v1.crt.pem')
    expect(utf8Decode(root!.bytes)).toBe(certificatePem(trust.chain[1]!))
  })
})

describe('a repository that is served', () => {
  it('leaves a timestamp as it is that has half of its life left', async () => {
    const made = await makeRepository()
    const repository = await made.open()
    const before = await repository.read('timestamp.json')
    made.clock.seconds += 4 * DAY
    expect(await repository.read('timestamp.json')).toEqual(before)
  })

  it('renews the timestamp when it is asked for after that, with the online key', async () => {
    const made = await makeRepository()
    const repository = await made.open()
    made.clock.seconds += 4 * DAY + 1
    const { signed, signatures } = await served(repository, 'timestamp.json')
    expect(signed).toMatchObject({ version: 2, meta: { 'snapshot.json': { version: 1 } } })
    expect(signed.expires).toBe('2030-03-29T17:46:41Z')
    const { roles } = (await served(repository, 'root.json')).signed
    expect(signatures.map(({ keyid }) => keyid)).toEqual(roles['timestamp']?.keyids)
    expect(made.store.files.get('timestamp.json')).toEqual(await repository.read('timestamp.json'))
  })

  it('renews the snapshot too, and names it only when it is there', async () => {
    const made = await makeRepository()
    const repository = await made.open()
    made.clock.seconds += 20 * DAY + 1
    await repository.renew()
    const { signed } = await served(repository, 'timestamp.json')
    expect(signed.meta).toEqual({ 'snapshot.json': { version: 2 } })
    expect((await served(repository, '2.snapshot.json')).signed).toMatchObject({
      version: 2,
      meta: { 'targets.json': { version: 1 } },
    })
    expect((await served(repository, '1.snapshot.json')).signed.version).toBe(1)
  })

  it('is renewed again and again over a year, without a gap and without going back', async () => {
    const made = await makeRepository()
    const repository = await made.open()
    let version = 0
    for (let day = 0; day < 366; day += 3) {
      made.clock.seconds = START + day * DAY
      const { signed } = await served(repository, 'timestamp.json')
      expect(signed.version).toBeGreaterThanOrEqual(version)
      expect(signed.expires > isoDay(made.clock.seconds)).toBe(true)
      const snapshot = await served(repository, `${signed.meta['snapshot.json']?.version}.snapshot.json`)
      expect(snapshot.signed.expires > isoDay(made.clock.seconds)).toBe(true)
      version = signed.version
    }
    expect(version).toBeGreaterThan(50)
  })

  it('is renewed once, however many ask at that moment', async () => {
    const made = await makeRepository()
    const repository = await made.open()
    made.clock.seconds += 5 * DAY
    const answers = await Promise.all([1, 2, 3, 4].map(() => served(repository, 'timestamp.json')))
    expect(answers.map(({ signed }) => signed.version)).toEqual([2, 2, 2, 2])
  })

  it('continues after a restart with the versions that it had', async () => {
    const made = await makeRepository()
    made.clock.seconds += 21 * DAY
    await (await made.open()).renew()
    made.clock.seconds += 5 * DAY
    const repository = await made.open()
    expect((await served(repository, 'timestamp.json')).signed).toMatchObject({
      version: 3,
      meta: { 'snapshot.json': { version: 2 } },
    })
    expect(repository.status().map(({ role, version }) => [role, version])).toEqual([
      ['root', 1],
      ['targets', 1],
      ['snapshot', 2],
      ['timestamp', 3],
    ])
  })

  it('serves the old timestamp while the disk is full, says so in the log, and tries again', async () => {
    const made = await makeRepository()
    const failed: string[] = []
    const log: Log = { event: () => undefined, failure: (name) => void failed.push(name) }
    const full = { on: true }
    const repository = await made.open({ log, store: storeThatFails(made, () => full.on) })
    made.clock.seconds += 21 * DAY
    expect((await served(repository, 'timestamp.json')).signed.version).toBe(1)
    expect(failed).toEqual(['tuf.renew'])
    await expect(repository.renew()).rejects.toThrow('no space')
    full.on = false
    expect((await served(repository, 'timestamp.json')).signed).toMatchObject({
      version: 2,
      meta: { 'snapshot.json': { version: 2 } },
    })
  })

  it('starts from the timestamp when it ended between a new snapshot and a new timestamp', async () => {
    const made = await makeRepository()
    made.clock.seconds += 21 * DAY
    const store = storeThatFails(made, (name) => name === 'timestamp.json')
    await expect((await made.open({ store })).renew()).rejects.toThrow('no space')
    expect(made.store.files.has('2.snapshot.json')).toBe(true)
    const repository = await made.open()
    expect((await served(repository, 'timestamp.json')).signed.meta).toEqual({
      'snapshot.json': { version: 2 },
    })
  })

  it.each([
    '2.root.json',
    'targets.json',
    'snapshot.json',
    '01.root.json',
    '1.root.json/',
    'targets/rekor.pub',
    'targets/../root.json',
    '../root.json',
    `targets/${'0'.repeat(64)}.rekor.pub`,
    '',
  ])('has nothing at %j', async (path) => {
    const repository = await (await makeRepository()).open()
    expect(await repository.read(path)).toBeUndefined()
  })
})

describe('openTufRepository', () => {
  it('refuses a key that root.json does not list', async () => {
    const made = await makeRepository()
    await expect(made.open({ onlineKey: newKey() })).rejects.toMatchObject({ code: 'tuf.key' })
    await expect(made.open({ onlineKey: made.keys.targets })).rejects.toMatchObject({ code: 'tuf.key' })
  })

  it.each(['root.json', 'timestamp.json', '1.snapshot.json', '1.targets.json'])(
    'never makes up a missing %s',
    async (name) => {
      const made = await makeRepository()
      made.store.files.delete(name)
      await expect(made.open()).rejects.toMatchObject({
        code: 'tuf.missing',
        message: `${name} is missing`,
      })
    },
  )

  it('refuses one document in the place of another', async () => {
    const made = await makeRepository()
    made.store.files.set('timestamp.json', made.store.files.get('1.snapshot.json')!)
    await expect(made.open()).rejects.toMatchObject({ code: 'tuf.damaged' })
  })

  it('refuses an empty store', async () => {
    const made = await makeRepository()
    await expect(made.open({ store: memoryStore() })).rejects.toMatchObject({ code: 'tuf.missing' })
  })
})

it('signs root and targets for as long as the root certificate lives', () => {
  expect(DEFAULT_LIFETIMES.rootSeconds / DAY / 365.25).toBeCloseTo(10, 2)
  expect(DEFAULT_LIFETIMES.targetsSeconds).toBe(DEFAULT_LIFETIMES.rootSeconds)
})

function storeThatFails(made: Made, fails: (name: string) => boolean): Made['store'] {
  return {
    ...made.store,
    write: async (name, bytes) => {
      if (fails(name)) throw new Error('no space left')
      await made.store.write(name, bytes)
    },
  }
}

function isoDay(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
