import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gitlabCiLocal, present } from '../support/judges.ts'
import { differences, ourPlan } from './pipelines-compare.ts'
import { EXPLAINED } from './pipelines-explained.ts'
import { cases, planWithPeer, type PeerPlan } from './pipelines-peer.ts'

const names = globSync('*/expected.json', { cwd: cases })
  .map((path) => dirname(path))
  .filter((name) => !name.endsWith('_fail'))
const explained = new Set(
  EXPLAINED.flatMap((row) => row.cases.flatMap((name) => row.fields.map((field) => `${name}: ${field}`))),
)

describe.runIf(present(gitlabCiLocal))('plans beside those of gitlab-ci-local', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wheelseal-pipelines-'))
  const seen = new Set<string>()
  const unexplained: unknown[] = []

  beforeAll(async () => {
    const peers: ReadonlyMap<string, PeerPlan> = await planWithPeer(names, folder)
    for (const [name, peer] of peers) {
      for (const difference of differences(await ourPlan(name), peer)) {
        const key = `${name}: ${difference.field}`
        seen.add(key)
        if (!explained.has(key)) unexplained.push({ name, ...difference })
      }
    }
  }, 300_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('differ only where the documentation of GitLab is with us', () => {
    expect(unexplained).toEqual([])
  })

  it('differ wherever the table says so', () => {
    expect([...explained].filter((key) => !seen.has(key))).toEqual([])
  })

  it('agree in every field in most of the cases', () => {
    const differing = new Set([...seen].map((key) => key.split(': ')[0]))
    expect(names.length - differing.size).toBeGreaterThan(70)
  })
})
