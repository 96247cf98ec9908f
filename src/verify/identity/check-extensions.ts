import type { Identity } from '../../identity/index.ts'
import { describeRule, holds, type ExtensionRule } from '../policy/policy.ts'
import { failed, notApplicable, passed, type Finding } from '../verdict/verdict.ts'

/** What people call that which an extension has. */
export const EXTENSION_WORDS: Readonly<Partial<Record<ExtensionRule['extension'], string>>> = {
  sourceRepositoryUri: 'project',
  sourceRepositoryIdentifier: 'project id',
  sourceRepositoryRef: 'ref',
  deploymentEnvironment: 'environment',
  refProtected: 'protected ref',
}

/** The check `claims`: every extension of the certificate that the rule asks for is there and as it should be. */
export function checkExtensions(identity: Identity, rules: readonly ExtensionRule[] = []): Finding {
  if (rules.length === 0) return notApplicable('no claims are required')
  const wrong = rules.find((rule) => !extensionHolds(identity, rule))
  if (wrong === undefined) return passed(`as required: ${rules.map(wordsOf).join(', ')}`)
  const value = valueOf(identity, wrong)
  return failed(value === undefined ? absence(wrong) : difference(wrong), {
    expected: describeRule(wrong.rule),
    found: value ?? 'nothing',
  })
}

function absence(rule: ExtensionRule): string {
  if (rule.extension === 'refProtected') return 'the certificate does not say whether the ref is protected'
  return `the certificate has no ${shown(rule)}`
}

function difference(rule: ExtensionRule): string {
  if (rule.extension === 'refProtected') return 'the ref is not protected'
  return `the certificate was issued to a different ${shown(rule)}`
}

export function extensionsHold(identity: Identity, rules: readonly ExtensionRule[] = []): boolean {
  return rules.every((rule) => extensionHolds(identity, rule))
}

function extensionHolds(identity: Identity, rule: ExtensionRule): boolean {
  const value = valueOf(identity, rule)
  return value !== undefined && holds(rule.rule, value)
}

function valueOf({ extensions }: Identity, { extension }: ExtensionRule): string | undefined {
  return extension === 'refProtected' ? protectedRef(extensions.tokenSubject) : extensions[extension]
}

function wordsOf({ extension }: ExtensionRule): string {
  return EXTENSION_WORDS[extension] ?? extension
}

function shown({ extension }: ExtensionRule): string {
  const word = EXTENSION_WORDS[extension]
  return word === undefined ? extension : `${word} (${extension})`
}

/** Token claims whose values have no colon, so that `sub` can be read in one way only. */
const PLAIN = new Set([
  'project_path',
  'ref_type',
  'ref',
  'ref_path',
  'ref_protected',
  'environment',
  'environment_protected',
  'deployment_tier',
  'pipeline_source',
])

/**
 * No extension of Fulcio's tells whether a ref is protected. That of the token's `sub` (.24) does, where the project has
 * put `ref_protected` into it: `project_path:acme/tools:ref_type:branch:ref:main:ref_protected:true`.
 */
export function protectedRef(sub = ''): string | undefined {
  const parts = sub.split(':')
  const names = parts.filter((_, index) => index % 2 === 0)
  const isPlain = parts.length % 2 === 0 && names.every((name) => PLAIN.has(name))
  if (!isPlain || names[0] !== 'project_path' || new Set(names).size !== names.length) return undefined
  const at = names.indexOf('ref_protected')
  return at === -1 ? undefined : parts[2 * at + 1]
}
