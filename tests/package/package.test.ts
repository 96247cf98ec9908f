import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, runProgram } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const LONG_MS = 120_000

let folder: { path: string; remove: () => Promise<void> }
let installed: string

describe('the published package', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    const out = ['--pack-destination', folder.path]
    expect(await runProgram(['npm', 'run', 'build'], { cwd: root })).toMatchObject({ code: 0 })
    expect(await runProgram(['npm', 'pack', join(root, 'dist'), ...out], { cwd: root })).toMatchObject({
      code: 0,
    })
    const archive = (await readdir(folder.path)).find((name) => name.endsWith('.tgz'))
    const install = ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder.path]
    expect(await runProgram([...install, join(folder.path, archive!)])).toMatchObject({ code: 0 })
    installed = join(folder.path, 'node_modules')
  }, LONG_MS)
  afterAll(() => folder.remove())

  it('installs without any development dependency and without install scripts', async () => {
    const manifest = JSON.parse(
      await readFile(join(installed, 'wheelseal', 'package.json'), 'utf8'),
    ) as object
    expect(Object.keys(manifest)).not.toContain('devDependencies')
    expect(Object.keys(manifest)).not.toContain('optionalDependencies')
    expect(Object.keys(manifest)).not.toContain('scripts')
    expect(await readdir(installed)).not.toContain('vitest')
  })

  it('runs: help, version, and a server that starts and is asked', async () => {
    const run = (...args: string[]) =>
      runProgram([process.execPath, join(installed, 'wheelseal', 'wheelseal.js'), ...args])
    expect(await run('--version')).toMatchObject({ code: 0, stderr: '' })
    expect((await run('--help')).stdout).toContain('Example: wheelseal up')
    const data = join(folder.path, 'data')
    expect(await run('project', 'create', 'a/b', '--data', data)).toMatchObject({ code: 1 })
    const { startServer } = await import('../support/server.ts')
    const server = await startServer(data, [process.execPath, join(installed, 'wheelseal', 'wheelseal.js')])
    expect(await run('project', 'create', 'a/b', '--data', data, '--json')).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(await server.stop()).toBe(0)
    expect(await run('project', 'create', 'a/c', '--data', data, '--json')).toMatchObject({
      code: 0,
      stderr: '',
    })
  })
})
