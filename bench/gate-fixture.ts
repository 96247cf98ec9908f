/** What the index behind the gate has: pages of 21 and of 2,000 files, wheels for downloads, and one that is sealed for each cold request. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { distributionOf, metadataOf, wheelOfSize } from '../src/formats/python/archive/arrange.ts'
import { builtProgram, timeOf } from './commands.ts'
import { trialToken, type Ours } from './ours.ts'
import { LARGE_WHEEL, makeLargeWheel } from './registry-large.ts'
import { exportTrust, signArguments } from './seals.ts'

export interface IndexedFile {
  readonly fileName: string
  readonly sha256: string
  readonly size: number
  readonly uploadedAt: string
  /** Of the `.metadata` that is offered beside it. */
  readonly metadataSha256: string | null
  readonly isSealed: boolean
}

/** By the name of the package. */
export type Index = Readonly<Record<string, readonly IndexedFile[]>>

export interface GateFixture {
  /** `index.json`, `files/`, `provenance/`. */
  readonly folder: string
  readonly index: Index
  readonly policy: string
  readonly trustedRoot: string
}

export const PAGES = { few: 21, many: 2000 } as const
export const DOWNLOADS = 'hundred'
export const DOWNLOAD_BYTES = 100_000
const DOWNLOAD_FILES = 100
/** `sealed-0` and so on, and the same without seals: each can be asked for the first time once. */
export const COLD_NAMES = 60
/** Those and more. */
export const SEALED_NAMES = 200
export const TINY_NAMES = 100
/** Older than any cooldown, so that nothing is held. */
const UPLOADED_AT = '2025-05-05T05:05:05.000000Z'

const SEALED = 'sealed-'
const UNSEALED = 'plain-'
const TINY = 'tiny-'

export const sealedName = (at: number): string => `${SEALED}${at}`
export const unsealedName = (at: number): string => `${UNSEALED}${at}`
export const tinyName = (at: number): string => `${TINY}${at}`

/** `ours` seals; it may end afterwards. */
export async function makeGateFixture(work: string, ours: Ours): Promise<GateFixture> {
  const folder = join(work, 'gate-index')
  for (const name of ['files', 'provenance']) mkdirSync(join(folder, name), { recursive: true })
  const keep = keeper(folder)
  const index: Record<string, readonly IndexedFile[]> = {
    few: listedOnly('few'),
    many: listedOnly('many'),
    [DOWNLOADS]: counted(DOWNLOAD_FILES).map((at) => {
      const fileName = `${DOWNLOADS}-1.${at}-py3-none-any.whl`
      return keep(fileName, wheelOfSize(DOWNLOAD_BYTES, fileName))
    }),
    gibibyte: [largeFile(folder)],
  }
  for (const [prefix, count] of [
    [UNSEALED, COLD_NAMES],
    [SEALED, SEALED_NAMES],
    [TINY, TINY_NAMES],
  ] as const)
    for (const at of counted(count)) {
      const fileName = wheelName(`${prefix}${at}`)
      const wheel = distributionOf(fileName, { requiresPython: '>=3.9' })
      index[`${prefix}${at}`] = [{ ...keep(fileName, wheel), isSealed: prefix === SEALED }]
    }
  const trustedRoot = await seal(work, folder, ours)
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index))
  const policy = join(folder, 'policy.toml')
  writeFileSync(policy, policyText(ours.url))
  return { folder, index, policy, trustedRoot }
}

function counted(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}

function wheelName(name: string): string {
  return `${name.replaceAll('-', '_')}-1.0-py3-none-any.whl`
}

/** What suits PyPI for what no rule lists, and one project for what is sealed here. */
function policyText(issuer: string): string {
  return `version = 1

[[rules]]
prefixes = ["${SEALED}"]
[[rules.any_of]]
issuer = "${issuer}"
project = "bench/bench"
refs = ["refs/heads/*"]

[unlisted]
learn = true
unsigned = "never-sealed"
cooldown = "7d"
settle = "30d"
`
}

function keeper(folder: string) {
  return (fileName: string, wheel: Uint8Array): IndexedFile => {
    const [name = '', version = ''] = fileName.split('-')
    const metadata = metadataOf(name, version, { requiresPython: '>=3.9' })
    writeFileSync(join(folder, 'files', fileName), wheel)
    writeFileSync(join(folder, 'files', `${fileName}.metadata`), metadata)
    return {
      fileName,
      sha256: sha256Of(wheel),
      size: wheel.length,
      uploadedAt: UPLOADED_AT,
      metadataSha256: sha256Of(metadata),
      isSealed: false,
    }
  }
}

/** Two wheels and an sdist of each version, of whose bytes nobody asks. */
function listedOnly(name: keyof typeof PAGES): readonly IndexedFile[] {
  const endings = [
    '-cp312-cp312-manylinux_2_17_x86_64.whl',
    '-cp313-cp313-manylinux_2_17_x86_64.whl',
    '.tar.gz',
  ]
  return counted(PAGES[name]).map((at) => {
    const fileName = `${name}-1.${Math.floor(at / endings.length)}${endings[at % endings.length] ?? ''}`
    const sha256 = sha256Of(fileName)
    const metadataSha256 = fileName.endsWith('.whl') ? sha256Of(sha256) : null
    return { fileName, sha256, size: 123_456, uploadedAt: UPLOADED_AT, metadataSha256, isSealed: false }
  })
}

function largeFile(folder: string): IndexedFile {
  const { path, sha256 } = makeLargeWheel(join(folder, 'files'))
  const metadata = 'Metadata-Version: 2.1\nName: gibibyte\nVersion: 1.0\nRequires-Python: >=3.9\n'
  writeFileSync(`${path}.metadata`, metadata)
  const { size } = statSync(path)
  const metadataSha256 = sha256Of(metadata)
  return { fileName: LARGE_WHEEL, sha256, size, uploadedAt: UPLOADED_AT, metadataSha256, isSealed: false }
}

/** PEP 740: one attestation of each, in the object that the page links to. The trust root that verifies them. */
async function seal(work: string, folder: string, ours: Ours): Promise<string> {
  const trust = await exportTrust(ours, join(work, 'gate-trust'))
  const [, ...services] = signArguments(trust)
  const files = counted(SEALED_NAMES).map((at) => wheelName(sealedName(at)))
  const argv = [...builtProgram(), 'attest', ...services, ...files]
  const env = { SIGSTORE_ID_TOKEN: trialToken(ours) }
  await timeOf({ argv, cwd: join(folder, 'files'), env })
  for (const file of files) {
    const made = join(folder, 'files', `${file}.publish.attestation`)
    const attestation = JSON.parse(readFileSync(made, 'utf8')) as object
    const publisher = { kind: 'GitLab', repository: 'bench/bench', workflow_filepath: '.gitlab-ci.yml' }
    const provenance = { version: 1, attestation_bundles: [{ publisher, attestations: [attestation] }] }
    writeFileSync(join(folder, 'provenance', file), JSON.stringify(provenance))
    renameSync(made, join(folder, 'provenance', `${file}.publish.attestation`))
  }
  return join(trust, 'trusted_root.json')
}

function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
