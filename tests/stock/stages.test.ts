import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 180_000

interface Report {
  readonly pipeline: {
    readonly state: string
    readonly jobs: readonly { readonly name: string; readonly state: string }[]
  }
  readonly files: readonly {
    readonly fileName: string
    readonly logIndex: number
    readonly isVerified: boolean
  }[]
}

/** The last of the values, which are one a line. */
function reportOf(stdout: string): Report {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report
}

let folder: { path: string; remove: () => Promise<void> }

/** Of projects with other back ends, and of one that is broken; tests/docs/run-lines.test.ts runs those of the example. */
describe.runIf(present(python))('the six stages', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
  })
  afterAll(() => folder.remove())

  it.each([
    ['flit', 'tomli==2.0.1', 'tomli-2.0.1'],
    ['poetry-core', 'pastel==0.2.1', 'pastel-0.2.1'],
  ])(
    'run on a real source distribution with a %s back end',
    { timeout: LONG_MS },
    async (_backend, requirement, name) => {
      const sources = join(folder.path, name)
      const [project = ''] = requirement.split('==')
      const download = ['download', '--quiet', '--no-deps', '--no-binary', project, '--dest', sources]
      expect(await runProgram([python, '-m', 'pip', ...download, requirement])).toMatchObject({ code: 0 })
      const [archive] = await readdir(sources)
      expect((await runProgram(['tar', '-xzf', join(sources, archive!), '-C', sources])).code).toBe(0)
      const outcome = await start('-C', join(sources, name))
      expectReleased(outcome, [
        `${name}-py${name.startsWith('pastel') ? '2.py' : ''}3-none-any.whl`,
        `${name}.tar.gz`,
      ])
      expect(existsSync(join(sources, name, '.git'))).toBe(false)
    },
  )

  it('a stage that fails says which, why and where its log is', { timeout: LONG_MS }, async () => {
    const broken = join(folder.path, 'broken')
    await mkdir(broken)
    await writeFile(join(broken, 'pyproject.toml'), '[project]\nname = "broken"\n')
    const pipeline = {
      stages: ['build'],
      build: { stage: 'build', script: ['echo no such back end', 'exit 1'] },
    }
    await writeFile(join(broken, '.gitlab-ci.yml'), JSON.stringify(pipeline))
    const { code, stdout, stderr } = await start('-C', broken)
    expect(code).toBe(1)
    expect(reportOf(stdout).pipeline.state).toBe('failed')
    expect(stderr).toContain('error: stage build failed (exit 1); the last lines of its log are above')
    const [, log] = /the whole log is in (\S+)/.exec(stderr)!
    expect(existsSync(log!)).toBe(true)
  })

  function start(...args: string[]): Promise<Outcome> {
    const example = ['-C', join(root, 'examples', 'hello-tools')]
    const env = { XDG_DATA_HOME: join(folder.path, 'home') }
    return runProgram([wheelseal, 'run', '--new-data', '--json', ...example, ...args], { env })
  }

  function expectReleased({ code, stdout, stderr }: Outcome, names: readonly string[]): void {
    expect(code, stderr).toBe(0)
    const { pipeline, files } = reportOf(stdout)
    expect(pipeline.jobs.map(({ name, state }) => `${name} ${state}`)).toEqual(
      STAGES.map((name) => `${name} success`),
    )
    expect(files.map(({ fileName }) => fileName).toSorted()).toEqual(names.toSorted())
    expect(files.every(({ isVerified, logIndex }) => isVerified && logIndex > 0)).toBe(true)
  }
})
