import type { MapNode, PlannedJob, Position, SourceRecord } from '../../ciconfig/index.ts'
import type { ShellCommand } from '../shell/command.ts'
import type { Invocation } from '../shell/program.ts'
import type { FileText } from '../text/file-text.ts'
import type { Snippet } from '../text/snippet.ts'
import type { TomlPlace } from '../text/toml-places.ts'

/** Everything that rules look at. Nothing here is an opinion. */
export interface Project {
  readonly pipeline: Pipeline | undefined
  readonly pyproject: Pyproject | undefined
  /** Shell blocks of the README and the documentation. */
  readonly pages: readonly Page[]
  readonly policies: readonly PolicyText[]
  readonly surroundings: ProjectFacts
  readonly files: ReadonlyMap<string, FileText>
}

export interface ProjectFacts {
  readonly serverUrl: string
  readonly projectPath: string
  readonly defaultBranch: string
  /** The repository says which one it is; else it is a guess. */
  readonly isDefaultBranchKnown: boolean
  /** The origin was known: the two above are its own and no guesses. */
  readonly isOriginKnown: boolean
  readonly nowMs: number
  /** Of a path in the project; what could not be looked at counts as there. */
  hasFile(path: string): boolean
}

export interface Page {
  readonly file: FileText
  readonly commands: readonly PlacedCommand[]
}

export interface PolicyText {
  readonly file: FileText
  readonly value: Readonly<Record<string, unknown>>
}

export interface Pyproject {
  readonly file: FileText
  readonly value: Readonly<Record<string, unknown>>
  readonly places: ReadonlyMap<string, TomlPlace>
}

/** A pipeline of one kind: the same file decides each time anew which jobs are in it. */
export interface Situation {
  readonly kind: 'default-branch' | 'branch' | 'tag'
  readonly ref: string
  /** What GitLab predefines. */
  readonly predefined: ReadonlyMap<string, string>
  readonly jobs: ReadonlyMap<string, PlannedJob>
}

export interface Pipeline {
  readonly file: FileText
  readonly root: MapNode
  readonly jobs: readonly LintedJob[]
  readonly situations: readonly Situation[]
  readonly record: SourceRecord
}

export interface LintedJob {
  readonly name: string
  readonly at: Position
  /** Those of `default` included. */
  readonly keywords: MapNode
  /** `before_script`, `script` and `after_script`, in this order. */
  readonly commands: readonly PlacedCommand[]
  /** As each situation plans it that has it. */
  readonly planned: ReadonlyMap<Situation, PlannedJob>
}

export interface PlacedCommand {
  readonly command: ShellCommand
  readonly invocation: Invocation | undefined
  readonly snippet: Snippet
  readonly section: 'before_script' | 'script' | 'after_script' | 'page'
}
