import {
  choice,
  defined,
  flag,
  oneOrMore,
  record,
  shownOnly,
  text,
  texts,
  wrongType,
  writtenMap,
  type Reader,
  type Written,
} from './fields.ts'
import { isNull } from '../nodes.ts'
import { duration } from './scripts.ts'
import type { Outcome } from './words.ts'
import { outcome } from './words.ts'

export interface Artifacts {
  readonly name: string | null
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  readonly untracked: boolean
  readonly when: Outcome
  readonly expire_in: string | null
  readonly expose_as: string | null
  readonly access: string | null
  readonly reports: { readonly [kind: string]: Written }
}

/** Each a path or several; `coverage_report` is a map. */
const REPORTS = [
  'accessibility',
  'annotations',
  'api_fuzzing',
  'browser_performance',
  'cluster_image_scanning',
  'codequality',
  'container_scanning',
  'coverage_fuzzing',
  'cyclonedx',
  'dast',
  'dependency_scanning',
  'dotenv',
  'junit',
  'license_scanning',
  'load_performance',
  'lsif',
  'metrics',
  'performance',
  'repository_xray',
  'requirements',
  'requirements_v2',
  'sarif',
  'sast',
  'secret_detection',
  'terraform',
] as const

const reportTable = {
  ...(Object.fromEntries(REPORTS.map((name) => [name, oneOrMore(text)])) as Record<
    (typeof REPORTS)[number],
    Reader<readonly string[]>
  >),
  coverage_report: writtenMap,
}
const reportFields = record(reportTable)

/** A `dotenv` gives later jobs variables; the others are kept as files. */
const reports: Reader<Artifacts['reports']> = (node, place) => {
  const values = reportFields(node, place)
  if (values === undefined || Object.keys(values).length === 0) return {}
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Artifacts['reports']
}

export const artifactTable = {
  name: text,
  paths: texts,
  exclude: texts,
  untracked: flag,
  when: outcome,
  expire_in: duration,
  reports,
  access: shownOnly(choice('all', 'developer', 'maintainer', 'none')),
  expose_as: shownOnly(text),
  public: shownOnly(flag),
}
const artifactFields = record(artifactTable)

export const artifacts: Reader<Artifacts> = (node, place) => {
  if (isNull(node)) return wrongType(node, place, 'a map')
  const values = artifactFields(node, place)
  return values && { ...PLAIN_ARTIFACTS, ...defined(withoutPublic(values)) }
}

/** `access` is what `public` says in more words. */
function withoutPublic({ public: isPublic, ...values }: NonNullable<ReturnType<typeof artifactFields>>) {
  return isPublic === false && values.access === undefined ? { ...values, access: 'developer' } : values
}

const PLAIN_ARTIFACTS: Artifacts = {
  name: null,
  paths: [],
  exclude: [],
  untracked: false,
  when: 'on_success',
  expire_in: null,
  expose_as: null,
  access: null,
  reports: {},
}
