import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 300_000
const USER = 65_532
const start = join(root, 'scripts', 'start')
/** A namespace of its own, below which there can be no other: the kernel counts for each. */
const NO_NAMESPACES = [
  'unshare',
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  'sh',
]
const FALLBACK = /^wheelseal: jobs run as your user, without isolation: user namespace: /gm

let folder: { path: string; remove: () => Promise<void> }

/** As root it is run by stranger.test.ts, from a fresh clone. */
describe('npm start', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
  })
  afterAll(() => folder.remove())

  it('passes as an ordinary user, with jobs in the sandbox', { timeout: LONG_MS }, async () => {
    const { code, stderr, stdout } = await startIn('user', { words: asUser(), args: [] })
    expect(code, stderr).toBe(0)
    for (const stage of STAGES) expect(stderr).toMatch(new RegExp(`^ +${stage} +passed`, 'm'))
    expect(stdout.match(/ yes$/gm)).toHaveLength(2)
    expect(stderr).not.toMatch(FALLBACK)
  })

  it(
    'passes where user namespaces are off, and one line says that jobs are not isolated and why',
    { timeout: LONG_MS },
    async () => {
      const { code, stderr } = await startIn('off', { words: NO_NAMESPACES, args: ['build'] })
      expect(code, stderr).toBe(0)
      for (const stage of STAGES.slice(0, 1)) expect(stderr).toMatch(new RegExp(`^ +${stage} +passed`, 'm'))
      expect(stderr.match(FALLBACK)).toHaveLength(1)
    },
  )

  it('is refused there when the sandbox was asked for', { timeout: LONG_MS }, async () => {
    const args = ['--executor', 'sandbox']
    const { code, stderr } = await startIn('asked', { words: NO_NAMESPACES, args })
    expect(code).toBe(1)
    expect(stderr).toContain('error: jobs cannot be isolated on this machine: user namespace: ')
    expect(stderr).not.toContain('started')
  })
})

interface Start {
  /** Before the program. */
  readonly words: readonly string[]
  readonly args: readonly string[]
}

/** Only root can become another user; whoever else runs this is one already. */
function asUser(): readonly string[] {
  const id = String(USER)
  return process.getuid?.() === 0 ? ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'] : []
}

async function startIn(name: string, { words, args }: Start): Promise<Outcome> {
  const home = join(folder.path, name)
  await mkdir(home)
  if (process.getuid?.() === 0 && name === 'user') await chown(home, USER, USER)
  const own = {
    HOME: home,
    TMPDIR: home,
    XDG_DATA_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_STATE_HOME: home,
  }
  return runProgram([...words, start, ...args], { cwd: home, env: { ...own, INIT_CWD: home } })
}
