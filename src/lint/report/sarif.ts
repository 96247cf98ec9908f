import type { JsonValue } from '../../base/index.ts'
import type { Finding } from '../finding.ts'
import type { Project } from '../project/project.ts'
import { rules } from '../rules/catalog.ts'
import { fingerprinted, type Fingerprinted } from './fingerprints.ts'

/** The page of the rules, which is in the package. */
const PAGE = 'docs/reference/lint.md'

/** SARIF 2.1.0 (OASIS), for code scanning and editors. */
export function sarif(
  findings: readonly Finding[],
  { project, version }: { readonly project: Project; readonly version: string },
): JsonValue {
  const used = rules.filter(({ code }) => findings.some(({ rule }) => rule === code))
  const results = fingerprinted(findings, project).map((one) =>
    resultOf(
      one,
      used.findIndex(({ code }) => code === one.finding.rule),
    ),
  )
  const shown = used.map(({ code, title, what, consequence, fix, severity }) => ({
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: what },
    help: { text: `${consequence} ${fix} See ${PAGE}#${code.toLowerCase()}` },
    defaultConfiguration: { level: severity },
  }))
  return sarifLog({ tool: 'wheelseal lint', version, rules: shown, results })
}

export interface SarifRun {
  readonly tool: string
  readonly version: string
  /** §3.49 and §3.27 of the specification. */
  readonly rules: readonly JsonValue[]
  readonly results: readonly JsonValue[]
}

/** The whole file, with one run. */
export function sarifLog({ tool, version, rules: used, results }: SarifRun): JsonValue {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: tool, semanticVersion: version, rules: [...used] } },
        columnKind: 'utf16CodeUnits',
        results: [...results],
      },
    ],
  }
}

function resultOf({ finding, hit, fingerprint }: Fingerprinted, ruleIndex: number): JsonValue {
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: finding.severity,
    message: { text: `${hit.what}: ${finding.consequence}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: sarifUri(hit.file) },
          region: { startLine: hit.line, startColumn: hit.column },
        },
      },
    ],
    partialFingerprints: { 'wheelseal/v1': fingerprint },
  }
}

/** Relative, of a path with anything in it; a file of the web is its address. */
export function sarifUri(file: string): string {
  return /^https?:\/\//.test(file) ? encodeURI(file) : file.split('/').map(encodeURIComponent).join('/')
}
