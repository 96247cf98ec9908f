import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 300_000

let folder = ''
let listen = ''

/** As it is called without flags: the project is private, so that they need a token too. */
describe('the lines that wheelseal run prints', () => {
  beforeAll(async () => {
    const { path, remove } = await temporaryFolder()
    folder = path
    listen = await ownAddress()
    return remove
  })

  it(
    'start the services, verify a file and install that file, as they are',
    { timeout: LONG_MS },
    async () => {
      const { code, stdout, stderr } = await runExample()
      expect(code, stderr).toBe(0)
      const script = ['trap "kill %1" EXIT', ...linesOf(stdout), 'venv/bin/hello-tools Ada']
      const consumer = await shell(script.join('\n'))
      expect(consumer.code, consumer.stderr).toBe(0)
      expect(consumer.stdout).toContain('Hello, Ada!')
    },
  )

  it(
    'are not about new files after a second run, whose build gave the same',
    { timeout: LONG_MS },
    async () => {
      const { code, stdout, stderr } = await runExample()
      expect(code, stderr).toBe(0)
      expect(stderr).toContain('pipeline 2 of')
      expect(stdout).toContain('published no new file')
    },
  )

  function runExample(): Promise<Outcome> {
    const example = join(root, 'examples', 'hello-tools')
    const services = ['--data', join(folder, 'data'), '--listen', listen]
    return runProgram([wheelseal, 'run', '-C', example, ...services])
  }

  /** As a user pastes them; a temporary folder is below the test's. */
  function shell(script: string): Promise<Outcome> {
    return runProgram(['bash', '-ec', script], { env: { TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: '1' } })
  }
})

function linesOf(stdout: string): readonly string[] {
  const lines = stdout.slice(stdout.indexOf('A consumer verifies')).split('\n')
  return lines.filter((line) => line.startsWith('  '))
}
