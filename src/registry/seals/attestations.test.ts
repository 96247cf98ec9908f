import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCapped, utf8Decode } from '../../base/index.ts'
import type { StoredFile } from '../index.ts'
import {
  CONTENT,
  listedFiles,
  makeSeal,
  openBench,
  OTHER,
  PROJECT,
  publish,
  WHEEL,
  type Bench,
} from './arrange.ts'
import { createLocks } from './locks.ts'
import { settleFile } from './settle-file.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

const good = makeSeal()

async function provenanceOf({ provenance }: StoredFile): Promise<unknown> {
  if (provenance === null) return null
  const blob = await bench.context.blobs.open(provenance.sha256, provenance.size)
  return JSON.parse(utf8Decode(await readCapped(blob!.stream(), provenance.size)))
}

describe('attestations that come with an upload', () => {
  it('are verified, kept and served as provenance', async () => {
    const file = await publish(bench, { attestations: `[${good.attestation}]` })
    expect(await provenanceOf(file)).toEqual({
      version: 1,
      attestation_bundles: [
        {
          publisher: {
            kind: 'GitLab',
            repository: 'acme/app',
            workflow_filepath: '.gitlab-ci.yml',
            environment: null,
          },
          attestations: [JSON.parse(good.attestation)],
        },
      ],
    })
    expect(await bench.seals.describe(PROJECT, file)).toMatchObject({
      outcome: 'verified',
      seals: [{ kind: 'uploaded attestations', files: [], outcome: 'verified' }],
    })
  })

  it('satisfy a publish rule', async () => {
    await bench.seals.setRule(PROJECT, { kind: 'project-identity' })
    await bench.seals.idle()
    await publish(bench, { attestations: `[${good.attestation}]` })
    expect(await listedFiles(bench)).toEqual([WHEEL])
  })

  it('may lack what a policy requires, which another seal may bring; then the file is not listed', async () => {
    const policy = `version = 1
[unlisted]
require = ["timestamp"]
[[unlisted.any_of]]
issuer = "https://gitlab.example"
project = "acme/app"
refs = ["refs/heads/main"]
`
    await bench.seals.setRule(PROJECT, { kind: 'policy', policy })
    await bench.seals.idle()
    expect(await publish(bench, { attestations: `[${good.attestation}]` })).toMatchObject({ isListed: false })
  })

  it('may come with the same bytes again, and are kept once', async () => {
    await publish(bench)
    for (let time = 0; time < 2; time += 1) await publish(bench, { attestations: `[${good.attestation}]` })
    const place = { projectId: PROJECT.id, fileName: WHEEL, ending: 'uploaded' } as const
    const page = { standing: 'sound', order: 'newest', from: 1e9, limit: 9 } as const
    expect(await bench.context.store.listSeals(place, page)).toHaveLength(1)
  })

  it.each(['', '[]', undefined])('may be none: %o', async (attestations) => {
    const file = await publish(bench, attestations === undefined ? {} : { attestations })
    expect(file.provenance).toBeNull()
  })

  it.each([
    ['of other bytes', `[${makeSeal({ content: 'other' }).attestation}]`, /digest/],
    ['of another name', `[${makeSeal({ fileName: 'demo-2.0.tar.gz' }).attestation}]`, /file name/],
    ['of another project', `[${makeSeal({ project: OTHER }).attestation}]`, /identity/],
    ['of another branch', `[${makeSeal({ ref: 'refs/heads/x' }).attestation}]`, /identity/],
    ['that is a bundle', `[${good.bundle}]`, /not an attestation/],
    ['of version 2', `[${good.attestation.replace('"version":1', '"version":2')}]`, /version/],
  ])('are refused with the upload when one is %s', async (_what, attestations, words) => {
    const refused = publish(bench, { attestations })
    await expect(refused).rejects.toMatchObject({ code: 'registry.attestation-refused', status: 400 })
    await expect(refused).rejects.toThrow(words)
    expect(await listedFiles(bench)).toEqual([])
  })

  it.each([
    ['no JSON', '[', /JSON/],
    ['no list', good.attestation, /list/],
    ['a list of something else', '[1]', /not a JSON object/],
    ['too many', `[${Array.from({ length: 3 }, () => good.attestation).join()}]`, /at most 2/],
    ['two of one type', `[${good.attestation},${good.attestation}]`, /same predicate type/],
    [
      'a provenance object',
      `[{"version":1,"attestation_bundles":[{"publisher":{},"attestations":[${good.attestation}]}]}]`,
      /provenance object/,
    ],
    ['too deep', '['.repeat(99), /deep|JSON/],
  ])('are refused when the field is %s', async (_what, attestations, words) => {
    const refused = publish(bench, { attestations })
    await expect(refused).rejects.toMatchObject({ code: 'registry.attestations', status: 400 })
    await expect(refused).rejects.toThrow(words)
    expect(await listedFiles(bench)).toEqual([])
  })
})

describe('an attestation beside the distribution', () => {
  const policy =
    'version = 1\n[[rules]]\nnames=["demo"]\n[[rules.any_of]]\nissuer="https://x.example"\nidentity="x"\n'

  it('is in the provenance while it verifies under the rule', async () => {
    await publish(bench)
    await bench.put(`${WHEEL}.publish.attestation`, good.attestation)
    const file = await publish(bench, { content: CONTENT })
    expect(await provenanceOf(file)).toMatchObject({ version: 1 })
    await bench.seals.setRule(PROJECT, { kind: 'policy', policy })
    await bench.seals.idle()
    expect(await provenanceOf(await publish(bench))).toBeNull()
    await bench.seals.setRule(PROJECT, undefined)
    await bench.seals.idle()
    expect(await provenanceOf(await publish(bench))).toMatchObject({ version: 1 })
  })

  it('leaves the provenance also where who judges it read the file before it had one', async () => {
    const file = await publish(bench)
    await bench.put(`${WHEEL}.publish.attestation`, good.attestation)
    const rule = JSON.stringify({ kind: 'policy', policy })
    const state = { projectId: PROJECT.id, next: null, phase: 'in force', beforeId: 0, setAtMs: 1 } as const
    await bench.context.store.keepRule({ ...state, rule, rootsSha256: 'roots' })
    await settleFile({ ...bench.context, locks: createLocks() }, { project: PROJECT, file })
    expect(await bench.registry.pypi.find(PROJECT, { fileName: WHEEL })).toMatchObject({ provenance: null })
  })
})
