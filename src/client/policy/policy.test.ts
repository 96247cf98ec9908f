import { mkdir, readFile, symlink, writeFile, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8Decode } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { ISSUER, SAN } from '../../verify/arrange.ts'
import { fileBundle } from '../../verify/attacks/arrange.ts'
import {
  bundleOf,
  fetchIo,
  generic,
  honest,
  json,
  openFetchBench,
  planFor,
  SDIST,
  WHEEL,
  withAnswers,
  without,
  type Answers,
  type FetchBench,
} from '../fetch/arrange.ts'
import { ioWith, plan as verifyPlan, sealedFiles, WHEEL as LOCAL_WHEEL } from '../verify/arrange.ts'
import type { FileOutcome } from '../verify/index.ts'
import { judgeTrusted, proposePolicy, writePolicy, type PolicyPlan, type PolicyProposal } from './index.ts'

let bench: FetchBench
beforeEach(async () => {
  bench = await openFetchBench()
})
afterEach(() => bench.close())

const local: PolicyPlan = {
  targets: verifyPlan.targets,
  trust: verifyPlan.trust,
  network: 'allowed',
  release: undefined,
  tags: 'this tag',
  output: 'policy.toml',
}

async function judged(answers: Answers): Promise<readonly FileOutcome[]> {
  const { url } = await bench.index(answers)
  const io = { ...fetchIo(), cacheFolder: join(bench.folder, 'cache') }
  const outcomes = await judgeTrusted({ ...local, targets: [], release: planFor(url, '') }, io)
  await expect(lstat(io.cacheFolder)).rejects.toThrow('ENOENT')
  return outcomes
}

const proposed = (outcomes: readonly FileOutcome[], output: string): Promise<PolicyProposal> =>
  proposePolicy(outcomes, { ...local, output }, systemFiles)

describe('files that somebody trusts', () => {
  it('are verified beside their seals, whoever signed, and are a policy', async () => {
    const io = { ...ioWith(sealedFiles()), signal: new AbortController().signal }
    const outcomes = await judgeTrusted(local, io)
    expect(outcomes).toMatchObject([{ verified: true, file: LOCAL_WHEEL }])
    const { rules } = await proposed(outcomes, join(bench.folder, 'policy.toml'))
    expect(rules).toEqual([{ names: ['demo'], require: [], any_of: [{ issuer: ISSUER, identity: SAN }] }])
  })

  it('are no policy where one of them was altered', async () => {
    const files = sealedFiles().set(LOCAL_WHEEL, new Uint8Array([1]))
    const outcomes = await judgeTrusted(local, { ...ioWith(files), signal: new AbortController().signal })
    expect(outcomes).toMatchObject([{ verified: false, reason: 'verify.signature' }])
    await expect(proposed(outcomes, 'policy.toml')).rejects.toThrow('not verified')
  })

  it('come from a registry, all of whose seals must be valid, and leave nothing', async () => {
    const outcomes = await judged(honest())
    expect(outcomes.map(({ verified, file }) => [verified, file])).toEqual([
      [true, WHEEL],
      [true, SDIST],
    ])
    const parked = withAnswers(new Map([[generic(`${SDIST}.publish.attestation`), json(bundleOf(WHEEL))]]))
    expect(await judged(parked)).toMatchObject([{ verified: true }, { verified: false }])
    const unsigned = await judged(without(generic(`${SDIST}.sigstore.json`)))
    expect(unsigned).toMatchObject([{ verified: true }, { reason: 'verify.no-seal' }])
  })

  it('have a requirement where every file of the package fulfils it', async () => {
    const { rules } = await proposed(await judged(honest()), join(bench.folder, 'policy.toml'))
    expect(rules[0]?.require).toEqual(['bundle'])
    const attested = new Map([[generic(`${WHEEL}.sigstore.json`), json(fileBundle())]])
    expect(await judged(withAnswers(attested))).toMatchObject([{ verified: true }, { verified: true }])
  })
})

describe('a policy that is written', () => {
  it('is at the place that a link names', async () => {
    const path = join(bench.folder, 'policy.toml')
    await mkdir(join(bench.folder, 'shared'))
    await writeFile(join(bench.folder, 'shared', 'ours.toml'), 'version = 1\n')
    await symlink(join('shared', 'ours.toml'), path)
    const proposal = await proposed(await judged(honest()), path)
    await writePolicy(proposal, systemFiles)
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
    expect(utf8Decode(await readFile(join(bench.folder, 'shared', 'ours.toml')))).toBe(proposal.text)
  })

  it.each([
    ['is there now', undefined, 'version = 1\n'],
    ['is another now', 'version = 1\n', 'version = 1 # mine\n'],
  ])('is not written over a file that %s', async (_what, before, now) => {
    const path = join(bench.folder, 'policy.toml')
    if (before !== undefined) await writeFile(path, before)
    const proposal = await proposed(await judged(honest()), path)
    await writeFile(path, now)
    await expect(writePolicy(proposal, systemFiles)).rejects.toMatchObject({ code: 'client.policy-changed' })
    expect(await readFile(path, 'utf8')).toBe(now)
  })
})
