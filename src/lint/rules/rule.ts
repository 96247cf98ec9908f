import type { Hit, Severity } from '../finding.ts'
import type { Project } from '../project/project.ts'

/** Files of a small project, by their paths. */
export type Example = Readonly<Record<string, string>>

/** A rule, and its page: docs/reference/lint.md is made of these. */
export interface Rule {
  /** The same in every release; never used again for another rule. */
  readonly code: string
  readonly severity: Severity
  /** A noun: what is found. */
  readonly title: string
  /** When it is found, and when not. */
  readonly what: string
  /** One sentence. */
  readonly consequence: string
  /** One sentence. */
  readonly fix: string
  /** Who says so: documents and advisories. */
  readonly source: readonly string[]
  /** Rows of the table of traps that it finds. */
  readonly traps: readonly string[]
  readonly bad: Example
  readonly good: Example
  check(project: Project): Iterable<Hit>
}

/** A pipeline alone. */
export function pipeline(text: string): Example {
  return { '.gitlab-ci.yml': text }
}
