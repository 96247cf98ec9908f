import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8, type Command, type CommandResult } from '../../base/index.ts'
import {
  fetchIo,
  generic,
  honest,
  openFetchBench,
  planFor,
  SDIST,
  WHEEL,
  without,
  type Answers,
  type FetchBench,
} from '../fetch/arrange.ts'
import { installRelease, type InstallIo, type InstallPlan, type InstallReport } from './index.ts'

let bench: FetchBench
let started: Command[]
let seen: Record<string, readonly string[] | string>
beforeEach(async () => {
  bench = await openFetchBench()
  started = []
  seen = {}
})
afterEach(() => bench.close())

const done: CommandResult = { exitCode: 0, signal: null }

/** Writes down what is started; `ends` says how, by the first word. */
function ioWith(ends: (command: Command) => CommandResult = () => done, signal?: AbortSignal): InstallIo {
  return {
    ...fetchIo(signal),
    env: {
      PATH: '/bin',
      VIRTUAL_ENV: '/v',
      WHEELSEAL_TOKEN: 'secret',
      CI_JOB_TOKEN: 'secret',
      HTTPS_PROXY: 'p',
    },
    onOutput: () => undefined,
    spawn: {
      run: async (command) => {
        started.push(command)
        const { argv } = command
        const path = argv[argv.indexOf('-r') + 1]
        if (argv.includes('-r') && path !== undefined) {
          seen['requirements'] = readFileSync(path, 'utf8')
          seen['files'] = readdirSync(argv[argv.indexOf('--find-links') + 1] ?? '').toSorted()
        }
        command.signal?.throwIfAborted()
        return ends(command)
      },
    },
  }
}

async function installed(
  answers: Answers = honest(),
  { io = ioWith(), ...changes }: Partial<InstallPlan> & { readonly io?: InstallIo } = {},
): Promise<InstallReport> {
  const { url } = await bench.index(answers)
  const plan = {
    ...{ fetch: planFor(url, ''), out: undefined, python: undefined, kind: undefined },
    ...{ sdists: 'never' as const, dependencyIndex: undefined, more: [] },
  }
  return installRelease({ ...plan, ...changes }, io)
}

const programs = (): readonly string[] => started.map(({ argv }) => argv.slice(0, 4).join(' '))

describe('a release that is installed', () => {
  it('is given to the pip of the active environment, from a folder that is gone afterwards', async () => {
    await installed()
    expect(programs()).toEqual(['/v/bin/python -m pip --version', '/v/bin/python -m pip install'])
    expect(seen['files']).toEqual(
      [WHEEL, SDIST].flatMap((name) => [name, `${name}.sigstore.json`]).toSorted(),
    )
    expect(seen['requirements']).toMatch(/^demo==1\.0 --hash=sha256:[0-9a-f]{64}\n$/)
    const folder = started[1]?.argv[started[1].argv.indexOf('--find-links') + 1] ?? ''
    await expect(readdir(join(folder, '..'))).rejects.toThrow('ENOENT')
  })

  it('stays in the folder that was named', async () => {
    await installed(honest(), { out: bench.out })
    expect(await readdir(bench.out)).toHaveLength(4)
    expect(started[1]?.argv).toContain(bench.out)
  })

  it('is given to an installer that has none of our tokens, and all else', async () => {
    await installed()
    for (const { env } of started) expect(env).toEqual({ PATH: '/bin', VIRTUAL_ENV: '/v', HTTPS_PROXY: 'p' })
  })

  it('is given to uv where there is no pip, or where that was asked for', async () => {
    const noPip = ({ argv }: Command): CommandResult => ({ ...done, exitCode: argv.includes('-m') ? 1 : 0 })
    await installed(honest(), { io: ioWith(noPip), python: '/p/python' })
    expect(programs()).toEqual(['/p/python -m pip --version', 'uv --version', 'uv pip install --python'])
    started = []
    await installed(honest(), { kind: 'uv' })
    expect(programs()).toEqual(['uv --version', 'uv pip install --only-binary'])
  })

  it('is the pip of this machine where no environment is active', async () => {
    const { VIRTUAL_ENV: _active, ...env } = ioWith().env
    const onlyPython = ({ argv }: Command): CommandResult => ({
      ...done,
      exitCode: argv[0] === 'python' ? 0 : 1,
    })
    await installed(honest(), { io: { ...ioWith(onlyPython), env } })
    expect(programs().slice(0, 2)).toEqual(['python3 -m pip --version', 'python -m pip --version'])
  })

  it('is never asked for where nothing can install it', async () => {
    const io = ioWith(() => ({ exitCode: 1, signal: null }))
    const refused = installed(honest(), { io })
    await expect(refused).rejects.toMatchObject({ code: 'packaging.no-installer' })
  })

  it('is given to no installer where one file is refused, or nothing may be built', async () => {
    const report = await installed(without(generic(`${SDIST}.sigstore.json`)))
    expect(report.installer).toBeUndefined()
    expect(programs()).toEqual(['/v/bin/python -m pip --version'])
    const evil = new Map([...honest(), [`/files/${WHEEL}`, utf8('evil')] as const])
    expect((await installed(evil)).installer).toBeUndefined()
    expect(seen).toEqual({})
  })

  it('says how the installer ended', async () => {
    const failing = (end: CommandResult): InstallIo =>
      ioWith(({ argv }) => (argv.includes('--version') ? done : end))
    await expect(installed(honest(), { io: failing({ exitCode: 3, signal: null }) })).rejects.toMatchObject({
      code: 'packaging.installer',
      message: '/v/bin/python -m pip ended with 3',
    })
    await expect(
      installed(honest(), { io: failing({ exitCode: null, signal: 'SIGKILL' }) }),
    ).rejects.toMatchObject({ message: '/v/bin/python -m pip was ended by SIGKILL' })
  })
})
