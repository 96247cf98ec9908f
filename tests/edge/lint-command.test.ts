import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const PIPELINE = 'publish:\n  script:\n    - twine upload dist/*\n'
const PYPROJECT =
  '[build-system]\nrequires = ["setuptools>=45"] # kept\n[project]\nname = "a"\nversion = "1"\n'

let folder: { path: string; remove: () => Promise<void> }
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(at('project'))
  await writeFile(at('project/.gitlab-ci.yml'), PIPELINE)
  await writeFile(at('project/pyproject.toml'), PYPROJECT)
})
afterEach(() => folder.remove())

const at = (name: string): string => join(folder.path, name)
const lint = (...args: readonly string[]): Promise<Outcome> =>
  runProgram([wheelseal, 'lint', ...args], { cwd: at('project') })

describe('wheelseal lint as a process', () => {
  it('prints findings as plain lines into a pipe, the count beside them, and ends with 1', async () => {
    const { code, stdout, stderr } = await lint('--rule', 'WS401,WS606')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^\.gitlab-ci\.yml:3:7: error WS401: .+$/m)
    expect(stdout).toMatch(/^pyproject\.toml:2:\d+: \w+ WS606: .+\(--fix\)$/ms)
    expect(stdout + stderr).not.toContain('\u001b')
    expect(stderr).toMatch(/^wheelseal: 1 error, 1 warning$/m)
  })

  it('ends with 0 where nothing is found, and with 2 where it is called wrongly', async () => {
    expect(await lint('--rule', 'WS101')).toMatchObject({ code: 0, stdout: '' })
    expect(await lint('--rule', 'XY1')).toMatchObject({ code: 2, stdout: '' })
    expect(await lint('--format', 'xml')).toMatchObject({ code: 2, stdout: '' })
    expect(await lint('--explain', 'WS999')).toMatchObject({ code: 2 })
    expect(await lint('--fix', '--diff')).toMatchObject({ code: 2 })
  })

  it('prints one JSON value, also of what cannot be looked at', async () => {
    const { code, stdout } = await lint('--json', '--rule', 'WS401')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ findings: [{ rule: 'WS401', line: 3, column: 7 }] })
    const nothing = await lint('--json', at('nothing'))
    expect([nothing.code, JSON.parse(nothing.stdout)]).toMatchObject([
      1,
      { error: { code: 'client.no-project' } },
    ])
    expect(JSON.parse((await lint('--format', 'sarif')).stdout)).toMatchObject({ version: '2.1.0' })
    expect(JSON.parse((await lint('--format', 'codequality', '--rule', 'WS101')).stdout)).toEqual([])
  })

  it('shows what it would change, then changes that, whole, and nothing a second time', async () => {
    await chmod(at('project/pyproject.toml'), 0o640)
    const shown = await lint('--diff', '--rule', 'WS606')
    expect([shown.code, shown.stdout]).toEqual([1, expect.stringContaining('-requires = ["setuptools>=45"]')])
    expect(await readFile(at('project/pyproject.toml'), 'utf8')).toBe(PYPROJECT)
    const fixed = await lint('--fix', '--rule', 'WS606')
    expect([fixed.code, fixed.stderr]).toEqual([0, expect.stringContaining('fixed pyproject.toml')])
    const text = PYPROJECT.replace('>=45', '>=61')
    expect(await readFile(at('project/pyproject.toml'), 'utf8')).toBe(text)
    expect((await stat(at('project/pyproject.toml'))).mode & 0o777).toBe(0o640)
    expect((await readdir(at('project'))).toSorted()).toEqual(['.gitlab-ci.yml', 'pyproject.toml'])
    expect(await lint('--diff', '--rule', 'WS606')).toMatchObject({ code: 0, stdout: '' })
  })
})
