import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'

let base: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'wheelseal-init-command-'))
  folder = join(base, 'tools')
  mkdirSync(folder)
  writeFileSync(join(folder, 'setup.py'), '')
})
afterEach(() => rmSync(base, { recursive: true }))

const options = () => ({ cwd: folder, env: { XDG_STATE_HOME: join(base, 'state'), CI: undefined } })
const pipeline = () => join(folder, '.gitlab-ci.yml')

function init(...args: readonly string[]): Promise<Outcome> {
  return runProgram([wheelseal, 'init', ...args], options())
}

/** On a terminal, on which somebody types the answer. */
function answered(answer: string): Promise<Outcome> {
  const program = ['python3', join(root, 'tests', 'support', 'answered.py'), answer, wheelseal]
  return runProgram([...program, 'init'], options())
}

describe('wheelseal init', () => {
  it('asks once on a terminal, and writes for yes only', async () => {
    const no = await answered('n')
    expect(no).toMatchObject({ code: 1, stdout: expect.stringContaining('error: nothing was written') })
    expect(existsSync(pipeline())).toBe(false)
    const yes = await answered('y')
    expect(yes.code, yes.stdout).toBe(0)
    expect(yes.stdout.match(/Write these changes\?/g)).toHaveLength(1)
    expect(readFileSync(pipeline(), 'utf8')).toContain('python-package@')
  })

  it('shows a diff that git applies, and writes nothing, where there is nobody to ask', async () => {
    const { code, stdout, stderr } = await init('--for', 'gitlab.com')
    expect([code, stderr]).toEqual([1, expect.stringContaining('hint: give --yes to write')])
    expect(existsSync(pipeline())).toBe(false)
    writeFileSync(join(base, 'diff'), stdout)
    expect(await runProgram(['git', 'apply', '../diff'], options())).toMatchObject({ code: 0 })
    const again = await init('--for', 'gitlab.com')
    expect(again).toMatchObject({ code: 0, stdout: '' })
    expect(again.stderr).toMatch(/includes \$CI_SERVER_FQDN\S+ already\n.*nothing to change/)
  })

  it('prints one JSON value, and what was undone', async () => {
    const made = await init('--yes', '--json')
    const after = readFileSync(pipeline(), 'utf8')
    expect(JSON.parse(made.stdout)).toMatchObject({
      target: { kind: 'local' },
      written: true,
      files: [{ path: '.gitlab-ci.yml', before: null, after }],
    })
    const undone = await init('--undo', '--json')
    expect(JSON.parse(undone.stdout)).toEqual({ restored: [], removed: ['.gitlab-ci.yml'] })
    expect(existsSync(pipeline())).toBe(false)
    expect(await init('--undo')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('client.init-undo'),
    })
  })

  it('prints an enemy’s lines as text', async () => {
    writeFileSync(pipeline(), 'a: {script: b} # \u001b[2J\n')
    const { stdout } = await init()
    expect(stdout).toContain(String.raw`# \u{1b}[2J`)
    expect(stdout).not.toContain('\u001b')
  })

  it.each([
    [['--for', 'self-managed'], 'init.target'],
    [['--undo', '--vendored'], 'cannot be used with'],
    [['--for', 'github'], 'Allowed choices'],
  ])('%j is wrong usage', async (args, fact) => {
    expect(await init(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(fact) })
  })
})
