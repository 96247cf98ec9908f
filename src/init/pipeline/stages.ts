import { isScalar, isSeq, type Node, type Scalar, type YAMLSeq } from 'yaml'
import type { Edit } from '../../lint/index.ts'
import { endOf, indentOf, insertion, isShared, lineEnd, pairOf, type YamlFile } from './yaml-file.ts'

/** The stages of the component, in the order in which its jobs need each other. */
export const STAGES = [
  'build',
  'sign',
  'verify',
  'publish_signatures',
  'publish',
  'consumer_verification',
] as const

/** What GitLab has where nobody names stages. */
export const DEFAULT_STAGES = ['build', 'test', 'deploy'] as const

interface Missing {
  /** How many of the stages that are there stand before it. */
  readonly at: number
  readonly stages: readonly string[]
}

/**
 * Where the missing stages go: each before the next of ours that is there, else behind all others, so that a release
 * begins when the project's own stages are done. Undefined where those that are there have another order.
 */
function missingStages(present: readonly string[]): readonly Missing[] | undefined {
  const insertions: Missing[] = []
  let waiting: string[] = []
  let passed = 0
  for (const stage of STAGES) {
    const at = present.indexOf(stage)
    if (at < 0) {
      waiting.push(stage)
      continue
    }
    if (at < passed) return undefined
    if (waiting.length > 0) insertions.push({ at, stages: waiting })
    waiting = []
    passed = at + 1
  }
  return waiting.length === 0 ? insertions : [...insertions, { at: present.length, stages: waiting }]
}

/** All of them in one list. */
export function mergedStages(present: readonly string[]): readonly string[] {
  const insertions = missingStages(present) ?? []
  return [
    ...present.flatMap((stage, index) => [
      ...insertions.filter(({ at }) => at === index).flatMap(({ stages }) => stages),
      stage,
    ]),
    ...insertions.filter(({ at }) => at === present.length).flatMap(({ stages }) => stages),
  ]
}

/** The edits that add what is missing to the `stages` of the file. Throws `init.pipeline`. */
export function stageEdits(file: YamlFile): readonly Edit[] {
  const pair = pairOf(file, 'stages')
  const fail = (fact: string): Error => file.fail(pair?.key.range?.[0] ?? 0, `${fact} ${STAGES.join(', ')}`)
  const list = ownList(pair?.value ?? null)
  if (list === undefined) throw fail('stages is not a list of names; write one that has')
  const missing = missingStages(list.items.map((item) => String((item as Scalar).value)))
  if (missing === undefined) throw fail('these stages must have this order:')
  const write = list.flow === true ? inBrackets : inLines
  return missing.map((one) => write(list, one, file))
}

/** Undefined for what is shared with other places, or names written elsewhere. */
function ownList(value: Node | null): YAMLSeq | undefined {
  if (!isSeq(value) || isShared(value)) return undefined
  return value.items.every((item) => isScalar(item)) ? value : undefined
}

function inLines(list: YAMLSeq, { at, stages }: Missing, { text, eol }: YamlFile): Edit {
  const start = list.range?.[0] ?? 0
  const indent = indentOf(text, start)
  const before = at === 0 ? undefined : endOf(list.items[at - 1] as Node, text)
  if (before === undefined)
    return insertion(start, stages.map((stage) => `- ${stage}${eol}${indent}`).join(''))
  return insertion(lineEnd(text, before), stages.map((stage) => `${eol}${indent}- ${stage}`).join(''))
}

function inBrackets(list: YAMLSeq, { at, stages }: Missing, { text }: YamlFile): Edit {
  const before = at === 0 ? undefined : endOf(list.items[at - 1] as Node, text)
  const joined = stages.join(', ')
  if (before !== undefined) return insertion(before, `, ${joined}`)
  return insertion((list.range?.[0] ?? 0) + 1, list.items.length === 0 ? joined : `${joined}, `)
}
