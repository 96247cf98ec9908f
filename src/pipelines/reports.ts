import type { Artifacts } from '../ciconfig/index.ts'

/** GitLab's `TYPE_AND_FORMAT_PAIRS`: these arrive as they are, all others in gzip. */
const RAW: ReadonlySet<string> = new Set([
  'accessibility',
  'api_fuzzing',
  'browser_performance',
  'cluster_image_scanning',
  'codequality',
  'container_scanning',
  'coverage_fuzzing',
  'dast',
  'dependency_scanning',
  'license_scanning',
  'load_performance',
  'performance',
  'requirements',
  'requirements_v2',
  'sast',
  'secret_detection',
  'terraform',
])
/** GitLab's `DEFAULT_FILE_NAMES`, of the common ones. */
const NAMES: Readonly<Record<string, string>> = {
  junit: 'junit.xml',
  dotenv: '.env',
  cobertura: 'cobertura-coverage.xml',
  jacoco: 'jacoco-coverage.xml',
  metrics: 'metrics.txt',
}

interface Report {
  readonly type: string
  readonly paths: readonly string[]
}

/** The reports of a job; a coverage report is called by its format. */
function reportsOf(artifacts: Artifacts | null): readonly Report[] {
  return Object.entries(artifacts?.reports ?? {}).flatMap(([kind, value]) => {
    if (kind !== 'coverage_report') return [{ type: kind, paths: textsOf(value) }]
    const { coverage_format: format, path } = (value ?? {}) as Readonly<Record<string, unknown>>
    return typeof format === 'string' ? [{ type: format, paths: textsOf(path) }] : []
  })
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((one) => typeof one === 'string')
}

export function reportTypes(artifacts: Artifacts | null): readonly string[] {
  return reportsOf(artifacts).map(({ type }) => type)
}

/** What the runner uploads: the archive, and each report for itself, whatever becomes of the job. */
export function artifactsPayload(planned: Artifacts | null): readonly object[] {
  if (planned === null) return []
  const { name, paths, exclude, untracked, when, expire_in } = planned
  const archive = {
    name,
    paths,
    exclude,
    untracked,
    when,
    expire_in,
    artifact_type: 'archive',
    artifact_format: 'zip',
  }
  const reports = reportsOf(planned).map((report) => ({
    name: NAMES[report.type] ?? null,
    paths: report.paths,
    when: 'always',
    expire_in,
    artifact_type: report.type,
    artifact_format: RAW.has(report.type) ? 'raw' : 'gzip',
  }))
  return paths.length > 0 || untracked ? [archive, ...reports] : reports
}
