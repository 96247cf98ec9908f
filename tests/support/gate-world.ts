import { join } from 'node:path'
import { buildPackages, type BuiltPackage, type Distribution } from './gate-packages.ts'
import { startSigners, type Signers } from './gate-signers.ts'
import type { Offer } from './gate-upstream.ts'
import { temporaryFolder } from './server.ts'

const DAY_MS = 86_400_000
/** Larger than what a gate holds back of a file until its digest is proved. */
const PADDING_BYTES = 300_000

/** The packages of the matrix, each file with the seals that it may have. */
export interface World {
  readonly signers: Signers
  readonly folder: string
  /** `demo` 1.0 and 1.1, long there. */
  readonly older: readonly BuiltPackage[]
  /** `demo` 2.0, with other bytes for each: what a gate knows of a file, it knows by its digest. */
  readonly newest: Readonly<Record<Edition, BuiltPackage>>
  /** Wants `demo>=2.0`. */
  readonly needs: BuiltPackage
  /** Wanted by nobody. */
  readonly injected: BuiltPackage
  /** 40 days old, with the seals that there are. */
  offer(file: Distribution, changes?: Partial<Omit<Offer, 'file'>>): Offer
  /** Both files of a package. */
  offers(built: BuiltPackage, changes?: Partial<Omit<Offer, 'file'>>): readonly Offer[]
  policy(rule: RuleSpec): string
  close(): Promise<void>
}

/** One rule. */
export interface RuleSpec {
  readonly names?: readonly string[]
  /** TOML. */
  readonly keys?: string
  /** Who may sign. */
  readonly projects?: readonly string[]
}

const EDITIONS = ['honest', 'strange', 'unsigned', 'mixed', 'held', 'digest', 'metadata', 'closed'] as const
export type Edition = (typeof EDITIONS)[number]

export const EXPECTED = 'acme/demo'
export const STRANGER = 'mallory/demo'

export async function makeWorld(): Promise<World> {
  const { path, remove } = await temporaryFolder()
  const signers = await startSigners()
  const dist = join(path, 'dist')
  const [first, second, needs, injected] = (await buildPackages(dist, [
    { name: 'demo', version: '1.0' },
    { name: 'demo', version: '1.1' },
    { name: 'needs-demo', version: '1.0', requires: ['demo>=2.0'] },
    { name: 'injected', version: '1.0' },
  ])) as [BuiltPackage, BuiltPackage, BuiltPackage, BuiltPackage]
  const editions = await buildPackages(
    dist,
    EDITIONS.map((edition) => ({ name: 'demo', version: '2.0', paddingBytes: PADDING_BYTES, edition })),
  )
  const newest = Object.fromEntries(EDITIONS.map((edition, at) => [edition, editions[at]])) as World['newest']
  const byOthers = [newest.strange, newest.unsigned].flatMap(bothOf)
  const byProject = [first, second, needs, injected, ...editions]
    .flatMap(bothOf)
    .filter((file) => !byOthers.includes(file) && file !== newest.mixed.wheel)
  const expected = await signers.attest(EXPECTED, byProject)
  const strange = await signers.attest(STRANGER, [...bothOf(newest.strange), newest.mixed.wheel])
  const uploadedAtMs = Date.now() - 40 * DAY_MS
  const offer: World['offer'] = (file, changes = {}) => ({
    file,
    uploadedAtMs,
    provenance: expected.get(file.sha256) ?? strange.get(file.sha256) ?? null,
    ...changes,
  })
  return {
    ...{ signers, folder: path, older: [first, second], newest, needs, injected, offer },
    offers: (one, changes) => bothOf(one).map((file) => offer(file, changes)),
    policy: (rule) => policyOf(signers, rule),
    close: async () => {
      await signers.close()
      await remove()
    },
  }
}

export function bothOf({ wheel, sdist }: BuiltPackage): readonly Distribution[] {
  return [wheel, sdist]
}

const NAMES = ['demo', 'needs-demo', 'injected']

function policyOf(
  { issuer }: Signers,
  { names = NAMES, keys = '', projects = [EXPECTED] }: RuleSpec,
): string {
  const anyOf = projects.map(
    (project) => `[[rules.any_of]]
issuer = "${issuer}"
project = "${project}"
refs = ["refs/tags/*"]
`,
  )
  return `version = 1

[[rules]]
names = ${JSON.stringify(names)}
${keys}

${anyOf.join('\n')}`
}
