import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Spawn } from '../base/index.ts'
import { systemEntropy, systemSpawn } from '../host/index.ts'
import type { Executor, JobEnvironment, JobPlace } from './executor.ts'
import type { HostEnvironment } from './job/host-environment.ts'
import { writeScript } from './job/script.ts'

/** What a test hands to the executor that it describes. */
export interface ExecutorSetup {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  /** A new folder. */
  readonly work: string
}

const FOLDERS = ['project', 'projectTemporary', 'home', 'temporary'] as const
/** What a shell adds, what an executor gives, and of the host what a job may have. */
const KNOWN_NAMES =
  /^(PWD|OLDPWD|SHLVL|_|PATH|HOME|TMPDIR|PIP_\w+|LANG|TZ|(?:https?|no|all)_proxy|\w*CERT_(?:FILE|DIR)|\w+_CA_BUNDLE|GIT_SSL_CAINFO|NODE_EXTRA_CA_CERTS)$/i
const KILL_PATIENCE = { timeout: 10_000 }

/** The contract of `Executor`, for every implementation. */
export function describeExecutor(name: string, create: (setup: ExecutorSetup) => Executor): void {
  describe(`the contract of an executor: ${name}`, () => {
    let top: string
    let executor: Executor
    const places: JobPlace[] = []

    beforeAll(() => {
      top = mkdtempSync(join(tmpdir(), 'ws-executor-'))
      executor = create({ spawn: systemSpawn, host: hostOf(top), work: join(top, 'work') })
    })
    afterEach(async () => {
      for (const place of places.splice(0)) await place.close()
    })
    afterAll(() => rmSync(top, { recursive: true, force: true }))

    const open = async (id = 1, by = executor): Promise<OpenJob> => {
      const job_info = { name: 'n', stage: 's', project_id: 20, project_full_path: 'group/hello' }
      const place = await by.open({ id, job_info })
      places.push(place)
      const said: string[] = []
      const log = { notice: (text: string) => said.push(text), warning: (text: string) => said.push(text) }
      return openJob(place, await place.prepare({ image: 'somewhere/else:1', log }), said)
    }

    const run = async (...call: Parameters<OpenJob['sh']>) => (await open()).sh(...call)

    it('says in one line which executor it is and how far it isolates', () => {
      expect(executor.isolation).toMatch(new RegExp(`^Running with the ${executor.name} executor, .+$`))
    })

    it('says what serves an image', async () => {
      expect((await open()).said.join('\n')).toContain('image somewhere/else:1')
    })

    describe('the folders of a job', () => {
      it('are new and their owner’s alone, whatever an earlier job of that number left', async () => {
        const before = await open()
        for (const folder of FOLDERS) writeFileSync(join(before.place.folders.host[folder], 'left'), '')
        const { host } = (await open()).place.folders
        for (const folder of FOLDERS) expect(readdirSync(host[folder])).not.toContain('left')
        for (const folder of FOLDERS) expect(statSync(host[folder]).mode & 0o777).toBe(0o700)
      })

      it.each(FOLDERS)('are the same by both names, for both sides to use: %s', async (folder) => {
        const { place, sh } = await open()
        const [byHost, byJob] = [place.folders.host[folder], place.folders.job[folder]]
        writeFileSync(join(byHost, 'from-host'), 'a', { mode: 0o600 })
        const script = `cd '${byJob}'; cat from-host; chmod 755 from-host; rm from-host; umask 077; echo b > from-job`
        expect(await sh(script)).toEqual({ exitCode: 0, output: 'a' })
        expect(readFileSync(join(byHost, 'from-job'), 'utf8')).toBe('b\n')
        rmSync(join(byHost, 'from-job'))
        expect(readdirSync(byHost)).not.toContain('from-host')
      })

      it('are its own while other jobs of the project are open', async () => {
        const [one, other] = [await open(1), await open(2)]
        await one.sh('echo mine > here; echo mine > "$HOME/here"')
        expect((await other.sh('ls -A . "$HOME" | grep here')).exitCode).toBe(1)
      })

      it('are gone when it is closed, also those that it has locked', async () => {
        const { place, sh } = await open()
        const { host, job } = place.folders
        // A path such as /tmp is there on the host too, and another folder.
        const others = FOLDERS.map((one) => job[one]).filter((path) => !path.startsWith(host.root))
        const before = others.map((path) => existsSync(path))
        await sh('mkdir -p locked/inner; touch locked/inner/file; chmod 500 locked/inner; chmod 0 locked')
        await place.close()
        expect([host.root, ...FOLDERS.map((one) => host[one])].filter((path) => existsSync(path))).toEqual([])
        expect(others.map((path) => existsSync(path))).toEqual(before)
      })
    })

    describe('a script', () => {
      it.each([
        ['true', 0],
        ['exit 3', 3],
        ['no-such-program-here', 127],
        ['kill -TERM $$', 143],
        ['kill -KILL $$', 137],
      ])('that is %s ends with %i', async (script, exitCode) => {
        expect((await run(script)).exitCode).toBe(exitCode)
      })

      it('runs in the project, with its own HOME and temporary folder, by the names that it is told', async () => {
        const { place, sh } = await open()
        const { project, home, temporary } = place.folders.job
        const { output } = await sh('printf "%s\\n" "$PWD" "$HOME" "$TMPDIR"')
        expect(output).toBe(`${project}\n${home}\n${temporary}\n`)
      })

      it('gives out all that it writes, in the order in which it writes it', async () => {
        const { sh } = await open()
        const lines = 'for n in 1 2 3 4 5; do echo "out $n"; echo "err $n" >&2; done'
        const { output } = await sh(`${lines}; head -c 3000000 /dev/zero | tr '\\0' x`)
        expect(output.slice(0, 24)).toBe('out 1\nerr 1\nout 2\nerr 2\n')
        expect(output.length).toBe(60 + 3_000_000)
      })

      it('has nothing to read', async () => {
        expect((await run('cat; if read line; then echo some; else echo none; fi')).output).toBe('none\n')
      })

      it('has its variables as they are, before everything that the executor gives', async () => {
        const odd = `a 'b' "c" $HOME \\ \`d\`\nsecond line`
        const variables = { ODD: odd, HOME: '/elsewhere' }
        const { output } = await run('printf "%s|%s" "$ODD" "$HOME"', { variables })
        expect(output).toBe(`${odd}|/elsewhere`)
      })

      it('reads what BASH_ENV names once', async () => {
        const { place, sh } = await open()
        writeFileSync(join(place.folders.host.home, 'each-shell'), 'echo read >> "$HOME/read"')
        const variables = { BASH_ENV: `${place.folders.job.home}/each-shell` }
        expect((await sh('cat "$HOME/read"', { variables })).output).toBe('read\n')
      })

      it('has of the host an allow-list', async () => {
        const { output } = await run('env | sed "s/=.*//"; echo "$LANG"', { variables: { V: '1' } })
        const names = output.trim().split('\n')
        expect(names.filter((entry) => !KNOWN_NAMES.test(entry))).toEqual(['V', 'C'])
      })

      it('has no descriptor of the runner, whatever that has inherited', async () => {
        const { sh } = await open(
          3,
          create({ spawn: leaking, host: hostOf(top), work: join(top, 'leaking') }),
        )
        const { output } = await sh('ls -l /proc/$$/fd')
        const descriptors = [...output.matchAll(/ (\d+) -> (\S+)/g)].map(([, fd, path]) => `${fd} ${path}`)
        const others = descriptors.filter((one) => !/^\d+ \/.*\/script\.sh$|^[12] (pipe|socket):/.test(one))
        expect([descriptors.length > 2, others]).toEqual([true, ['0 /dev/null']])
      })

      it('shows no variable in the arguments of a process', async () => {
        const { place, sh } = await open()
        const script = 'echo started; until [ -e go ]; do sleep 0.05; done'
        let args = ''
        const look = (): void => {
          args = processes()
          writeFileSync(join(place.folders.host.project, 'go'), '')
        }
        await sh(script, { variables: { TOKEN: 'a-token-to-look-for' }, onStart: look })
        expect(args).toContain('/script.sh')
        expect(args).not.toContain('a-token-to-look-for')
      })

      it('finds what the one before it wrote, and nothing of its shell', async () => {
        const { sh } = await open()
        await sh('export KEPT=1; cd /; echo file > "$OLDPWD/kept"; echo home > "$HOME/kept"')
        expect((await sh('echo "${KEPT-none} $(cat kept) $(cat "$HOME/kept")"')).output).toBe(
          'none file home\n',
        )
      })
    })

    describe('the end of a script', () => {
      it('is not awaited by what it leaves in the background, which ends too', async () => {
        const seconds = marker()
        expect(await run(`sleep ${seconds} & echo done`)).toEqual({
          exitCode: 0,
          output: 'done\n',
        })
        await isGone(seconds)
      })

      it.each([
        ['', ''],
        ['that ignores SIGTERM', 'trap "" TERM; '],
      ])('comes by the signal to each process of its tree %s', async (_, trap) => {
        const seconds = marker()
        const stopping = new AbortController()
        const script = `${trap}(bash -c '${trap}sleep ${seconds} & sleep ${seconds}' & sleep ${seconds}) & echo started; wait; echo never`
        const { exitCode, output } = await run(script, {
          signal: stopping.signal,
          onStart: () => stopping.abort('stop'),
        })
        expect([exitCode === 0, output]).toEqual([false, 'started\n'])
        await isGone(seconds)
      })

      it('leaves a script that was told to stop the time to do so in order', async () => {
        const stopping = new AbortController()
        const script = `trap 'echo in order; exit 5' TERM; echo started; while :; do sleep 0.1; done`
        const { output } = await run(script, {
          signal: stopping.signal,
          onStart: () => stopping.abort('stop'),
        })
        expect(output).toContain('in order\n')
      })

      it('comes before its beginning where it was told to stop before', async () => {
        const { place, sh } = await open()
        const stopped = sh('touch ran', { signal: AbortSignal.abort(new Error('stopped before')) })
        await expect(stopped).rejects.toThrow('stopped before')
        expect(existsSync(join(place.folders.host.project, 'ran'))).toBe(false)
      })
    })
  })
}

