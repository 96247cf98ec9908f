/**
 * What undermines signatures and can be seen in a project before anything runs: in its pipeline, its `pyproject.toml`,
 * its policies, and the shell lines of its README and documentation.
 *
 * Call `lintProject`: texts and ports in, findings out, each with its places, its consequence and its fix. `rules` are
 * the rules, which are also their page; `traps` says where each known trap of GitLab's tutorial is found.
 * `codeQuality` and `sarif` write findings for other programs, `sarifLog` those of others in the same form, `editedText` makes the edits of those that can be fixed.
 *
 * Pure: starts nothing, expands nothing, reads only what is handed in. Shell and Markdown are read tolerantly and in one
 * pass, with caps; what is beyond them, or cannot be read, is a finding of its own (WS901) and never passed over.
 */
export { SEVERITIES, type Edit, type Finding, type Hit, type Severity } from './finding.ts'
export { editedText } from './fix.ts'
export { lintProject, type LintReport, type Selection } from './lint-project.ts'
export type { LintRequest, PathAndText } from './project/read-project.ts'
export type { SituationRequest } from './project/read-pipeline.ts'
export { codeQuality } from './report/code-quality.ts'
export { sarif, sarifLog, sarifUri } from './report/sarif.ts'
export { tomlPlaces, type TomlPlace } from './text/toml-places.ts'
export { rules } from './rules/catalog.ts'
export type { Example, Rule } from './rules/rule.ts'
export { traps, type Trap } from './traps.ts'
