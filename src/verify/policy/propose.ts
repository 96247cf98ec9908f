import { otherSdistName, parseFileName } from '../../formats/python/index.ts'
import type { Identity } from '../../identity/index.ts'
import { verifyErrors } from '../errors.ts'
import { narrowestIdentity, signerKey, type TagChoice } from './narrowest.ts'
import type { IdentityTable, RuleTable } from './policy-schema.ts'
import { REQUIREMENTS, type Requirement, type SealHas } from './policy.ts'

export type { TagChoice } from './narrowest.ts'

/** A distribution whose seals were verified, with all of them. */
export interface SealedFile {
  readonly fileName: string
  /** At least one. */
  readonly seals: readonly { readonly identity: Identity; readonly has: SealHas }[]
}

type Packages = ReadonlyMap<string, readonly SealedFile[]>

/** The files by their packages. Throws `python.file-name`, `verify.policy`. */
export function packagesOf(files: readonly SealedFile[]): Packages {
  const packages = new Map<string, SealedFile[]>()
  for (const file of files) {
    const name = packageOf(file.fileName)
    const own = packages.get(name) ?? []
    packages.set(name, own)
    own.push(file)
  }
  return packages
}

function packageOf(fileName: string): string {
  const parsed = parseFileName(fileName)
  const other = otherSdistName(parsed)
  if (other === undefined) return parsed.name
  throw verifyErrors('verify.policy', `${fileName} is ambiguous: the package is ${parsed.name} or ${other}`)
}

/**
 * A rule for each package that its files satisfy, and nothing wider; packages with the same signers share one. Throws
 * `verify.policy-signers`.
 */
export function proposeRules(packages: Packages, tags: TagChoice): readonly RuleTable[] {
  const rules = new Map<string, RuleTable>()
  for (const [name, files] of packages) {
    checkOneSigner(name, files)
    const rule = { require: requirementsOf(files), any_of: identitiesOf(files, tags) }
    const key = JSON.stringify(rule)
    rules.set(key, { names: [...(rules.get(key)?.names ?? []), name], ...rule })
  }
  return [...rules.values()]
}

const MAX_SHOWN = 5

function checkOneSigner(name: string, files: readonly SealedFile[]): void {
  const signers = new Map<string, string>()
  for (const { fileName, seals } of files)
    for (const { identity } of seals) {
      const key = signerKey(identity)
      if (!signers.has(key)) signers.set(key, `${fileName} by ${identity.san} (issuer ${identity.issuer})`)
    }
  if (signers.size < 2) return
  const shown = [...signers.values()].slice(0, MAX_SHOWN).join('; ')
  throw verifyErrors('verify.policy-signers', `${name} has ${signers.size} signers: ${shown}`)
}

/** What every file has, with one of its seals. */
function requirementsOf(files: readonly SealedFile[]): Requirement[] {
  return REQUIREMENTS.filter((one) => files.every(({ seals }) => seals.some(({ has }) => has[one])))
}

/** Identities that differ in their refs alone are one. */
function identitiesOf(files: readonly SealedFile[], tags: TagChoice): IdentityTable[] {
  const tables = new Map<string, IdentityTable>()
  for (const { fileName, seals } of files)
    for (const { identity } of seals) {
      const table = narrowestIdentity(identity, { tags, version: spelledVersion(fileName) })
      const key = JSON.stringify({ ...table, refs: undefined })
      const refs = [...(tables.get(key)?.refs ?? []), ...(table.refs ?? [])]
      tables.set(key, refs.length === 0 ? table : { ...table, refs: [...new Set(refs)] })
    }
  return [...tables.values()]
}

/** As tags have it: `1.0.0rc1`, and no normal form. */
function spelledVersion(fileName: string): string {
  const parts = fileName.replace(/\.(?:whl|tar\.gz)$/, '').split('-')
  return (fileName.endsWith('.whl') ? parts[1] : parts.at(-1)) ?? ''
}
