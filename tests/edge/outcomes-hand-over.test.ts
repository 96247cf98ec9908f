import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobNamed, startOutcomeBench, type OutcomeBench } from '../support/outcomes.ts'

/** What one job leaves to others by dotenv, artifacts and cache, against what GitLab documents. */
let bench: OutcomeBench
beforeAll(async () => {
  bench = await startOutcomeBench()
})
afterAll(() => bench.close())

const FILES = 'echo "say $(find . -path ./.git -prune -o -type f -print | sort | tr "\\n" " ")"'

describe.concurrent('variables of a dotenv report', { timeout: 120_000 }, () => {
  const write = (...lines: readonly string[]): string =>
    `script: [${lines.map((line) => `'echo "${line}" >> v.env'`).join(', ')}], artifacts: { reports: { dotenv: v.env } }`

  it('are for all jobs of later stages, of equal names the last, and are text', async () => {
    const { state, said } = await bench.run(`
stages: [a, b, c]
one: { stage: a, ${write('A=from one', 'B=first', 'B=second', 'C=\\$A', 'D=')} }
two: { stage: b, ${write('A=from two')} }
last: { stage: c, script: ['echo "say [$A] [$B] [$C] [\${D-unset}]"'] }
`)
    expect(state).toBe('success')
    expect(await said('last')).toEqual(['[from two] [second] [$A] []'])
  })

  it('override the file’s variables, and neither those of the project nor of the pipeline', async () => {
    const { said } = await bench.run(
      `
stages: [a, b]
variables: { FILE: file }
one: { stage: a, ${write('FILE=dotenv', 'JOB=dotenv', 'PROJECT=dotenv', 'PIPELINE=dotenv')} }
last: { stage: b, variables: { JOB: job }, script: ['echo "say $FILE $JOB $PROJECT $PIPELINE"'] }
`,
      {
        variables: [{ key: 'PROJECT', value: 'project' }],
        pipelineVariables: [{ key: 'PIPELINE', value: 'pipeline' }],
      },
    )
    expect(await said('last')).toEqual(['dotenv dotenv project pipeline'])
  })

  it('come from those jobs only whose artifacts come', async () => {
    const { state, said } = await bench.run(`
stages: [a, b]
one: { stage: a, ${write('ONE=1')} }
two: { stage: a, ${write('TWO=2')} }
needs: { stage: b, needs: [one], script: [&say 'echo "say $ONE$TWO."'] }
without: { stage: b, needs: [{ job: one, artifacts: false }, two], script: [*say] }
no-needs: { stage: b, needs: [], script: [*say] }
named: { stage: b, dependencies: [two], script: [*say] }
none: { stage: b, dependencies: [], script: [*say] }
`)
    expect(state).toBe('success')
    const names = ['needs', 'without', 'no-needs', 'named', 'none']
    expect((await Promise.all(names.map(said))).flat()).toEqual(['1.', '2.', '.', '2.', '.'])
  })

  it('that GitLab does not take fail their job, and are nobody’s', async () => {
    const bad = (line: string): string => `{ stage: a, allow_failure: true, ${write('GOOD=1', line)} }`
    const { state, jobs, said } = await bench.run(`
stages: [a, b]
no-value: ${bad('no value')}
space: ${bad('A B=1')}
digit: ${bad('1A=1')}
long: ${bad(`A=${'x'.repeat(5_200)}`)}
last: { stage: b, when: always, script: ['echo "say $GOOD."'] }
`)
    const failed = { 'no-value': 'failed', space: 'failed', digit: 'failed', long: 'failed' }
    expect([state, jobs]).toEqual(['success', { ...failed, last: 'success' }])
    expect(await said('last')).toEqual(['.'])
  })
})

