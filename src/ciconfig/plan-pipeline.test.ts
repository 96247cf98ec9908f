import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatProblem,
  InvalidPipelineError,
  labelOf,
  planPipeline,
  textSources,
  type KnownVariables,
  type Plan,
  type Sources,
} from './index.ts'

const NONE: KnownVariables = { predefined: [], project: [], pipeline: [] }

async function plan(text: string, variables: Partial<KnownVariables> = {}): Promise<Plan> {
  return planFrom(textSources(new Map([['.gitlab-ci.yml', text]])), variables)
}

async function planFrom(sources: Sources, variables: Partial<KnownVariables> = {}): Promise<Plan> {
  return planPipeline({
    file: '.gitlab-ci.yml',
    sources,
    variables: { ...NONE, ...variables },
    unexecuted: 'refuse',
  })
}

async function refusal(planned: Promise<Plan>): Promise<InvalidPipelineError> {
  const error: unknown = await planned.then(
    () => new Error('was planned'),
    (reason: unknown) => reason,
  )
  if (error instanceof InvalidPipelineError) return error
  throw error
}

describe('a plan', () => {
  const file =
    'variables: { V: top, W: "<$V>" }\njob: { script: echo, variables: { V: job }, image: "x:$V" }\n'

  it.each<[string, Partial<KnownVariables>, string]>([
    [
      'the job over the top level and predefined ones',
      { predefined: [{ key: 'V', value: 'predefined' }] },
      'job',
    ],
    ['the project over YAML', { project: [{ key: 'V', value: 'project' }] }, 'project'],
    [
      'the pipeline over all',
      { project: [{ key: 'V', value: 'project' }], pipeline: [{ key: 'V', value: 'pipeline' }] },
      'pipeline',
    ],
  ])('puts the variables of %s', async (_, variables, wanted) => {
    const [job] = (await plan(file, variables)).jobs
    expect(job?.variables).toEqual({ V: wanted, W: `<${wanted}>` })
    expect(job?.image).toMatchObject({ name: `x:${wanted}` })
  })

  it('lists pipeline variables and leaves out project variables that override nothing', async () => {
    const [job] = (
      await plan(file, { project: [{ key: 'P', value: 'p' }], pipeline: [{ key: 'Q', value: 'q' }] })
    ).jobs
    expect(Object.keys(job?.variables ?? {})).toEqual(['V', 'W', 'Q'])
  })

  it('never shows a masked value; what refers to it stays as written', async () => {
    const [job] = (await plan(file, { project: [{ key: 'V', value: 'hunter22', isMasked: true }] })).jobs
    expect(job?.variables).toEqual({ V: '[MASKED]', W: '<$V>' })
    expect(job?.image).toMatchObject({ name: 'x:$V' })
  })

  it('hands on the definitions, so that who starts the job can expand them with all variables', async () => {
    const [job] = (await plan(file)).jobs
    expect(job?.yaml_variables).toEqual([
      { key: 'V', value: 'top' },
      { key: 'W', value: '<$V>' },
      { key: 'V', value: 'job' },
    ])
  })

  it('is not misled by names that every object has', async () => {
    const { jobs } = await plan('constructor: { script: echo, variables: { __proto__: x, toString: y } }\n')
    expect(jobs.map((job) => job.name)).toEqual(['constructor'])
    expect(Object.entries(jobs[0]?.variables ?? {})).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ])
  })
})

const NOTHING = textSources(new Map())

describe('the sources', () => {
  it('are asked for the file, and for it alone', async () => {
    const asked: string[] = []
    const read: Sources['read'] = async (address) => {
      asked.push(labelOf(address))
      return { kind: 'text', text: 'job: { script: echo }' }
    }
    expect((await planFrom({ ...NOTHING, read })).jobs).toHaveLength(1)
    expect(asked).toEqual(['.gitlab-ci.yml'])
  })

  it('may lack the file: that is all that is said', async () => {
    const error = await refusal(planFrom(textSources(new Map([['other.yml', 'job: { script: echo }']]))))
    expect(error.problems).toEqual([
      {
        file: '.gitlab-ci.yml',
        line: 1,
        column: 1,
        code: 'ciconfig.absent',
        message: 'the file does not exist',
      },
    ])
  })

  it('may fail: that is nothing wrong with the pipeline', async () => {
    const broken = new Error('the disk is gone')
    await expect(planFrom({ ...NOTHING, read: async () => Promise.reject(broken) })).rejects.toBe(broken)
  })
})

