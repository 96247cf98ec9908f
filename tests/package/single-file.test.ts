import { copyFile, cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPackage, succeed, type BuiltPackage } from '../support/package.ts'
import { root, runProgram } from '../support/program.ts'
import { startServer } from '../support/server.ts'

const LONG_MS = 120_000

let built: BuiltPackage
/** Nothing but the file. */
let alone: string
let program: string

describe('wheelseal.mjs', () => {
  beforeAll(async () => {
    built = await buildPackage()
    alone = join(built.path, 'alone')
    program = join(alone, 'wheelseal.mjs')
    await mkdir(alone)
    await copyFile(join(built.dist, 'wheelseal.mjs'), program)
  }, LONG_MS)
  afterAll(() => built.remove())

  it('is the same from another folder, byte for byte', { timeout: 120_000 }, async () => {
    const copy = join(built.path, 'elsewhere', 'checkout')
    for (const name of [
      'src',
      'scripts',
      'docs',
      'examples',
      'templates',
      'schemas',
      'package.json',
      'tsconfig.json',
    ])
      await cp(join(root, name), join(copy, name), { recursive: true })
    for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'])
      await copyFile(join(root, name), join(copy, name))
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
    // The copy is no clone, and is told what the clone knows.
    const { stdout } = await runProgram([process.execPath, program, '--version'])
    const commit = /commit ([0-9a-f]{12})/.exec(stdout)?.[1]
    const env = { WHEELSEAL_COMMIT: commit }
    await succeed(runProgram([process.execPath, 'scripts/build.ts'], { cwd: copy, env }))
    for (const name of ['wheelseal.mjs', 'start.mjs', 'verify.mjs', 'sign.mjs', 'package.json']) {
      const [one, other] = [join(built.dist, name), join(copy, 'dist', name)]
      expect((await readFile(one)).equals(await readFile(other)), name).toBe(true)
    }
  })

  it('names no folder of the machine that built it, and carries the licences of what is in it', async () => {
    const text = await readFile(program, 'utf8')
    expect(text).not.toContain(root)
    expect(text).toContain('\n// commander\n')
    expect(text).toMatch(/^\/\/ Permission is hereby granted/m)
  })

  it('runs alone, a server with its database included', async () => {
    const run = (...args: string[]) =>
      runProgram([program, ...args], { cwd: alone, env: { PATH: nodePath() } })
    expect(await run('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^wheelseal 0\.1\.0 \(Node [0-9.]+(?:, commit [0-9a-f]{12})?\)\n$/),
      stderr: '',
    })
    expect(await run('cosign', 'version')).toMatchObject({ code: 0 })
    const server = await startServer(join(alone, 'data'), [process.execPath, program])
    await server.admin('project', 'create', 'a/b')
    await server.admin('trust', 'export', '--out', join(alone, 'trust'))
    expect(await server.stop()).toBe(0)
    const identity = ['--certificate-identity', 'a', '--certificate-oidc-issuer', server.url]
    const trust = ['--trusted-root', join(alone, 'trust', 'trusted_root.json')]
    expect(await run('verify', '--offline', ...identity, ...trust, program)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[verify.no-seal]'),
    })
  })
})

function nodePath(): string {
  return `${join(root, 'node_modules', '.bin')}:/usr/bin:/bin`
}
