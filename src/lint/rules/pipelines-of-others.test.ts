import { describe, expect, it } from 'vitest'
import { requestOf } from '../arrange.ts'
import { lintProject } from '../lint-project.ts'

/** What lint said of public pipelines, and their rule pages do not justify. */
async function saidOf(rule: string, text: string): Promise<readonly string[]> {
  const { findings } = await lintProject(requestOf({ '.gitlab-ci.yml': text }))
  return findings.filter((one) => one.rule === rule).flatMap(({ hits }) => hits.map(({ what }) => what))
}

describe('a pipeline as others write it', () => {
  it('signs an image that it has pushed, which no other job has built', async () => {
    const job = 'sign:\n  script:\n    - docker push $IMAGE\n    - cosign sign --yes $DIGEST\n'
    expect(await saidOf('WS201', job)).toEqual([])
    expect(await saidOf('WS201', job.replace('sign --yes', 'sign-blob --yes'))).toHaveLength(1)
  })

  it('has jobs for a variable that only the project knows', async () => {
    const job = 'a:\n  script: x\n  rules:\n    - if: $RELEASE == "true"\n'
    const [what] = await saidOf('WS901', job)
    expect(what).toContain('a variable or a branch that is not known here')
  })

  it('changes jobs of a template that is not at hand, and still has mistakes of its own', async () => {
    const text =
      'include:\n  - template: Security/SAST.gitlab-ci.yml\nsast:\n  stage: test\na:\n  script: x\n  extends: .sast\n'
    expect(await saidOf('WS901', text)).toEqual([expect.stringContaining('include: ')])
    expect(await saidOf('WS901', `${text}b:\n  script: x\n  when: soon\n`)).toHaveLength(2)
  })

  it.each([
    ['PYPI_PWD', 1],
    ['PYPI_PASS', 1],
    ['PYPI_PASSWORD', 1],
    ['PWD', 0],
    ['BYPASS', 0],
  ])('gives twine $%s, which counts as a secret %i times', async (name, times) => {
    const job = `a:\n  script: twine upload -u x -p $${name} dist/*\n`
    expect(await saidOf('WS108', job)).toHaveLength(times)
  })
})
