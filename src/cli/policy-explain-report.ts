import type { JsonValue } from '../base/index.ts'
import type { ExplainedName, ExplainedTerms } from '../verify/index.ts'

const COLUMN = 16

/** Which rule decides, who may sign, and what a gate asks: one fact a line. */
export function explainedLines({
  name,
  policy,
  terms,
  exemptions,
  digestExemptions,
}: ExplainedName): readonly string[] {
  const others = digestExemptions === 0 ? [] : [`${count(digestExemptions)} by digest alone, of any name`]
  const rule =
    terms === undefined
      ? [`${name} is refused: no rule of ${policy} lists it`]
      : [`${name}: ${terms.rule}`, ...signerLines(terms), ...gateLines(terms)]
  return [...rule, ...exemptions.flatMap(exemptionLines), ...others]
}

function count(exemptions: number): string {
  return exemptions === 1 ? '1 exemption' : `${exemptions} exemptions`
}

function signerLines({ signers, learn, require: requires }: ExplainedTerms): readonly string[] {
  const listed = signers.flatMap(({ identity, issuer, claims }, index) => [
    row(index === 0 ? 'signed by' : 'or by', identity),
    row('  issuer', issuer),
    ...Object.entries(claims).map(([word, value]) => row(`  ${word}`, value)),
  ])
  const learned = learn ? ['who signed earlier releases, as a gate has learned'] : []
  const other = signers.length === 0 && !learn ? ['any signer'] : []
  const more = [...learned, ...other].map((words) => row(listed.length === 0 ? 'signed by' : 'or by', words))
  return [...listed, ...more, row('required', requires.length === 0 ? 'nothing more' : requires.join(', '))]
}

const PARTIAL: Readonly<Record<ExplainedTerms['partial'], string>> = {
  refuse: 'refused as a whole if a file has no seal',
  'sealed-only': 'only the files with a seal are served',
  allow: 'files without a seal are served too, as "unsigned" says',
}

const GONE: Readonly<Record<ExplainedTerms['gone'], string>> = {
  refuse: 'what the upstream took back is refused',
  serve: 'what the upstream took back is served as before, if it is kept',
}

function gateLines(terms: ExplainedTerms): readonly string[] {
  const { unsigned, cooldown, settle, late, partial, gone } = terms
  const words = {
    refuse: 'refused',
    'never-sealed': `served if no earlier release has a seal, and older than ${settle}`,
    allow: 'served',
  }
  return [
    'at a gate',
    row('unsigned', words[unsigned]),
    row('cooldown', cooldown === undefined ? 'none' : `files younger than ${cooldown} are held`),
    row('settle', `files older than ${settle} are settled`),
    row('late', `files that join their release ${late} later need the signer above`),
    row('partial', PARTIAL[partial]),
    row('gone', GONE[gone]),
  ]
}

function exemptionLines(one: ExplainedName['exemptions'][number]): readonly string[] {
  return [
    `${one.where}: ${[`version ${one.version ?? ''}`, one.codes.join(', ')].join(', ')}`,
    ...(one.sha256 === undefined ? [] : [row('sha256', one.sha256)]),
    row('reason', one.reason),
    row(one.hasEnded ? 'ended' : 'until', one.until),
    row('by', one.by),
  ]
}

function row(word: string, value: string): string {
  return `  ${word.padEnd(COLUMN)}${value}`
}

/** docs/reference/policy.md has the shape. */
export function explainedJson({ terms, ...explained }: ExplainedName): JsonValue {
  const { name, policy, listing, exemptions, digestExemptions } = explained
  return {
    name,
    policy,
    listing,
    rule: terms === undefined ? null : { ...terms, cooldown: terms.cooldown ?? null },
    exemptions,
    digestExemptions,
  } as unknown as JsonValue
}
