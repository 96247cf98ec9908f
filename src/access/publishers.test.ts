import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { systemEntropy } from '../host/index.ts'
import { createPublisherStore, publisherMigrations } from '../storage/sql/publishers.ts'
import { openDatabase } from '../storage/sqlite/database.ts'
import { createPublishers, type Project, type Publishers, type PublishingToken } from './index.ts'

const PROJECT: Project = {
  id: 20,
  path: 'acme/tools',
  name: 'tools',
  namespaceId: 1,
  namespacePath: 'acme',
  visibility: 'private',
  defaultBranch: 'main',
}
const RULE = {
  issuer: 'https://gitlab.example.com',
  ciProjectPath: 'acme/tools',
  ciProjectId: null,
  ref: 'refs/tags/v*',
  configFile: '.gitlab-ci.yml',
}
const DAY_MS = 24 * 60 * 60_000

let nowMs: number
let publishers: Publishers
beforeEach(async () => {
  nowMs = 1_000_000
  const database = await openDatabase(':memory:', publisherMigrations)
  publishers = createPublishers({
    publishers: createPublisherStore(database),
    clock: { nowMs: () => nowMs, sleep: async () => undefined },
    entropy: systemEntropy,
  })
  return () => database.destroy()
})

async function exchange(token: PublishingToken): Promise<string> {
  return (await publishers.mint(token, await publishers.rulesFor(token))).reveal()
}

let count = 0
function tokenOf(changes: Partial<PublishingToken> = {}): PublishingToken {
  return {
    issuer: RULE.issuer,
    ciProjectPath: 'acme/tools',
    ciProjectId: '7',
    ref: 'refs/tags/v1.0',
    configRef: 'gitlab.example.com/acme/tools//.gitlab-ci.yml@refs/tags/v1.0',
    tokenId: `token-${(count += 1)}`,
    expiresAtMs: nowMs + 60_000,
    jobId: null,
    ...changes,
  }
}

describe('an upload token', () => {
  it('is random, lives fifteen minutes, and is for the projects of the rules alone', async () => {
    await publishers.add(PROJECT, RULE)
    const idToken = tokenOf({ jobId: 301 })
    const secret = await publishers.mint(idToken, await publishers.rulesFor(idToken))
    expect(inspect({ secret })).not.toContain('wspub-')
    const token = secret.reveal()
    expect(token).toMatch(/^wspub-[A-Za-z0-9_-]{32}$/)
    expect(await exchange(tokenOf())).not.toBe(token)
    const held = { kind: 'publisher', projectIds: [20], jobId: 301 }
    nowMs += 15 * 60_000 - 1
    expect(await publishers.authenticate(token)).toEqual(held)
    nowMs += 1
    expect(await publishers.authenticate(token)).toBeUndefined()
  })

  it('ends when it is burned, and with its rule', async () => {
    const { id } = await publishers.add(PROJECT, RULE)
    const [burned, kept] = [await exchange(tokenOf()), await exchange(tokenOf())]
    await publishers.burn(burned)
    await publishers.burn('wspub-unknown')
    await publishers.burn('x'.repeat(10_000))
    expect(await publishers.authenticate(burned)).toBeUndefined()
    expect(await publishers.authenticate(kept)).toBeDefined()
    await publishers.remove(PROJECT, id)
    expect(await publishers.authenticate(kept)).toBeUndefined()
  })

  it.each(['', 'wspub-', 'glpat-x', 'wspub-'.padEnd(10_000, 'x'), '\u0000'])('is not %j', async (text) => {
    expect(await publishers.authenticate(text)).toBeUndefined()
  })
})

describe('an id token', () => {
  it('is exchanged once', async () => {
    await publishers.add(PROJECT, RULE)
    const idToken = tokenOf()
    await exchange(idToken)
    await expect(exchange(idToken)).rejects.toMatchObject({ code: 'access.publisher-reuse' })
    expect(await exchange({ ...idToken, tokenId: 'other' })).toBeDefined()
  })

  it('is remembered by its issuer too: two may give the same number', async () => {
    await publishers.add(PROJECT, RULE)
    const issuer = 'https://other.example'
    await publishers.add(PROJECT, { ...RULE, issuer })
    await exchange(tokenOf({ tokenId: 'one' }))
    const configRef = 'other.example/acme/tools//.gitlab-ci.yml@refs/tags/v1.0'
    expect(await exchange(tokenOf({ tokenId: 'one', issuer, configRef }))).toBeDefined()
  })

  it('of a pipeline that nobody trusts is refused, and the reason says which', async () => {
    await publishers.add(PROJECT, RULE)
    const refused = (changes: Partial<PublishingToken>, message: RegExp) =>
      expect(exchange(tokenOf(changes))).rejects.toMatchObject({
        code: 'access.publisher',
        message: expect.stringMatching(message) as string,
      })
    await refused({ ciProjectPath: 'evil/tools' }, /no project here trusts pipelines of evil\/tools/)
    await refused({ issuer: 'https://evil.example' }, /of https:\/\/evil\.example/)
    await refused(
      { ref: 'refs/heads/main' },
      /no rule for pipelines of acme\/tools of \S+ fits: the rule is for refs/,
    )
    await refused({ expiresAtMs: nowMs + 40 * DAY_MS }, /more than a month/)
  })

  it('of another project that took the path is refused once the first was seen', async () => {
    await publishers.add(PROJECT, RULE)
    await exchange(tokenOf({ ciProjectId: '7' }))
    await expect(exchange(tokenOf({ ciProjectId: '8' }))).rejects.toMatchObject({
      code: 'access.publisher',
    })
  })
})

describe('rules', () => {
  it('are added once, listed and removed', async () => {
    const added = await publishers.add(PROJECT, RULE)
    expect(await publishers.add(PROJECT, RULE)).toEqual(added)
    expect(await publishers.list(PROJECT)).toEqual([added])
    const elsewhere = { ...PROJECT, id: 21 }
    await expect(publishers.remove(elsewhere, added.id)).rejects.toMatchObject({
      code: 'access.unknown-publisher',
    })
    expect(await publishers.remove(PROJECT, added.id)).toEqual(added)
    expect(await publishers.list(PROJECT)).toEqual([])
  })

  it('are refused when malformed, and when there are too many', async () => {
    await expect(publishers.add(PROJECT, { ...RULE, ref: 'main' })).rejects.toMatchObject({
      code: 'access.publisher-rule',
    })
    for (let at = 0; at < 100; at += 1) await publishers.add(PROJECT, { ...RULE, ref: `refs/heads/${at}` })
    await expect(publishers.add(PROJECT, RULE)).rejects.toMatchObject({ code: 'access.too-many-publishers' })
  })
})
