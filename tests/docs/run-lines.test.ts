import { mkdir, symlink } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { cosign2, present } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 300_000

let folder = ''
let listen = ''

/** As it is called without flags: the project is private, so that they need a token too. */
describe.runIf(present(cosign2))('wheelseal run on the example', () => {
  beforeAll(async () => {
    const { path, remove } = await temporaryFolder()
    folder = path
    listen = await ownAddress()
    return remove
  })

  it(
    'with stock cosign before our face, and the lines that it prints: they start the services, verify a file and install that file, as they are',
    { timeout: LONG_MS },
    async () => {
      await mkdir(join(folder, 'stock'))
      await symlink(cosign2, join(folder, 'stock', 'cosign'))
      const { code, stdout, stderr } = await runExample('--prepend-path', join(folder, 'stock'))
      expect(code, stderr).toBe(0)
      for (const stage of STAGES) expect(stderr).toMatch(new RegExp(`^ +${stage} +passed`, 'm'))
      for (const file of ['hello_tools-1.0.0-py3-none-any.whl', 'hello_tools-1.0.0.tar.gz'])
        expect(stdout).toMatch(new RegExp(`^${file} +\\d+ +[1-9]\\d* +yes$`, 'm'))
      const script = ['trap "kill %1" EXIT', ...linesOf(stdout), 'venv/bin/hello-tools Ada']
      const consumer = await shell(script.join('\n'))
      expect(consumer.code, consumer.stderr).toBe(0)
      expect(consumer.stdout).toContain('Hello, Ada!')
    },
  )

  it(
    'a second time, with our face: the build gave the same, and the lines are not about new files',
    { timeout: LONG_MS },
    async () => {
      const { code, stdout, stderr } = await runExample()
      expect(code, stderr).toBe(0)
      expect(stderr).toContain('pipeline 2 of')
      expect(stdout).toContain('published no new file')
    },
  )

  /** The lines name the program as it was called. */
  const PATH = [dirname(wheelseal), process.env['PATH']].join(delimiter)

  function runExample(...more: readonly string[]): Promise<Outcome> {
    const example = join(root, 'examples', 'hello-tools')
    const services = ['--data', join(folder, 'data'), '--listen', listen]
    return runProgram([wheelseal, 'run', '-C', example, ...services, ...more])
  }

  /** As a user pastes them; a temporary folder is below the test's. */
  function shell(script: string): Promise<Outcome> {
    return runProgram(['bash', '-ec', script], { env: { TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: '1', PATH } })
  }
})

function linesOf(stdout: string): readonly string[] {
  const lines = stdout.slice(stdout.indexOf('A consumer verifies')).split('\n')
  return lines.filter((line) => line.startsWith('  '))
}
