import type { JsonValue } from '../../base/index.ts'
import type { Finding, Severity } from '../finding.ts'
import type { Project } from '../project/project.ts'
import { fingerprinted } from './fingerprints.ts'

const WORDS: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'major', note: 'info' }

/** GitLab, "Code Quality": the format for a report of one's own, `artifacts:reports:codequality`. */
export function codeQuality(findings: readonly Finding[], project: Project): JsonValue {
  return fingerprinted(findings, project).map(({ finding, hit, fingerprint }) => ({
    description: `${hit.what}: ${finding.consequence} ${finding.fix}`,
    check_name: finding.rule,
    fingerprint,
    severity: WORDS[finding.severity],
    location: { path: hit.file, lines: { begin: hit.line } },
  }))
}
