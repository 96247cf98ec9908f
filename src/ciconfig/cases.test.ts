import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  formatProblem,
  InvalidPipelineError,
  planPipeline,
  type KnownVariables,
  type Sources,
} from './index.ts'
import { caseSources, readCase, type Case } from './arrange-cases.ts'

/**
 * A case is a folder of `tests/cases/ciconfig`: `.gitlab-ci.yml` and what it includes, `expected.json` with what the
 * plan must hold or, for a name that ends in `_fail`, the lines that must be reported; `case.json` names the section of
 * GitLab's documentation, and whatever is not as in a push to the branch main.
 */
const cases = join(import.meta.dirname, '../../tests/cases/ciconfig')
const names = globSync('*/expected.json', { cwd: cases }).map((path) => dirname(path))

async function plan(name: string): Promise<unknown> {
  const given: Case = readCase(join(cases, name))
  const sources: Sources = caseSources(join(cases, name), given)
  const variables: KnownVariables = given.variables
  try {
    return await planPipeline({ file: '.gitlab-ci.yml', sources, variables, unexecuted: given.unexecuted })
  } catch (error) {
    if (!(error instanceof InvalidPipelineError)) throw error
    return error.problems.map((problem) => `${formatProblem(problem)} [${problem.code}]`)
  }
}

function expected(name: string): unknown {
  return JSON.parse(readFileSync(join(cases, name, 'expected.json'), 'utf8'))
}

describe('cases of pipeline files', () => {
  it('are all there, each with what is expected', () => {
    const files = globSync('*/.gitlab-ci.yml', { cwd: cases })
    expect(files.length).toBeGreaterThanOrEqual(200)
    expect(files.map((file) => dirname(file)).toSorted()).toEqual(names.toSorted())
  })

  it.each(names.filter((name) => !name.endsWith('_fail')))('plans %s', async (name) => {
    expect(await plan(name)).toMatchObject(expected(name) as object)
  })

  it.each(names.filter((name) => name.endsWith('_fail')))('refuses %s', async (name) => {
    expect(await plan(name)).toEqual(expected(name))
  })
})
