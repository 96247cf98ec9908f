import fc from 'fast-check'
import {
  listNode,
  mapNode,
  type Entry,
  type MapNode,
  type Node,
  type SourceMap,
  type SourceNode,
} from './nodes.ts'
import { byPosition, createReport, formatProblem, startOf, type Report } from './report.ts'
import { PLAIN_JOB } from './defaults.ts'
import type { SingleJob } from './parallel.ts'
import { surroundingsOf, type Surroundings } from './rules/surroundings.ts'
import { textSources } from './sources/sources.ts'
import { parseYaml } from './sources/yaml.ts'
import type { KnownVariables } from './variables.ts'

/** For tests of single steps: plain values to nodes and back. */
export type Value = string | readonly string[] | Values
export interface Values {
  readonly [key: string]: Value
}

export const START = startOf('.gitlab-ci.yml')

export function mapOf(values: Values): MapNode {
  const entry = (value: Value): Entry => ({ keyAt: START, value: nodeOf(value) })
  return mapNode(START, new Map(Object.entries(values).map(([key, value]) => [key, entry(value)])))
}

function nodeOf(value: Value): Node {
  if (typeof value === 'string')
    return { kind: 'scalar', at: START, value, source: value, size: 1, height: 1 }
  return isList(value) ? listNode(START, value.map(nodeOf)) : mapOf(value)
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value)
}

export function valueOf(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'reference') return { '!reference': node.keys }
  if (node.kind === 'list') return node.items.map(valueOf)
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, valueOf(entry.value)]))
}

export function parsed(file: string, text: string, report: Report): SourceMap {
  const root = parseYaml(file, text, report)
  if (root === undefined) throw new Error(`not a map: ${text}`)
  return root
}

/** What a step makes of a text, and the lines that it reports. */
export function stepOf<Result>(step: (root: SourceMap, report: Report) => Result) {
  return (text: string): { readonly result: Result; readonly problems: readonly string[] } => {
    const report = createReport()
    const result = step(parsed('.gitlab-ci.yml', text, report), report)
    return { result, problems: report.problems.toSorted(byPosition).map(formatProblem) }
  }
}

/** Maps in which what stands under a key is always of one kind: `m` a map, `s` a scalar, `l` a list. */
export const evenMap: fc.Arbitrary<Values> = fc.letrec<{ map: Values }>((tie) => ({
  map: fc.record(
    {
      s1: fc.string(),
      s2: fc.string(),
      l1: fc.array(fc.string(), { maxLength: 3 }),
      m1: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant({}), tie('map')),
      m2: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant({}), tie('map')),
    },
    { requiredKeys: [] },
  ),
})).map

/** The surroundings of a push to main, with nothing else known. */
export function pushSurroundings(report: Report, known: Partial<KnownVariables> = {}): Surroundings {
  const predefined = Object.entries({
    CI_COMMIT_BRANCH: 'main',
    CI_COMMIT_REF_NAME: 'main',
    CI_PIPELINE_SOURCE: 'push',
    CI_PROJECT_PATH: 'group/project',
  }).map(([key, value]) => ({ key, value }))
  const variables = { predefined, project: [], pipeline: [], ...known }
  return surroundingsOf(variables, { sources: textSources(new Map()), report })
}

/** A job as the steps after `parallel` see it. */
export function singleJob(keywords: Partial<SingleJob> = {}): SingleJob {
  return {
    ...PLAIN_JOB,
    name: 'job',
    at: START,
    script: ['a'],
    group: keywords.name ?? 'job',
    node: null,
    matrix: null,
    ...keywords,
  }
}
