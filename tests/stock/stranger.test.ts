import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cosign2, present } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 240_000
const readme = readFileSync(join(root, 'README.md'), 'utf8')
/** Without what stands in comments, which is for the README of the package. */
const shown = readme.replaceAll(/<!--.*?-->/gs, '')
const commands = [...shown.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text.trim())

let folder: { path: string; remove: () => Promise<void> }
let clone: string
let lines: string

/** A fresh clone, the README's commands, and nothing else of this checkout. */
describe('a stranger', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    clone = join(folder.path, 'wheelseal')
    expect(await runProgram(['git', 'clone', '--quiet', root, clone])).toMatchObject({ code: 0 })
  })
  afterAll(() => folder.remove())

  it('finds the two commands in the README, which has no others', () => {
    expect(commands).toEqual(['npm ci && npm start', 'npm ci && npm test'])
    // The second one is what runs this test; CI calls it by these words.
    expect(readFileSync(join(root, '.ci', 'run'), 'utf8')).toContain(commands[1])
    expect(shown.split('\n').length).toBeLessThan(90)
  })

  it(
    'runs the first command and sees what was built, signed, published and verified',
    { timeout: LONG_MS },
    async () => {
      const { code, stdout, stderr } = await shell(commands[0]!)
      expect(code, stderr).toBe(0)
      for (const stage of STAGES) expect(stderr).toMatch(new RegExp(`${stage} +passed`))
      expect(stdout).toMatch(/hello_tools-1\.0\.0-py3-none-any\.whl +\d+ +1 +yes/)
      expect(stdout).toMatch(/hello_tools-1\.0\.0\.tar\.gz +\d+ +2 +yes/)
      lines = [...stdout.matchAll(/^ {2}(?! http).*(?:\n {4}.*)?$/gm)]
        .map(([line]) => line)
        .filter((line) => !line.startsWith('  http'))
        .join('\n')
      expect(lines).toContain(`  ${join(clone, 'bin', 'wheelseal')} up --quiet --data `)
    },
  )

  it('installs and runs the package with the lines that were printed', { timeout: LONG_MS }, async () => {
    const { code, stdout, stderr } = await consume(lines)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('Verified OK')
    expect(stderr).not.toContain('curl:')
    expect(stdout).toContain('Successfully installed hello-tools-1.0.0')
  })

  it.runIf(present(cosign2))(
    'verifies with stock cosign in place of ours',
    { timeout: LONG_MS },
    async () => {
      await mkdir(join(folder.path, 'stock'))
      await symlink(cosign2, join(folder.path, 'stock', 'cosign'))
      const stock = lines.replace(
        `${join(clone, 'bin', 'wheelseal')} cosign`,
        join(folder.path, 'stock', 'cosign'),
      )
      const { code, stderr } = await consume(stock)
      expect(code, stderr).toBe(0)
      expect(stderr).toContain('Verified OK')
    },
  )
})

/** As from a terminal; the server that the lines start is ended at the end. */
async function consume(text: string): Promise<Outcome> {
  await writeFile(
    join(folder.path, 'lines'),
    `set -e\ntrap 'kill $(jobs -p); wait' EXIT\n${text}\nvenv/bin/hello-tools --help\n`,
  )
  return shell(`. ${join(folder.path, 'lines')}`)
}

function shell(text: string): Promise<Outcome> {
  const env = { CI: 'true', XDG_DATA_HOME: join(folder.path, 'home'), TMPDIR: folder.path, PATH: ownPath() }
  return runProgram(['bash', '-c', text], { cwd: clone, env })
}

/** Without the folders that npm puts in front for this checkout. */
function ownPath(): string {
  return (process.env['PATH'] ?? '')
    .split(':')
    .filter((part) => !part.includes('node_modules'))
    .join(':')
}
