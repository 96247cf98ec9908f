import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTurn, type TwoHandles } from '../base/two-handles.contract.ts'
import type { PublisherStore, StoredPublisher, UploadGrant } from './publisher-store.ts'

const RULE: Omit<StoredPublisher, 'id'> = {
  projectId: 1,
  issuer: 'https://gitlab.example.com',
  ciProjectPath: 'acme/tools',
  ciProjectId: null,
  ref: 'refs/heads/main',
  configFile: '.gitlab-ci.yml',
  createdAtMs: 1000,
}
const HASH = 'a'.repeat(64)
const ALL = { afterId: 0, limit: 100 }

function grantFor(publisherId: number, changes: Partial<UploadGrant> = {}): UploadGrant {
  return {
    hash: HASH,
    publisherIds: [publisherId],
    ciProjectId: '20',
    jobId: 301,
    expiresAtMs: 5000,
    idToken: { key: 'k'.repeat(64), expiresAtMs: 9000 },
    ...changes,
  }
}

/** What every adapter of PublisherStore promises. */
export function describePublisherStore(name: string, open: () => Promise<TwoHandles<PublisherStore>>): void {
  describe(`publisher store: ${name}`, () => {
    let opened: TwoHandles<PublisherStore>
    let store: PublisherStore
    beforeEach(async () => {
      opened = await open()
      store = inTurn(opened)
    })
    afterEach(() => opened.close())

    describeRules(() => store)
    describeTokens(() => store)
    describeExpiry(() => store)
  })
}

function describeRules(store: () => PublisherStore): void {
  it('keeps each rule once, and lists those of a project by id, in pages', async () => {
    const first = await store().add(RULE)
    expect(first).toEqual({ ...RULE, id: first.id })
    expect(await store().add({ ...RULE, createdAtMs: 2000, ciProjectId: '9' })).toEqual(first)
    const second = await store().add({ ...RULE, ref: 'refs/tags/*', ciProjectId: '20' })
    await store().add({ ...RULE, projectId: 2 })
    expect(await store().list(1, ALL)).toEqual([first, second])
    expect(await store().list(1, { afterId: 0, limit: 1 })).toEqual([first])
    expect(await store().list(1, { afterId: first.id, limit: 9 })).toEqual([second])
  })

  it('finds the rules of all projects for a pipeline, and no others', async () => {
    const one = await store().add(RULE)
    const two = await store().add({ ...RULE, projectId: 2 })
    await store().add({ ...RULE, issuer: 'https://other.example' })
    await store().add({ ...RULE, ciProjectPath: 'acme/tools2' })
    expect(await store().findFor(RULE, 9)).toEqual([one, two])
    expect(await store().findFor(RULE, 1)).toEqual([one])
  })

  it('removes a rule of its project only, with its tokens and with no others', async () => {
    const [one, two] = [await store().add(RULE), await store().add({ ...RULE, projectId: 2 })]
    await store().grant(grantFor(one.id), 0)
    const idToken = { key: 'other', expiresAtMs: 9000 }
    await store().grant(grantFor(two.id, { hash: 'b'.repeat(64), idToken }), 0)
    expect(await store().remove(2, one.id)).toBe(false)
    expect(await store().findUploadToken(HASH)).toBeDefined()
    expect(await store().remove(1, one.id)).toBe(true)
    expect(await store().remove(1, one.id)).toBe(false)
    expect(await store().list(1, ALL)).toEqual([])
    expect(await store().findUploadToken(HASH)).toBeUndefined()
    expect(await store().findUploadToken('b'.repeat(64))).toMatchObject({ projectIds: [2] })
  })
}

function describeTokens(store: () => PublisherStore): void {
  it('keeps a token for every rule that let it, until it is removed', async () => {
    const rules = [await store().add(RULE), await store().add({ ...RULE, projectId: 2 })]
    const ids = rules.map(({ id }) => id) as [number, number]
    expect(await store().grant(grantFor(0, { publisherIds: ids }), 0)).toBe('granted')
    expect(await store().findUploadToken(HASH)).toEqual({ projectIds: [1, 2], jobId: 301, expiresAtMs: 5000 })
    expect(await store().findUploadToken('b'.repeat(64))).toBeUndefined()
    await store().removeUploadToken(HASH)
    await store().removeUploadToken(HASH)
    expect(await store().findUploadToken(HASH)).toBeUndefined()
  })

  it('learns the id of the project from the first token, and gives none to another', async () => {
    const { id } = await store().add(RULE)
    await store().grant(grantFor(id, { jobId: null }), 0)
    expect(await store().list(1, ALL)).toMatchObject([{ ciProjectId: '20' }])
    const other = { hash: 'b'.repeat(64), ciProjectId: '21', idToken: { key: 'other', expiresAtMs: 9000 } }
    expect(await store().grant(grantFor(id, other), 0)).toBe('none')
    expect(await store().findUploadToken('b'.repeat(64))).toBeUndefined()
    expect(await store().list(1, ALL)).toMatchObject([{ ciProjectId: '20' }])
    expect(await store().grant(grantFor(id, { ...other, ciProjectId: '20' }), 0)).toBe('granted')
  })

  it('gives nothing for a rule that is gone, and uses up no id token for it', async () => {
    const { id } = await store().add(RULE)
    expect(await store().grant(grantFor(id + 1), 0)).toBe('none')
    expect(await store().grant(grantFor(id), 0)).toBe('granted')
  })

  it('takes an id token once', async () => {
    const { id } = await store().add(RULE)
    expect(await store().grant(grantFor(id), 0)).toBe('granted')
    expect(await store().grant(grantFor(id, { hash: 'b'.repeat(64) }), 0)).toBe('used')
    expect(await store().findUploadToken('b'.repeat(64))).toBeUndefined()
  })

  it('gives one token where one id token comes twice at once', async () => {
    const { id } = await store().add(RULE)
    const hashes = ['b', 'c', 'd'].map((letter) => letter.repeat(64))
    const outcomes = await Promise.all(hashes.map((hash) => store().grant(grantFor(id, { hash }), 0)))
    expect(outcomes.toSorted()).toEqual(['granted', 'used', 'used'])
  })
}

function describeExpiry(store: () => PublisherStore): void {
  it('drops upload tokens and used id tokens when their time is over, and not before', async () => {
    const { id } = await store().add(RULE)
    await store().grant(grantFor(id), 0)
    const next = (key: string, nowMs: number) =>
      store().grant(
        grantFor(id, { hash: key.repeat(64), expiresAtMs: 99_000, idToken: { key, expiresAtMs: 99_000 } }),
        nowMs,
      )
    await next('b', 5000)
    expect(await store().findUploadToken(HASH)).toBeDefined()
    await next('c', 5001)
    expect(await store().findUploadToken(HASH)).toBeUndefined()
    expect(await store().grant(grantFor(id, { hash: 'd' }), 9000)).toBe('used')
    expect(await store().grant(grantFor(id, { hash: 'd' }), 9001)).toBe('granted')
  })
}
