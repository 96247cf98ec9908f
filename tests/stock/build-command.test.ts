import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python } from '../support/judges.ts'
import { runProgram, startProgram, wheelseal } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000
let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'tmp'))
})
afterAll(() => folder.remove())

async function project(backEnd: string, requirement: string): Promise<string> {
  const path = join(folder.path, backEnd.split('.')[0] ?? '')
  await mkdir(path)
  await writeFile(
    join(path, 'pyproject.toml'),
    `[build-system]\nrequires = ["${requirement}"]\nbuild-backend = "${backEnd}"\n[project]\nname = "demo"\nversion = "1.0"\ndescription = "x"\n`,
  )
  await writeFile(join(path, 'demo.py'), '"""Demo."""\n')
  return path
}

const env = (): Record<string, string> => ({ TMPDIR: join(folder.path, 'tmp') })
const left = (): Promise<readonly string[]> => readdir(join(folder.path, 'tmp'))

/** PyPI's build and back ends, from the index that pip is configured with. */
describe.runIf(present(python))('wheelseal build', () => {
  it.each([
    ['hatchling.build', 'hatchling'],
    ['flit_core.buildapi', 'flit_core'],
  ])(
    'builds with %s twice the same, and leaves nothing else',
    { timeout: LONG_MS },
    async (backEnd, requirement) => {
      const path = await project(backEnd, requirement)
      const { code, stdout, stderr } = await runProgram([wheelseal, 'build', '-C', path, '--check'], {
        env: env(),
      })
      expect([code, stderr]).toEqual([0, expect.stringContaining('comparing the two builds')])
      expect(stdout.match(/ is built, equal in two builds, sha256 [0-9a-f]{64}$/gm)).toHaveLength(2)
      expect(await readdir(path)).toEqual(['demo.py', 'dist', 'pyproject.toml'])
      expect(await left()).toEqual([])
    },
  )

  it('leaves nothing at all when it is stopped in the middle', { timeout: LONG_MS }, async () => {
    const path = await project('setuptools.build_meta', 'setuptools')
    const child = startProgram([wheelseal, 'build', '-C', path], { env: env() })
    const ended = once(child, 'exit')
    let told = ''
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString()
      if (told.endsWith('building\n')) process.kill(child.pid ?? 0, 'SIGINT')
    })
    const [code] = (await ended) as [number | null]
    expect([code, told]).toEqual([130, expect.stringContaining('stopped by Ctrl-C')])
    expect(await readdir(path)).toEqual(['demo.py', 'pyproject.toml'])
    expect((await left()).filter((name) => name.startsWith('ws-build'))).toEqual([])
  })
})
