import { utf8, utf8Decode } from '../../base/index.ts'
import { policyForFile } from '../distribution/policy-for-file.ts'
import { verifyErrors } from '../errors.ts'
import { isAllowed } from '../identity/check-identity.ts'
import type { PolicyFile } from './policy-file.ts'
import type { RuleTable } from './policy-schema.ts'
import type { SealedFile, TagChoice } from './propose.ts'
import { readPolicy } from './read-policy.ts'
import { ruleText } from './rule-text.ts'

export interface Amending {
  /** The bytes of the policy as it is; undefined where there is none. */
  readonly before: Uint8Array | undefined
  /** Only shown. */
  readonly path: string
  readonly tags: TagChoice
}

/** A policy that allows the files, and what was added for that. */
export interface AmendedPolicy {
  readonly text: string
  /** The lines that are new; empty where the policy allowed all files already. */
  readonly added: string
  readonly rules: readonly RuleTable[]
  /** Packages for which another rule decided before, by that rule. */
  readonly replaced: ReadonlyMap<string, string>
}

const NEW_POLICY = 'version = 1\n'

/**
 * Adds the narrowest rules that these files satisfy at the end of a policy, of which every byte stays. The result is
 * read again, and allows every one of the files. Throws `verify.policy-signers`, `verify.policy-listed`,
 * `verify.policy-file`, `python.file-name`.
 */
export async function amendPolicy(
  files: readonly SealedFile[],
  { before, path, tags }: Amending,
): Promise<AmendedPolicy> {
  // Loaded here, not with the room: most verifications write no policy.
  const { packagesOf, proposeRules } = await import('./propose.ts')
  const start = before ?? utf8(NEW_POLICY)
  const policy = await readPolicy(start, path)
  const unlisted = [...packagesOf(files)].filter(([name, own]) => !isListed(name, own, policy))
  const rules = proposeRules(new Map(unlisted), tags)
  const added = rules.map((rule) => `\n${ruleText(rule)}`).join('')
  const text = withEnd(utf8Decode(start), added)
  await checkResult(text, files, path)
  const replaced = unlisted.flatMap(([name]) => {
    const { rule } = policy.policyFor(name)
    return rule === undefined ? [] : [[name, rule] as const]
  })
  return { text, added, rules, replaced: new Map(replaced) }
}

/** Whether a rule names the package and allows its files. Throws `verify.policy-listed` where it does not allow one. */
function isListed(name: string, files: readonly SealedFile[], policy: PolicyFile): boolean {
  if (!policy.isListed(name)) return false
  const refused = files.find((file) => !isFileAllowed(file, policy))
  if (refused === undefined) return true
  const signers = refused.seals.map(({ identity }) => identity.san).slice(0, 3)
  const fact = `${policy.policyFor(name).rule ?? 'the policy'} does not allow ${refused.fileName}, signed by ${signers.join(' and ')}`
  throw verifyErrors('verify.policy-listed', fact)
}

function isFileAllowed({ fileName, seals }: SealedFile, file: PolicyFile): boolean {
  const policy = policyForFile(fileName, file)
  const { requires = [] } = policy
  return (
    seals.every(({ identity }) => isAllowed(identity, policy)) &&
    requires.every((one) => seals.some(({ has }) => has[one]))
  )
}

function withEnd(text: string, added: string): string {
  if (added === '' || text.endsWith('\n')) return text + added
  return `${text}\n${added}`
}

/** Never is a policy written that would refuse what it was made from. Throws `verify.policy-file`. */
async function checkResult(text: string, files: readonly SealedFile[], path: string): Promise<void> {
  const policy = await readPolicy(utf8(text), path)
  const refused = files.find((file) => !isFileAllowed(file, policy))
  if (refused === undefined) return
  const fact = `${path}: no rule can be written that allows ${refused.fileName}`
  throw verifyErrors('verify.policy-file', fact, { hint: 'write the rule by hand' })
}
