import fc from 'fast-check'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf, sourceOf } from '../../src/formats/python/archive/arrange.ts'
import { checkArchive, checkDistribution } from '../../src/formats/python/archive/index.ts'
import { present, python } from '../support/judges.ts'
import { runProgram } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { damaged, tars, zips } from './archive-mutations.ts'

/** Another number of mutations makes other ones. */
const SEED = 20_261_129
const PER_KIND = Number(process.env['WHEELSEAL_ARCHIVES'] ?? 120)
const LONG_MS = 600_000

type Reading = string | readonly (readonly [string, string])[]
type Readings = Readonly<Record<string, Reading | boolean | object>>

let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

interface Made {
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** Every reader's reading of each file, in the order given. */
async function readingsOf(made: readonly Made[]): Promise<readonly Readings[]> {
  const at = join(folder.path, String(await readdir(folder.path).then(({ length }) => length)))
  for (const [index, { fileName, bytes }] of made.entries()) {
    await mkdir(join(at, String(index)), { recursive: true })
    await writeFile(join(at, String(index), fileName), bytes)
  }
  const run = await runProgram([python, join(import.meta.dirname, 'distributions.py'), at])
  expect(run.stderr).toBe('')
  const answers = JSON.parse(run.stdout) as Record<string, Readings>
  return made.map(({ fileName }, index) => answers[`${index}/${fileName}`] ?? {})
}

/** What readers say of the files in it, folders and links apart. */
const files = (reading: unknown): unknown =>
  Array.isArray(reading) ? reading.filter(([path]: [string]) => !path.endsWith('/')) : reading

/** The readers that see something else than the first one, or cannot read it. */
function disagreement(readings: Readings, names: readonly string[]): string | undefined {
  const seen = names.map((name) => files(readings[name]))
  const isOne = seen.every((one) => Array.isArray(one) && JSON.stringify(one) === JSON.stringify(seen[0]))
  return isOne ? undefined : JSON.stringify(Object.fromEntries(names.map((name, at) => [name, seen[at]])))
}

const GROUPS = {
  '.whl': [['directory', 'stream', 'unzip']],
  // Of a hard link some list a file and others none; what is unpacked is one.
  '.gz': [
    ['tarfile', 'tar'],
    ['stream', 'first', 'all'],
  ],
}

describe.runIf(present(python))('archives that were changed', { timeout: LONG_MS }, () => {
  const wheel = distributionOf('acme_tools-1.0-py3-none-any.whl', { content: 'x = 1\n' })
  const sdist = distributionOf('acme_tools-1.0.tar.gz', { content: 'x = 1\n' })
  it.each<[string, keyof typeof GROUPS, fc.Arbitrary<Made>]>([
    ['in headers of a zip', '.whl', zips],
    ['in headers of a tar', '.gz', tars],
    [
      'anywhere in a wheel',
      '.whl',
      damaged(wheel).map((bytes) => ({ fileName: 'acme_tools-1.0-py3-none-any.whl', bytes })),
    ],
    [
      'anywhere in an sdist',
      '.gz',
      damaged(sdist).map((bytes) => ({ fileName: 'acme_tools-1.0.tar.gz', bytes })),
    ],
  ])('are accepted only where all readers see the same: %s', async (what, kind, arbitrary) => {
    const made = fc.sample(arbitrary, { numRuns: PER_KIND, seed: SEED + PER_KIND })
    const readings = await readingsOf(made)
    let [accepted, parted] = [0, 0]
    for (const [index, { fileName, bytes }] of made.entries()) {
      const { findings } = await checkArchive(fileName, sourceOf(bytes))
      const found = GROUPS[kind].flatMap((names) => disagreement(readings[index] ?? {}, names) ?? [])
      if (found.length > 0) parted += 1
      if (findings.length > 0) continue
      accepted += 1
      expect(found, `${what} ${index}`).toEqual([])
    }
    if (process.env['WHEELSEAL_FIGURES'] !== undefined)
      console.log({ what, made: made.length, accepted, parted })
    // Else the readers were not asked, or nothing was changed.
    expect(parted).toBeGreaterThan(PER_KIND / 10)
    if (what.includes('headers')) expect(accepted).toBeGreaterThan(PER_KIND / 20)
  })

  it('are accepted as distributions only where RECORD and metadata are as others read them', async () => {
    const made = [
      ...fc.sample(zips, { numRuns: PER_KIND, seed: SEED + PER_KIND }),
      ...fc.sample(tars, { numRuns: PER_KIND, seed: SEED + PER_KIND }),
    ]
    const readings = await readingsOf(made)
    for (const [index, { fileName, bytes }] of made.entries()) {
      const { findings, metadata } = await checkDistribution(fileName, sourceOf(bytes))
      if (findings.length > 0) continue
      expect(readings[index]).toMatchObject({
        ...(fileName.endsWith('.whl') ? { record: true } : {}),
        metadata: {
          name: metadata?.core.nameKey,
          version: metadata?.core.version.normal,
          requiresPython: '>=3.9',
        },
      })
    }
  })
})

/** Of every common build back end, pure and compiled; with zip64 fields (protobuf). */
const REAL = [
  'requests==2.34.2',
  'six==1.17.0',
  'flit_core==4.2.0',
  'hatchling==1.33.0',
  'poetry_core==2.5.0',
  'setuptools==84.2.1',
  'pdm_backend==2.5.0',
  'protobuf==7.36.2',
  'markupsafe==3.0.4',
  'charset_normalizer==3.5.3',
  'pyyaml==6.0.4',
  'cffi==2.1.1',
]
/** Those that are built with themselves, since pip builds an sdist's metadata when it downloads it. */
const REAL_SDISTS = ['flit_core==4.2.0', 'poetry_core==2.5.0', 'pdm_backend==2.5.0', 'setuptools==84.2.1']

describe.runIf(present(python))('what others have published', { timeout: LONG_MS }, () => {
  it.each([
    ['wheels', ['--only-binary', ':all:', ...REAL]],
    ['sdists', ['--no-binary', ':all:', ...REAL_SDISTS]],
  ])('has no findings: %s', async (what, args) => {
    const at = join(folder.path, what)
    const run = await runProgram([
      python,
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--quiet',
      '--dest',
      at,
      ...args,
    ])
    expect(run.code, run.stderr).toBe(0)
    const names = (await readdir(at)).filter((name) => /\.(?:whl|tar\.gz)$/.test(name))
    expect(names.length).toBeGreaterThanOrEqual(what === 'wheels' ? 12 : 4)
    for (const name of names) {
      const { findings } = await checkDistribution(
        name,
        sourceOf(new Uint8Array(await readFile(join(at, name)))),
      )
      expect(
        findings.map(({ message }) => message),
        name,
      ).toEqual([])
    }
  })
})