describe('a file that is wrong', () => {
  it('is refused with one line per problem and a code for machines', async () => {
    const error = await refusal(plan('job: { script: echo, pages: 1, tgas: [] }\n'))
    expect(error.code).toBe('ciconfig.invalid')
    expect(error.status).toBe(400)
    expect(error.message.split('\n')).toEqual([
      '.gitlab-ci.yml:1:29: job "job": pages must be true, false or a map, not the number 1',
      '.gitlab-ci.yml:1:32: job "job": tgas is not a keyword; did you mean tags?',
    ])
  })

  it.each([
    ['a template that is misspelt', 'job: { extends: .tt, script: echo }', '3:17: job: extends .tt'],
    ['a tag', 'job: { stage: !x build, script: echo }', '3:18: the tag !x'],
    ['a reference to nothing', 'job: { stage: !reference [.v], script: echo }', '3:26: !reference'],
    ['a number', 'job: { stage: 7, script: echo }', '3:15: job "job": stage must be a string'],
  ])('does not take the default stage for a mistake where the stage was in %s', async (_, job, message) => {
    const { problems } = await refusal(plan(`stages: [build]\n.t: { stage: build }\n${job}\n`))
    expect(problems.map(formatProblem)).toEqual([expect.stringContaining(`.gitlab-ci.yml:${message}`)])
  })

  it('says that there is no default stage where nothing was left out', async () => {
    const error = await refusal(plan('stages: [build]\njob: { stage: ~, script: echo }\n'))
    expect(error.message).toContain('stage test is not one of the stages .pre, build, .post')
  })

  it('reports a mistake in a template once, not once for each job', async () => {
    const jobs = Array.from({ length: 20 }, (_, index) => `job${index}: { extends: .t }`).join('\n')
    expect((await refusal(plan(`.t: { script: echo, secrets: { A: b } }\n${jobs}\n`))).problems).toHaveLength(
      1,
    )
  })

  it.each<[string, string, RegExp]>([
    ['nothing', '', /no job|must be a map/],
    ['a string', 'hello', /must be a map/],
    ['a hundred thousand levels', '['.repeat(100_000), /more than 20000 lists and maps in brackets/],
    ['ten thousand levels', '['.repeat(10_000), /100 levels|flow/],
    ['a million brackets', '[]'.repeat(500_000), /more than 20000 lists and maps in brackets/],
    ['brackets that are text', `'${'['.repeat(30_000)}'`, /must be a map/],
    ['100,000 list levels in block form', `${'- '.repeat(100_000)}x`, /100 levels/],
    [
      '6,000 jobs',
      Array.from({ length: 6000 }, (_, i) => `j${i}: { script: e }`).join('\n'),
      /more than 5000 jobs/,
    ],
    [
      'a thousand wrong jobs',
      Array.from({ length: 900 }, (_, i) => `j${i}: { skript: e }`).join('\n'),
      /did you mean script/,
    ],
  ])('is refused quickly when it has %s', async (_, text, message) => {
    const error = await refusal(plan(text))
    expect(error.message).toMatch(message)
    expect(error.problems.length).toBeLessThanOrEqual(100)
  })

  it('never fails in any other way, whatever the text', async () => {
    const piece = fc.constantFrom(
      'job',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '&a',
      '*a',
      '<<',
      '{',
      '}',
      '[',
      ']',
      '"',
      '!t ',
      '!reference ',
      'extends',
      'script',
      '|',
      '$A',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        try {
          for (const job of (await plan(pieces.join(''))).jobs) expect(job.script).not.toEqual([])
        } catch (error) {
          if (!(error instanceof InvalidPipelineError)) throw error
          expect(error.problems.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

const tutorial = join(import.meta.dirname, '../../../shared/tutorial.md')

describe.skipIf(!existsSync(tutorial))(`GitLab's tutorial (skipped without ${tutorial})`, () => {
  const blocks = existsSync(tutorial)
    ? [...readFileSync(tutorial, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)]
    : []
  const known: KnownVariables = {
    predefined: [
      { key: 'CI_PROJECT_NAME', value: 'my-project' },
      { key: 'CI_PROJECT_PATH', value: 'my-group/my-project' },
      { key: 'CI_PROJECT_ID', value: '20' },
      { key: 'CI_DEFAULT_BRANCH', value: 'main' },
      { key: 'CI_API_V4_URL', value: 'http://127.0.0.1:7711/api/v4' },
    ],
    project: [{ key: 'FULCIO_URL', value: 'http://127.0.0.1:7711' }],
    pipeline: [],
  }
  const text = blocks.map(([, yaml]) => yaml).join('\n')

  it('has seven blocks', () => {
    expect(blocks).toHaveLength(7)
  })

  it('plans to its six jobs, one in each stage', async () => {
    const { jobs, stages, warnings } = await plan(text, known)
    const names = ['build', 'sign', 'verify', 'publish', 'publish_signatures', 'consumer_verification']
    expect(jobs.map(({ name, stage }) => [name, stage])).toEqual(names.map((name) => [name, name]))
    expect(stages).toEqual(['.pre', ...names, '.post'])
    expect(warnings).toEqual([])
  })

  it('has the image and the cache in every job', async () => {
    const { jobs } = await plan(text, known)
    expect(new Set(jobs.map((job) => job.image?.name))).toEqual(new Set(['python:3.10']))
    expect(new Set(jobs.map((job) => job.cache[0]?.key))).toEqual(new Set(['default']))
    expect(new Set(jobs.map((job) => job.cache[0]?.paths[0]))).toEqual(new Set(['${PIP_CACHE_DIR}']))
  })

  it('has the scripts, artifacts and token that its reader expects', async () => {
    const [build, sign, verify] = (await plan(text, known)).jobs
    const lengths = [build, sign, verify].map((job) => [job?.before_script.length, job?.script.length])
    expect(lengths).toEqual([
      [3, 12],
      [7, 1],
      [7, 1],
    ])
    expect(build?.script.at(-1)).toBe('python -m build')
    expect(build?.artifacts?.paths).toEqual(['dist/', 'pyproject.toml'])
    expect(sign?.id_tokens).toEqual({ SIGSTORE_ID_TOKEN: { aud: 'sigstore' } })
    expect([verify?.id_tokens, verify?.artifacts]).toEqual([{}, null])
  })

  it('expands variables across levels and lets the project override them', async () => {
    const { variables } = await plan(text, known)
    expect(variables).toMatchObject({
      PACKAGE_NAME: 'my-project',
      FULCIO_URL: 'http://127.0.0.1:7711',
      REKOR_URL: 'https://rekor.sigstore.dev',
      CERTIFICATE_IDENTITY: 'https://gitlab.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main',
      PIP_CACHE_DIR: '$CI_PROJECT_DIR/.pip-cache',
      GENERIC_PACKAGE_BASE_URL: 'http://127.0.0.1:7711/api/v4/projects/20/packages/generic/my-project/1.0.0',
    })
  })
})
