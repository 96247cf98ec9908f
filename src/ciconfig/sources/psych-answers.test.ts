import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { SourceNode } from '../nodes.ts'
import { createReport } from '../report.ts'
import { parseYaml } from './yaml.ts'

/** What Ruby's Psych reads with GitLab's options: `tests/vectors/psych/answers.rb`. */
type Answer =
  | string
  | boolean
  | null
  | readonly Answer[]
  | { readonly int: string }
  | { readonly float: string }
  | { readonly symbol: string }
  | { readonly other: string }
  | { readonly error: string }
  | { readonly map: readonly (readonly [Answer, Answer])[] }

const path = join(import.meta.dirname, '../../../tests/vectors/psych/answers.json')
const rows = JSON.parse(readFileSync(path, 'utf8')) as readonly (readonly [string, Answer])[]

/** What libyaml refuses and we take, as nobody writes it. */
const TAKEN = new Set(['v: [12:]\n', 'v: [on:]\n', 'a: !<> c\n', `{${'k'.repeat(1030)}: v}\n`])
/** Read by Psych, and refused here with a sentence: what no keyword takes, other tags, endless aliases, layout. */
const REFUSED =
  /; quote it$|^a directive|at node end$|^the tag |has no anchor before it$|^a key must be a string$|^the file must be|^<< must merge|flow (?:map|sequence) in block|flow-(?:seq|map)-end token|closing 'quote|^nested mappings|implicit map keys|at most one anchor|separated from other tokens|block collections are not allowed/

function isFit(answer: Answer): boolean {
  if (answer === null || typeof answer !== 'object') return true
  if (isList(answer)) return answer.every(isFit)
  if ('map' in answer) return answer.map.every(([key, value]) => keyText(key) !== undefined && isFit(value))
  return !('error' in answer || 'other' in answer || 'symbol' in answer)
}

function isList(answer: Answer): answer is readonly Answer[] {
  return Array.isArray(answer)
}

/** undefined: what cannot be a name. */
function keyText(key: Answer): string | undefined {
  if (typeof key === 'string') return key
  if (key === null || typeof key !== 'object' || isList(key)) return undefined
  if ('int' in key) return key.int
  return 'symbol' in key ? key.symbol : undefined
}

function plain(answer: Answer): unknown {
  if (answer === null || typeof answer !== 'object') return answer
  if (isList(answer)) return answer.map(plain)
  if ('int' in answer) return BigInt(answer.int)
  if ('float' in answer) return Number(answer.float)
  return 'map' in answer
    ? answer.map.map(([key, value]): unknown => [keyText(key), plain(value)])
    : expect.unreachable()
}

function ours(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'reference') return node.keys
  if (node.kind === 'list') return node.items.map(ours)
  return [...node.entries].map(([key, { value }]) => [key, ours(value)])
}

interface Difference {
  readonly text: string
  readonly answer: Answer
  readonly read?: unknown
  readonly message?: string
}

function differenceOf(text: string, answer: Answer): Difference | undefined {
  const report = createReport()
  const node = parseYaml('a.yml', text, report)
  const isReadable = isFit(answer) && isMap(answer)
  // What the library says after its first mistake follows from it.
  const [problem] = report.problems
  if (node === undefined || problem !== undefined) {
    const message = problem?.message ?? ''
    return isReadable && !REFUSED.test(message) ? { text, answer, message } : undefined
  }
  const isSame = isReadable ? areSame(ours(node), plain(answer)) : TAKEN.has(text)
  return isSame ? undefined : { text, answer, read: ours(node) }
}

it('reads what Psych reads, and refuses what it refuses', () => {
  const differences = rows.map(([text, answer]) => differenceOf(text, answer))
  expect(differences.filter((one) => one !== undefined)).toEqual([])
})

it('compares some thousand documents, most of them read by both', () => {
  const read = rows.filter(([text]) => {
    const report = createReport()
    return parseYaml('a.yml', text, report) !== undefined && report.problems.length === 0
  })
  expect(rows.length).toBeGreaterThan(5000)
  expect(read.length).toBeGreaterThan(1500)
})

function isMap(answer: Answer): boolean {
  return answer !== null && typeof answer === 'object' && 'map' in answer
}

/** Without the cost of `toEqual` for each. */
function areSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => areSame(item, b[index]))
  return Object.is(a, b) || (a === 0 && b === 0)
}
