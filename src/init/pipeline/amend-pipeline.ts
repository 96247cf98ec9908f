import { isScalar } from 'yaml'
import { editedText, type Edit } from '../../lint/index.ts'
import type { IncludeEntry } from '../target.ts'
import { entryLines, includeEdits, ownInclude, topOf } from './include.ts'
import { DEFAULT_STAGES, mergedStages, stageEdits } from './stages.ts'
import { indentOf, insertion, pairOf, readYaml, type YamlFile } from './yaml-file.ts'

const HEAD =
  '# Builds, signs, verifies and publishes the package; releases are made of protected tags and branches.'

/** The whole file of a project that has none. */
export function newPipeline(entry: IncludeEntry): string {
  return [HEAD, 'include:', ...entryLines(entry).map((line) => `  ${line}`), ''].join('\n')
}

/** What includes the component already, as it is written there. Throws `init.pipeline` for what is not YAML. */
export function includedAlready(text: string): string | undefined {
  return ownInclude(readYaml(text))
}

/**
 * The file with the entry added, and its stages where the file has stages or jobs of its own; everything else stays as
 * it is. `stages` are those that the pipeline has without the component. Throws `init.pipeline`.
 */
export function amendPipeline(text: string, entry: IncludeEntry, stages: readonly string[]): string {
  const file = readYaml(text)
  return editedText(text, [...keywordEdits(file, entry, stages), ...includeEdits(file, entry)])
}

function keywordEdits(file: YamlFile, entry: IncludeEntry, stages: readonly string[]): readonly Edit[] {
  const hasStages = pairOf(file, 'stages') !== undefined
  const blocks = [
    ...(pairOf(file, 'include') === undefined
      ? [['include:', ...entryLines(entry).map((line) => `  ${line}`)]]
      : []),
    ...(hasStages || !hasJobs(file) ? [] : [['stages:', ...allStages(stages).map((one) => `  - ${one}`)]]),
  ]
  return [...(hasStages ? stageEdits(file) : []), ...atTop(blocks, file)]
}

function allStages(stages: readonly string[]): readonly string[] {
  return mergedStages(stages.length === 0 ? DEFAULT_STAGES : stages)
}

/** Keywords of the whole pipeline without jobs; every other key is a job, or brings some. */
const KEYWORDS: ReadonlySet<unknown> = new Set([
  'stages',
  'workflow',
  'variables',
  'default',
  'image',
  'services',
  'cache',
  'before_script',
  'after_script',
])

function hasJobs({ root }: YamlFile): boolean {
  return (root?.items ?? []).some(
    ({ key }) => isScalar(key) && !KEYWORDS.has(key.value) && !String(key.value).startsWith('.'),
  )
}

function atTop(blocks: readonly (readonly string[])[], file: YamlFile): readonly Edit[] {
  if (blocks.length === 0) return []
  const { root, text, eol } = file
  const at = topOf(file)
  const pad = indentOf(text, root?.items[0]?.key.range?.[0] ?? 0)
  const written = blocks.map((lines) => lines.map((line) => `${pad}${line}${eol}`).join('')).join(eol)
  if (root !== undefined) return [insertion(at, `${written}${eol}`)]
  const gap = text === '' || text.endsWith('\n') ? '' : eol
  return [insertion(at, `${gap}${written}`)]
}
