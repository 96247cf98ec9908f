import type { RequestListener } from 'node:http'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeError, utf8, WheelsealError } from '../../base/index.ts'
import { parseRequirement } from '../../packaging/index.ts'
import { attestation, fileBundle } from '../../verify/attacks/arrange.ts'
import type { VerifyPlan } from '../verify/index.ts'
import {
  answering,
  bundleOf,
  BYTES,
  entry,
  fetchIo,
  generic,
  honest,
  json,
  openFetchBench,
  page,
  PAGE,
  pairOf,
  planFor,
  SDIST,
  TOKEN,
  WHEEL,
  withAnswers,
  without,
  type Answers,
  type FetchBench,
} from './arrange.ts'
import { fetchFiles, placeOf } from './index.ts'

let bench: FetchBench
beforeEach(async () => {
  bench = await openFetchBench()
})
afterEach(() => bench.close())

/** The code of the refusal, of a file or of all; nothing may be left then. */
async function refusal(answers: Answers, changes: Partial<VerifyPlan> = {}): Promise<string> {
  const code = await bench.fetched(answers, changes).then(
    ({ files }) => files.find(({ outcome }) => !outcome.verified)?.outcome.reason ?? 'verified',
    (error: unknown) => (error instanceof WheelsealError ? error.code : describeError(error)),
  )
  expect(await readdir(bench.folder)).toEqual([])
  return code
}

describe('a release that is fetched', () => {
  it('is in its folder with the seals by which it was verified, and nothing else', async () => {
    const { files, placed } = await bench.fetched(honest())
    expect(files.map(({ outcome }) => outcome.verified)).toEqual([true, true])
    const names = [WHEEL, SDIST].flatMap((name) => [name, `${name}.sigstore.json`])
    expect((await readdir(bench.out)).toSorted()).toEqual(names.toSorted())
    expect(placed.toSorted()).toEqual(names.toSorted())
    for (const name of [WHEEL, SDIST])
      expect(new Uint8Array(await readFile(join(bench.out, name)))).toEqual(BYTES[name])
  })

  it('comes a second time over itself, and never over other bytes', async () => {
    await bench.fetched(honest())
    await bench.fetched(honest())
    await writeFile(join(bench.out, WHEEL), 'something of mine')
    await expect(bench.fetched(honest())).rejects.toMatchObject({ code: 'packaging.other-bytes-here' })
    expect(await readFile(join(bench.out, WHEEL), 'utf8')).toBe('something of mine')
    expect(await readdir(bench.out)).toHaveLength(4)
  })

  it('is verified by a pair of cosign too, of which a bundle is kept with the entry of the log', async () => {
    const answers = new Map([...without(generic(`${WHEEL}.sigstore.json`)), ...pairOf(WHEEL)])
    const { files, placed } = await bench.fetched(answers)
    expect(files[0]?.outcome.message).toContain('was signed by')
    expect(placed).toContain(`${WHEEL}.sigstore.json`)
    const kept = new Map([
      ...honest(),
      [
        generic(`${WHEEL}.sigstore.json`),
        new Uint8Array(await readFile(join(bench.out, `${WHEEL}.sigstore.json`))),
      ],
    ])
    expect((await bench.fetched(kept, { network: 'none' })).files[0]?.outcome.verified).toBe(true)
  })

  it('is verified by what the page names as provenance, at an index that is no GitLab', async () => {
    const object = { version: 1, attestation_bundles: [{ publisher: {}, attestations: [attestation()] }] }
    const { url, asked } = await bench.index(
      new Map<string, Uint8Array | RequestListener>([
        ['/simple/demo/', page([entry(WHEEL, { provenance: '/p.json' })])],
        [`/files/${WHEEL}`, BYTES[WHEEL]!],
        ['/p.json', json(object)],
      ]),
    )
    const plan = { ...planFor(url, bench.out), place: placeOf({ indexUrl: `${url}/simple/` }) }
    expect((await fetchFiles(plan, fetchIo())).files[0]?.outcome).toMatchObject({ verified: true })
    expect((await readdir(bench.out)).toSorted()).toEqual([WHEEL, `${WHEEL}.provenance`])
    expect(asked.map(({ path }) => path)).toEqual(['/simple/demo/', '/p.json', `/files/${WHEEL}`])
  })

  it('is verified by what lies beside the file, where the index names nothing', async () => {
    const { url } = await bench.index(
      new Map<string, Uint8Array | RequestListener>([
        ['/simple/demo/', page([entry(WHEEL)])],
        [`/files/${WHEEL}`, BYTES[WHEEL]!],
        [`/files/${WHEEL}.sigstore.json`, json(fileBundle())],
      ]),
    )
    const plan = { ...planFor(url, bench.out), place: placeOf({ indexUrl: `${url}/simple` }) }
    expect((await fetchFiles(plan, fetchIo())).placed).toEqual([`${WHEEL}.sigstore.json`, WHEEL])
  })

  it('is read from the page of a GitLab that has HTML alone', async () => {
    const link = (name: string): string =>
      `<a href="/files/${name}#sha256=${(entry(name)['hashes'] as { sha256: string }).sha256}" data-requires-python="">${name}</a>`
    const html = `<!DOCTYPE html><html><body><h1>Links for demo</h1>${link(WHEEL)}${link(SDIST)}</body></html>`
    const answers = withAnswers(new Map([[PAGE, answering(200, { 'content-type': 'text/html' }, html)]]))
    expect((await bench.fetched(answers)).placed).toHaveLength(4)
  })

  it('says which files are yanked, and takes them: their version was asked for by its number', async () => {
    const answers = withAnswers(new Map([[PAGE, page([entry(WHEEL, { yanked: 'broken' }), entry(SDIST)])]]))
    const { files } = await bench.fetched(answers)
    expect(files.map(({ file }) => file.yanked)).toEqual(['broken', undefined])
  })

  it('has its seals from one package of the generic registry, and asks no other once that is found', async () => {
    const { url, asked } = await bench.index(honest())
    const requirements = [parseRequirement('DEMO==1.0')]
    await fetchFiles({ ...planFor(url, bench.out), requirements }, fetchIo())
    expect(asked.filter(({ path }) => path.includes('/generic/demo/1.0/'))).toHaveLength(10)
    expect(asked.filter(({ path }) => path.includes('/generic/DEMO/'))).toEqual([])
    const elsewhere = new Map(
      [...honest()].map(([path, answer]) => [path.replace('/generic/demo/', '/generic/DEMO/'), answer]),
    )
    const other = await bench.index(elsewhere)
    const report = await fetchFiles({ ...planFor(other.url, bench.out), requirements }, fetchIo())
    expect(report.placed).toHaveLength(4)
  })

  it('asks with the token, and never another host', async () => {
    const { url, asked } = await bench.index(honest())
    await fetchFiles(planFor(url, bench.out), fetchIo())
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([TOKEN]))
  })
})