describe.concurrent('artifacts', { timeout: 120_000 }, () => {
  it('are what the patterns match at any depth, without what is excluded, and what git does not know', async () => {
    const { state, said, view } = await bench.run(`
stages: [a, b]
make:
  stage: a
  script:
    - mkdir -p dist/x/y other
    - touch dist/1.whl dist/x/2.whl dist/x/y/3.whl dist/x/y/3.tmp other/4.whl top.whl
  artifacts: { paths: ['dist/**/*', '*.whl'], exclude: ['**/*.tmp', dist/x/2.whl] }
loose:
  stage: a
  script: [mkdir new, touch new/file new/file.tmp, echo more >> hello.txt]
  artifacts: { untracked: true, exclude: ['**/*.tmp'] }
of-make: { stage: b, needs: [make], script: &list ['${FILES.replaceAll("'", "''")}'] }
of-loose: { stage: b, needs: [loose], script: *list }
of-both: { stage: b, dependencies: [loose, make], script: *list }
without: { stage: b, needs: [{ job: make, artifacts: false }], script: *list }
none: { stage: b, dependencies: [], script: *list }
all: { stage: b, script: *list }
`)
    expect(state).toBe('success')
    const made = './dist/1.whl ./dist/x/y/3.whl ./hello.txt ./top.whl '
    const both = './dist/1.whl ./dist/x/y/3.whl ./hello.txt ./new/file ./top.whl '
    const expected = {
      'of-make': made,
      'of-loose': './hello.txt ./new/file ',
      'of-both': both,
      without: './hello.txt ',
      none: './hello.txt ',
      all: both,
    }
    for (const [name, files] of Object.entries(expected)) expect(await said(name), name).toEqual([files])
    expect(view.jobs).toHaveLength(8)
  })

  it('are kept for as long as `expire_in` says, thirty days where nothing does', async () => {
    const keep = (how: string): string => `{ script: [echo x > x], artifacts: { paths: [x]${how} } }`
    const { view } = await bench.run(`
week: ${keep(', expire_in: 1 week')}
never: ${keep(', expire_in: never')}
unsaid: ${keep('')}
`)
    const { pipelines } = bench.server.services
    const daysOf = async (name: string): Promise<number | null> => {
      const [archive] = await pipelines.listArtifacts(jobNamed(view, name).id)
      if (archive === undefined) throw new Error(`${name} has no artifacts`)
      return archive.expiresAtMs === null ? null : (archive.expiresAtMs - archive.createdAtMs) / 86_400_000
    }
    expect(await Promise.all(['week', 'never', 'unsaid'].map(daysOf))).toEqual([7, null, 30])
  })

  it('are sent by how the job ended, and none where nothing matches', async () => {
    const make = (when: string, code: number): string =>
      `{ allow_failure: true, script: [touch x, exit ${code}], artifacts: { paths: [x], when: ${when} } }`
    const { state, view } = await bench.run(`
good-on-success: ${make('on_success', 0)}
bad-on-success: ${make('on_success', 1)}
good-on-failure: ${make('on_failure', 0)}
bad-on-failure: ${make('on_failure', 1)}
bad-always: ${make('always', 1)}
nothing: { script: ["true"], artifacts: { paths: [absent/] } }
`)
    expect(state).toBe('success')
    const { pipelines } = bench.server.services
    const sent = await Promise.all(
      view.jobs.map(async ({ id, name }) => [name, (await pipelines.listArtifacts(id)).length]),
    )
    expect(Object.fromEntries(sent)).toEqual({
      'good-on-success': 1,
      'bad-on-success': 0,
      'good-on-failure': 0,
      'bad-on-failure': 1,
      'bad-always': 1,
      nothing: 0,
    })
    expect(await bench.log(jobNamed(view, 'nothing').id)).toContain('no matching files')
  })
})

describe('a cache', { timeout: 120_000 }, () => {
  const cached = (text: string, cache = 'key: shared'): string =>
    `a: { script: [${text}], cache: { ${cache}, paths: [kept] } }`
  const write = (what: string, cache?: string): string => cached(`echo ${what} > kept`, cache)
  const read = (cache?: string): string => cached(`'echo "say $(cat kept 2>/dev/null || echo none)"'`, cache)
  const on = (branch: string) => ({
    branch,
    commit: {
      repositoryUrl: `${bench.folder}/repository`,
      sha: bench.shas[0],
      ref: branch,
      refType: 'branch' as const,
    },
  })
  const found = async (file: string, more = {}): Promise<string | undefined> =>
    (await (await bench.run(file, more)).said('a'))[0]

  it('is shared by branches, and by no protected ref with others, nor with another project', async () => {
    const project = await bench.project('acme/other-cache')
    await bench.run(write('main'))
    expect(await found(read(), on('feature'))).toBe('none')
    await bench.run(write('feature'), on('feature'))
    expect(await found(read())).toBe('main')
    expect(await found(read(), on('another'))).toBe('feature')
    expect(await found(read(), { project })).toBe('none')
  })

  it('is shared with protected refs where `unprotect` says so', async () => {
    const open = 'key: open, unprotect: true'
    await bench.run(write('feature', open), on('feature'))
    expect(await found(read(open))).toBe('feature')
    await bench.run(write('main', open))
    expect(await found(read(open), on('feature'))).toBe('main')
  })

  it('is one for each key, of which another may be named for where there is none', async () => {
    await bench.run(write('of main', 'key: "$CI_COMMIT_REF_SLUG"'))
    expect(await found(read('key: other'))).toBe('none')
    expect(await found(read('key: main'))).toBe('of main')
    expect(await found(read('key: absent, fallback_keys: [absent-too, main]'))).toBe('of main')
  })

  it('is read and written as `policy` and `when` say', async () => {
    await bench.run(write('first', 'key: p'))
    await bench.run(write('pulled', 'key: p, policy: pull'))
    expect(await found(read('key: p, policy: push'))).toBe('none')
    expect(await found(read('key: p'))).toBe('first')
    await bench.run(cached('echo failed > kept, exit 1', 'key: p'))
    expect(await found(read('key: p'))).toBe('first')
    await bench.run(cached('echo failed > kept, exit 1', 'key: p, when: on_failure'))
    expect(await found(read('key: p'))).toBe('failed')
  })
})
