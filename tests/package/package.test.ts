import { existsSync, globSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackage, type BuiltPackage } from '../support/package.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startServer, startServerWithFiles } from '../support/server.ts'

const LONG_MS = 120_000

let installed: BuiltPackage
let modules: string
let program: string

describe('the published package', () => {
  beforeAll(async () => {
    installed = await installPackage()
    modules = join(installed.path, 'node_modules')
    program = join(modules, '.bin', 'wheelseal')
  }, LONG_MS)
  afterAll(() => installed.remove())

  it('installs the libraries of its entry points and nothing else, without install scripts', async () => {
    const manifest = JSON.parse(await readFile(join(modules, 'wheelseal', 'package.json'), 'utf8')) as {
      dependencies: object
    }
    for (const absent of ['devDependencies', 'optionalDependencies', 'scripts'])
      expect(Object.keys(manifest)).not.toContain(absent)
    expect(Object.keys(manifest.dependencies)).toContain('valibot')
    for (const absent of ['vitest', 'hono', 'kysely', 'yaml', 'commander'])
      expect(await readdir(modules)).not.toContain(absent)
  })

  it('has a README that speaks of the package and of no checkout', async () => {
    const folder = join(modules, 'wheelseal')
    const readme = await readFile(join(folder, 'README.md'), 'utf8')
    expect(readme).toContain('wheelseal run -C DIR')
    expect(readme).not.toMatch(/checkout|npm (?:ci|start|test)|bin\/|scripts\/|<!--/)
  })

  it('has pages whose links lead somewhere', async () => {
    const folder = join(modules, 'wheelseal')
    const pages = globSync('{*.md,{docs,examples}/**/*.md}', { cwd: folder })
    expect(pages.length).toBeGreaterThan(15)
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(folder, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
        .filter(([, target = '']) => !existsSync(join(folder, dirname(page), target)))
        .map(([, target]) => `${page}: ${target}`),
    )
    expect(dead).toEqual([])
  })

  it('explains the code of an error, and its page is there', async () => {
    const { stdout } = await runProgram([program, 'help', 'verify.identity'])
    const [, page = '', code = ''] = /page +(\S+)#(\S+)/.exec(stdout) ?? []
    expect(await readFile(join(modules, 'wheelseal', page), 'utf8')).toContain(`<a id="${code}"></a>`)
  })

  it('adds the command wheelseal and no other', async () => {
    expect((await readdir(join(modules, '.bin'))).filter((name) => name.includes('cosign'))).toEqual([])
    expect(await runProgram([program, '--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^wheelseal 0\.1\.0 \(Node [0-9.]+(?:, commit [0-9a-f]{12})?\)\n$/),
      stderr: '',
    })
    expect((await runProgram([program, '--help'])).stdout).toContain('Example: wheelseal up')
  })

  it('is cosign under that name', async () => {
    await symlink(program, join(installed.path, 'cosign'))
    const { stdout } = await runProgram([join(installed.path, 'cosign'), 'version'])
    expect(stdout).toContain('cosign compatibility of wheelseal')
  })

  it('runs a server that starts, is asked, and stops', async () => {
    const run = (...args: string[]): Promise<Outcome> => runProgram([program, ...args])
    const data = join(installed.path, 'data')
    expect(await run('project', 'create', 'a/b', '--data', data)).toMatchObject({ code: 1 })
    const server = await startServer(data, [program])
    const create = (name: string): Promise<Outcome> =>
      run('project', 'create', name, '--data', data, '--json')
    expect(await create('a/b')).toMatchObject({ code: 0, stderr: '' })
    expect(await server.stop()).toBe(0)
    expect(await create('a/c')).toMatchObject({ code: 0, stderr: '' })
  })

  it('keeps its compiled code for this user alone, and does without where it cannot', async () => {
    const cache = join(installed.path, 'cache')
    const version = (XDG_CACHE_HOME: string): Promise<Outcome> =>
      runProgram([program, '--version'], { env: { XDG_CACHE_HOME, NODE_COMPILE_CACHE: undefined } })
    expect(await version(cache)).toMatchObject({ code: 0, stderr: '' })
    const folder = join(cache, 'wheelseal', 'compiled')
    expect((await stat(folder)).mode & 0o077).toBe(0)
    expect(await readdir(folder)).toHaveLength(1)
    await writeFile(join(installed.path, 'file'), '')
    expect(await version(join(installed.path, 'file'))).toMatchObject({ code: 0, stderr: '' })
    const open = join(installed.path, 'open')
    await mkdir(join(open, 'wheelseal', 'compiled'), { recursive: true })
    await runProgram(['chmod', '777', join(open, 'wheelseal', 'compiled')])
    expect(await version(open)).toMatchObject({ code: 0, stderr: '' })
    expect(await readdir(join(open, 'wheelseal', 'compiled'))).toEqual([])
  })

  it('has typed entry points with which a program of one file seals and verifies', async () => {
    const { server, path, stop } = await startServerWithFiles()
    try {
      await writeFile(join(installed.path, 'package.json'), '{"type":"module"}')
      const script = join(installed.path, 'seal-and-verify.ts')
      await copyFile(join(root, 'examples', 'library', 'seal-and-verify.ts'), script)
      const identity = `https://${new URL(server.url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`
      const { token } = await server.admin('trust', 'token', '--project', 'acme/tools')
      const run = (who: string): Promise<Outcome> =>
        runProgram([process.execPath, script, 'file', who, server.url], {
          cwd: path,
          env: {
            SIGSTORE_ID_TOKEN: String(token),
            FULCIO_URL: server.url,
            REKOR_URL: server.url,
            TSA_URL: `${server.url}/api/v1/timestamp`,
          },
        })
      const sealed = await run(identity)
      expect(sealed, sealed.stderr).toMatchObject({ code: 0, stderr: '' })
      expect(sealed.stdout).toContain(`file was signed by ${identity}`)
      expect(await readFile(join(path, 'file.sigstore.json'), 'utf8')).toContain('rfc3161Timestamps')
      const other = await run(`${identity}x`)
      expect(other.code).toBe(1)
      expect(other.stdout).toContain('file is refused')
    } finally {
      await stop()
    }
  })

  it('has types that a strict compiler takes whole, those of the library included', async () => {
    await writeFile(join(installed.path, 'package.json'), '{"type":"module"}')
    await copyFile(join(root, 'examples/library/seal-and-verify.ts'), join(installed.path, 'consumer.ts'))
    const flags = ['--module', 'nodenext', '--target', 'es2024', '--strict', '--noEmit', '--types', 'node']
    const roots = ['--typeRoots', join(root, 'node_modules', '@types')]
    const compiler = join(root, 'node_modules', '.bin', 'tsc')
    const compile = (): Promise<Outcome> =>
      runProgram([compiler, ...flags, ...roots, 'consumer.ts'], { cwd: installed.path })
    expect(await compile()).toMatchObject({ code: 0, stdout: '' })
    await writeFile(
      join(installed.path, 'consumer.ts'),
      `import { exactly } from 'wheelseal/verify'\nexactly(1)\n`,
    )
    expect((await compile()).stdout).toContain('TS2345')
  })

  it('does nothing when an entry point is imported', async () => {
    const source = `const before = [process.emitWarning, process.title, Object.keys(globalThis).length, process.listenerCount('exit')]
      await import('wheelseal/verify'); await import('wheelseal/sign')
      const after = [process.emitWarning, process.title, Object.keys(globalThis).length, process.listenerCount('exit')]
      console.log(before.every((value, at) => value === after[at]))`
    await writeFile(join(installed.path, 'import.mjs'), source)
    const { stdout, stderr } = await runProgram([process.execPath, join(installed.path, 'import.mjs')])
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
  })
})
