import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python } from '../support/judges.ts'
import { isExecutable, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { MORE_SDISTS, SDISTS, unpackedSdist, type Sdist } from '../support/sdists.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 300_000

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

const few = isExecutable ? SDISTS : []
/** Each takes half a minute: five are over the executable, and `.ci/long` has all over Node. */
const sdists = process.env['WHEELSEAL_PROJECTS'] === 'all' ? [...SDISTS, ...MORE_SDISTS] : few

function wheelFirst(one: string): number {
  return one.endsWith('.whl') ? -1 : 1
}

/** Back ends differ in how they write a name: PEP 625. */
function normal(fileName: string): string {
  return fileName.toLowerCase().replaceAll(/[-_.]+/g, '-')
}

let folder: { path: string; remove: () => Promise<void> }
let server: Server

/** Of projects with other back ends, and of one that is broken; tests/docs/run-lines.test.ts runs those of the example. */
describe.runIf(present(python))('the six stages', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it.each(sdists)('run on $fileName ($kind)', { timeout: LONG_MS }, async (sdist) => {
    const sources = await unpackedSdist(sdist, folder.path)
    const outcome = await start('-C', sources)
    expectReleased(outcome, sdist)
    expect(existsSync(join(sources, '.git'))).toBe(false)
  })

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

  /** On the server that serves all of them. */
  function start(...args: string[]): Promise<Outcome> {
    return runProgram([wheelseal, 'run', '--data', server.data, '--visibility', 'public', '--json', ...args])
  }

  function expectReleased({ code, stdout, stderr }: Outcome, { fileName, wheel }: Sdist): void {
    expect(code, stderr).toBe(0)
    const { pipeline, files } = reportOf(stdout)
    expect(pipeline.jobs.map(({ name, state }) => `${name} ${state}`)).toEqual(
      STAGES.map((name) => `${name} success`),
    )
    const [built = '', sdist = ''] = files.map((file) => file.fileName).toSorted(wheelFirst)
    expect(built).toMatch(wheel)
    expect(normal(sdist)).toBe(normal(fileName))
    expect(files.every(({ isVerified, logIndex }) => isVerified && logIndex > 0)).toBe(true)
  }
})
