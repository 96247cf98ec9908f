import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { sealsOf } from '../../src/client/publish/arrange.ts'
import {
  gitlabStandIn,
  TOKEN,
  type Asked,
  type Fault,
  type StandIn,
} from '../../src/client/publish/stand-in/arrange.ts'
import { runProgram, startProgram, wheelseal, type Outcome } from '../support/program.ts'

/** The command as a process, over a stand-in for GitLab, killed between any two uploads. */
const NAMES = ['a-1.0-py3-none-any.whl', 'a-1.0.tar.gz'] as const
const ENDINGS = ['', '.sig', '.crt']
const UPLOADS = NAMES.length * ENDINGS.length

let folder: string
let atUpload: ((nth: number) => Fault | undefined) | undefined
const seen: Asked[] = []
let server: StandIn

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wheelseal-publish-command-'))
  for (const name of NAMES) {
    const bytes = distributionOf(name)
    const texts: Readonly<Record<string, string | Uint8Array>> = { '': bytes, ...sealsOf(name, bytes) }
    for (const ending of ENDINGS) writeFileSync(join(folder, `${name}${ending}`), texts[ending] ?? '')
  }
  server = await gitlabStandIn({
    fault: (asked) => {
      if (asked.method === 'GET') return undefined
      seen.push(asked)
      return atUpload?.(seen.length)
    },
  })
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const env = { WHEELSEAL_TOKEN: TOKEN, CI_JOB_TOKEN: undefined, CI_API_V4_URL: undefined }
const argv = (...more: readonly string[]): readonly string[] => [
  wheelseal,
  'publish',
  '--api',
  `${server.url}/api/v4`,
  '--project',
  'acme/tools',
  ...more,
  ...NAMES.map((name) => join(folder, name)),
]
const publish = (...more: readonly string[]): Promise<Outcome> => runProgram(argv(...more), { env })

it.each(Array.from({ length: UPLOADS }, (_each, nth) => nth + 1))(
  'is whole after the same command again when it was killed at upload %i',
  async (nth) => {
    ;(server.packages as Map<string, unknown>).clear()
    ;(server.generic as Map<string, unknown>).clear()
    seen.splice(0)
    const child = startProgram(argv('--quiet'), { env })
    const ended = new Promise((resolve) => child.once('close', resolve))
    // Killed when the upload has arrived: in every other case it is stored, too, and its answer lost.
    atUpload = (count) => {
      if (count !== nth) return undefined
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      return nth % 2 === 0 ? 'lost' : 'cut'
    }
    await ended
    atUpload = undefined
    const { code, stdout } = await publish('--json')
    expect(code).toBe(0)
    const { files } = JSON.parse(stdout) as { readonly files: readonly { readonly uploaded: boolean }[] }
    expect(files).toHaveLength(UPLOADS)
    expect(files.filter(({ uploaded }) => !uploaded)).toHaveLength(nth % 2 === 0 ? nth : nth - 1)
    expect([...(server.packages.get('a')?.keys() ?? [])]).toEqual(NAMES)
    expect([...server.generic.values()].map((all) => all.length)).toEqual([1, 1, 1, 1])
  },
)

it('prints one line for each step and each file where it is piped, and the token nowhere', async () => {
  const { code, stdout, stderr } = await publish()
  expect([code, stdout.split('\n').length]).toEqual([0, UPLOADS + 1])
  expect(stderr).toMatch(/^wheelseal: asking the registry what it has\n/)
  expect(`${stdout}${stderr}`).not.toContain(TOKEN)
})

it('prints nothing with --quiet', async () => {
  expect(await publish('--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
})

it('takes the token from standard input, and none as an argument', async () => {
  const shell = await runProgram(
    ['sh', '-c', 'printf %s "$SECRET" | "$@"', 'sh', ...argv('--quiet', '--token-file', '-')],
    { env: { ...env, WHEELSEAL_TOKEN: undefined, SECRET: TOKEN } },
  )
  expect(shell.code).toBe(0)
  expect((await publish('--token', 'x')).code).toBe(2)
})

it('ends with 2 where it is not said which server is meant', async () => {
  const { code, stderr } = await runProgram([wheelseal, 'publish', join(folder, NAMES[0])], { env })
  expect([code, stderr]).toEqual([2, expect.stringContaining('[packaging.target]')])
})