describe('garbage that others have parked in the registry', () => {
  it.each<[string, Answers]>([
    ['a bundle that is no JSON', new Map([[generic(`${WHEEL}.sigstore.json`), utf8('garbage')]])],
    ['a bundle of another file', new Map([[generic(`${WHEEL}.sigstore.json`), json(bundleOf(SDIST))]])],
    [
      'an attestation of another file',
      new Map([[generic(`${WHEEL}.publish.attestation`), json(bundleOf(SDIST))]]),
    ],
    ['an attestation that is none', new Map([[generic(`${WHEEL}.slsa.attestation`), json(fileBundle())]])],
  ])('blocks no release, and is not kept: %s', async (_what, garbage) => {
    const answers = new Map([...honest(), ...pairOf(WHEEL), ...garbage])
    const { files, placed } = await bench.fetched(answers)
    expect(files.map(({ outcome }) => outcome.message)).toEqual(
      files.map(() => expect.stringContaining('signed by')),
    )
    for (const path of garbage.keys()) {
      const name = decodeURIComponent(path.split('/').at(-1) ?? '')
      const kept = placed.includes(name) ? await readFile(join(bench.out, name), 'utf8') : ''
      expect(kept).not.toBe(String(Buffer.from(garbage.get(path) as Uint8Array)))
    }
  })

  it('blocks none as a pair beside a bundle', async () => {
    const garbage = new Map([
      [generic(`${WHEEL}.sig`), utf8('garbage')],
      [generic(`${WHEEL}.crt`), utf8('garbage')],
    ])
    const { placed } = await bench.fetched(withAnswers(garbage))
    expect(placed).not.toContain(`${WHEEL}.sig`)
    expect(placed).toContain(`${WHEEL}.sigstore.json`)
  })

  it('is refused where there is nothing else', async () => {
    const garbage = new Map([[generic(`${WHEEL}.sigstore.json`), utf8('garbage')]])
    expect(await refusal(withAnswers(garbage))).toBe('verify.bundle')
  })
})