function hostOf(home: string): HostEnvironment {
  return { PATH: process.env['PATH'], HOME: home, LANG: 'C', SECRET_OF_THE_HOST: 'not-for-jobs' }
}

/** As from a runner that was started with a descriptor which every child of its inherits. */
const leaking: Spawn = {
  run: (command) => {
    const open = 'exec 250</etc/passwd; exec "$0" "$@"'
    return systemSpawn.run({ ...command, argv: ['bash', '-c', open, ...command.argv] })
  },
}

interface ShOptions {
  readonly variables?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Called at the line `started`. */
  readonly onStart?: () => void
}

interface Finished {
  readonly exitCode: number
  readonly output: string
}

interface OpenJob {
  readonly place: JobPlace
  readonly said: readonly string[]
  /** Written and run as the stages of a job do it; the announcement is left out of the output. */
  readonly sh: (script: string, options?: ShOptions) => Promise<Finished>
}

function openJob(place: JobPlace, environment: JobEnvironment, said: readonly string[]): OpenJob {
  const { host, job } = place.folders
  const sh: OpenJob['sh'] = async (script, { variables = {}, signal, onStart } = {}) => {
    let text = ''
    await writeScript(join(host.projectTemporary, 'script.sh'), [script], environment.shell)
    const exitCode = await environment.run({
      file: join(job.projectTemporary, 'script.sh'),
      variables: new Map(Object.entries(variables)),
      signal: signal ?? new AbortController().signal,
      onOutput: (chunk) => {
        const had = text.includes('\nstarted\n')
        text += Buffer.from(chunk).toString('utf8')
        if (!had && text.includes('\nstarted\n')) onStart?.()
      },
    })
    return { exitCode, output: text.slice(text.indexOf('\u001B[0;m\n') + '\u001B[0;m\n'.length) }
  }
  return { place, said, sh }
}

/** So many seconds to sleep that no other process of the machine sleeps as long. */
function marker(): string {
  return String(1_000_000 + Buffer.from(systemEntropy.bytes(4)).readUInt32BE())
}

function isGone(seconds: string): Promise<void> {
  return vi.waitFor(() => expect(processes()).not.toContain(`sleep ${seconds}`), KILL_PATIENCE)
}

/** The arguments of all processes of this machine, a line each. */
function processes(): string {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return numbers.map((number) => argumentsOf(number)).join('\n')
}

function argumentsOf(number: string): string {
  try {
    return readFileSync(`/proc/${number}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
