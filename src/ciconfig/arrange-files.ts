import { expect } from 'vitest'
import { formatProblem, InvalidPipelineError, planPipeline, textSources, type Plan } from './index.ts'

const PUSH = Object.entries({ CI: 'true', CI_COMMIT_BRANCH: 'main', CI_PIPELINE_SOURCE: 'push' }).map(
  ([key, value]) => ({ key, value }),
)

export type Files = Readonly<Record<string, string>>

export async function planFiles(files: Files): Promise<Plan> {
  const sources = textSources(new Map(Object.entries(files)))
  const variables = { predefined: PUSH, project: [], pipeline: [] }
  return planPipeline({ file: '.gitlab-ci.yml', sources, variables })
}

/** The plan, or the problems: nothing else may come of a file. Each problem stands inside of a file that was read. */
export async function outcome(files: Files): Promise<unknown> {
  try {
    return await planFiles(files)
  } catch (error) {
    if (!(error instanceof InvalidPipelineError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { file, line, column } of error.problems) {
      const lines = files[file]?.split('\n') ?? []
      expect([file, line >= 1 && line <= Math.max(1, lines.length)]).toEqual([file, true])
      expect(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1).toBe(true)
    }
    return error.problems.map(formatProblem)
  }
}
