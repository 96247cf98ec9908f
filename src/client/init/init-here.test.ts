import { execFileSync } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shippedComponent, systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import type { TargetName } from '../../init/index.ts'
import { planInit, undoInit, writeChanges, type InitPlan } from './index.ts'

let base: string
let folder: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelseal-init-'))
  folder = join(base, 'tools')
  await mkdir(folder)
})
afterEach(() => rm(base, { recursive: true }))

const COMPLETE = '[build-system]\nrequires = ["flit_core"]\n[project]\nname = "a"\nversion = "1"\n'
const HEX = `sha256:${'ab'.repeat(32)}`

const recordPorts = () => ({ files: systemFiles, env: { XDG_STATE_HOME: join(base, 'state') } })

interface Given {
  readonly for?: TargetName
  readonly url?: string
  readonly fingerprint?: string
  readonly name?: string
  readonly isVendored?: boolean
  readonly at?: string
}

function plan(given: Given = {}): Promise<InitPlan> {
  const { url, fingerprint, name, isVendored = false, at = folder } = given
  const choice = { name: given.for, url, fingerprint }
  const ports = {
    files: systemFiles,
    clock: systemClock,
    spawn: systemSpawn,
    shipped: shippedComponent,
    env: {},
  }
  return planInit({ folder: at, choice, name, isVendored }, ports)
}

async function init(given: Given = {}): Promise<InitPlan> {
  const made = await plan(given)
  await writeChanges(made.folder, made.changes, recordPorts())
  return made
}

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

const origin = (url: string): Promise<void> => write({ '.git/config': `[remote "origin"]\n\turl = ${url}\n` })
const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8')
const paths = ({ changes }: InitPlan): readonly string[] => changes.map(({ path }) => path)

/** Every file and folder with its mode and bytes. */
async function snapshot(): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const place = join(entry.parentPath, entry.name)
    const mode = (await lstat(place)).mode.toString(8)
    seen[place] = entry.isFile() ? `${mode} ${(await readFile(place)).toString('base64')}` : mode
  }
  return seen
}

describe('where the pipeline runs', () => {
  beforeEach(() => write({ 'pyproject.toml': COMPLETE }))

  it.each([
    ['git@gitlab.com:acme/tools.git', 'gitlab.com', 'the remote origin is on gitlab.com'],
    ['https://github.com/acme/tools', 'local', 'the remote origin is on github.com, which is not a GitLab'],
    ['../elsewhere', 'local', 'there is no remote origin on a server'],
  ])('is seen by the remote %s', async (url, kind, why) => {
    await origin(url)
    expect(await plan()).toMatchObject({ target: { kind }, why })
  })

  it('needs trust services for a GitLab of its own', async () => {
    await origin('https://git.example.com/acme/tools.git')
    await expect(plan()).rejects.toMatchObject({
      code: 'init.target',
      message: expect.stringContaining('the remote origin is on git.example.com'),
    })
    const { changes } = await plan({ url: 'https://seal.example.com/', fingerprint: HEX })
    expect(changes[0]?.after).toContain(
      `inputs:\n      fulcio-url: https://seal.example.com\n      rekor-url: https://seal.example.com\n      tuf-url: https://seal.example.com/tuf\n      tuf-root: ${HEX}\n`,
    )
  })

  it.each<Given>([
    { for: 'self-managed', url: 'https://seal.example.com' },
    { for: 'self-managed', url: 'ftp://seal.example.com', fingerprint: HEX },
    { for: 'self-managed', url: 'http://seal.example.com', fingerprint: HEX },
    { for: 'self-managed', url: 'https://seal.example.com', fingerprint: 'ab' },
    { for: 'gitlab.com', url: 'https://seal.example.com' },
  ])('is refused where flags do not fit: %j', async (given) => {
    await expect(plan(given)).rejects.toMatchObject({ code: 'init.target' })
  })

  it('is not below the top of a repository, whose file GitLab would not read', async () => {
    execFileSync('git', ['init', '-q', base])
    await expect(plan({ for: 'gitlab.com' })).rejects.toMatchObject({ code: 'client.no-project' })
    expect(paths(await plan())).toContain('.gitlab-ci.yml')
  })
})

describe('init', () => {
  it('makes a small package of an empty folder, and leaves what a new repository has', async () => {
    await write({ 'README.md': '# mine\n', LICENSE: '' })
    await origin('https://gitlab.com/acme/My.Tools')
    await init()
    expect(await read('README.md')).toBe('# mine\n')
    expect(await read('pyproject.toml')).toContain('name = "my-tools"\nversion = "0.1.0"\n')
    expect(await read('pyproject.toml')).toContain('Homepage = "https://gitlab.com/acme/My.Tools"\n')
    expect(await read('src/my_tools/__init__.py')).toContain('"""')
  })

  it.each([
    [{ 'a.txt': '' }, 'init.not-a-package'],
    [{ 'pyproject.toml': 'a = \n' }, 'init.pyproject'],
    [{ 'pyproject.toml': COMPLETE, '.gitlab-ci.yml': 'a: [\n' }, 'init.pipeline'],
    [{ 'pyproject.toml': new Uint8Array([0xff, 0xfe, 0x61, 0]) }, 'client.init-file'],
  ])('refuses %j with %s', async (files, code) => {
    await write(files)
    await expect(plan()).rejects.toMatchObject({ code })
  })

  it('wants a name where the folder has none that fits', async () => {
    await mkdir(join(folder, '2048'))
    await expect(plan({ at: join(folder, '2048') })).rejects.toMatchObject({ code: 'init.name' })
    expect(paths(await plan({ at: join(folder, '2048'), name: 'game' }))).toContain('src/game/__init__.py')
  })

  it('gives jobs another name where the project has those, and keeps the stages of included files', async () => {
    await write({
      'pyproject.toml': COMPLETE,
      '.gitlab-ci.yml': 'include: ci.yml\nbuild:\n  stage: lint\n  script: make\n',
      'ci.yml': 'stages: [lint, publish]\n',
    })
    const { changes } = await plan({ for: 'gitlab.com' })
    expect(changes[0]?.after).toMatch(
      /^stages:\n {2}- lint\n {2}- build\n[^]*include:\n {2}- ci\.yml\n {2}- component: \S+\n {4}inputs:\n {6}job-prefix: release-\nbuild:/,
    )
  })

  it('says which includes it could not look at', async () => {
    await write({ 'pyproject.toml': COMPLETE, '.gitlab-ci.yml': 'include:\n  - template: A.gitlab-ci.yml\n' })
    expect((await plan()).unread).toEqual([expect.stringContaining('.gitlab-ci.yml:2:5: ')])
  })

  it('is made once', async () => {
    await write({ 'pyproject.toml': COMPLETE })
    const [first, second] = [await init({ isVendored: true }), await init()]
    expect(paths(first)).toEqual(['.gitlab-ci.yml', '.gitlab/python-package.yml'])
    expect(second).toMatchObject({ changes: [], included: '.gitlab/python-package.yml' })
  })

  it.each([
    ['pyproject.toml', 'pyproject.toml'],
    ['.gitlab', '.gitlab'],
  ])('does not follow the link %s out of the project', async (name, where) => {
    await write({ 'setup.py': '' })
    await mkdir(join(base, 'elsewhere'))
    await symlink(join(base, 'elsewhere'), join(folder, name))
    await expect(init({ isVendored: true })).rejects.toMatchObject({
      code: 'client.init-file',
      message: `${where} is a symbolic link`,
    })
    expect(await readdir(join(base, 'elsewhere'))).toEqual([])
  })

  it('writes nothing where a file has changed since it was read', async () => {
    await write({ 'pyproject.toml': '[project]\nname = "a"\n' })
    const made = await plan()
    await write({ '.gitlab-ci.yml': 'a: {script: b}\n' })
    const before = await snapshot()
    await expect(writeChanges(folder, made.changes, recordPorts())).rejects.toMatchObject({
      code: 'client.init-changed',
    })
    expect(await snapshot()).toEqual(before)
  })
})

describe('--undo', () => {
  it('restores every byte, mode and folder, run after run', async () => {
    const parts = fc.record({
      pyproject: fc.constantFrom(COMPLETE, '[project]\r\nname = "a"', '\uFEFF[tool.x]\n', undefined),
      pipeline: fc.constantFrom('a: {script: b}', 'include: [x.yml]\r\n# é\r\n', undefined),
      mode: fc.constantFrom(0o600, 0o664, 0o755, 0o444),
      isVendored: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(parts, async ({ pyproject, pipeline, mode, isVendored }) => {
        await rm(folder, { recursive: true })
        await mkdir(folder)
        const files = { 'setup.cfg': '[metadata]\n', 'pyproject.toml': pyproject, '.gitlab-ci.yml': pipeline }
        for (const [name, text] of Object.entries(files))
          if (text !== undefined) {
            await write({ [name]: text })
            await chmod(join(folder, name), mode)
          }
        const before = await snapshot()
        const { changes } = await init({ for: 'gitlab.com', isVendored })
        for (const { path, before: text } of changes)
          if (text !== undefined) expect((await stat(join(folder, path))).mode & 0o777).toBe(mode)
        expect(changes.length).toBeGreaterThan(0)
        await undoInit(folder, recordPorts())
        expect(await snapshot()).toEqual(before)
      }),
      { numRuns: 25 },
    )
  })

  it('undoes one run at a time, the last one first, and then says that there is none', async () => {
    await write({ 'setup.py': '' })
    const after = (await init()).changes[0]!.after
    await rm(join(folder, '.gitlab-ci.yml'))
    await init({ for: 'gitlab.com' })
    expect(await undoInit(folder, recordPorts())).toEqual({ restored: [], removed: ['.gitlab-ci.yml'] })
    await write({ '.gitlab-ci.yml': after })
    expect(await undoInit(folder, recordPorts())).toMatchObject({ removed: ['.gitlab-ci.yml'] })
    await expect(undoInit(folder, recordPorts())).rejects.toMatchObject({ code: 'client.init-undo' })
  })

  it('touches nothing where a file has changed since', async () => {
    await write({ 'setup.cfg': '' })
    await init()
    await write({ 'pyproject.toml': '# mine\n' })
    const before = await snapshot()
    await expect(undoInit(folder, recordPorts())).rejects.toMatchObject({
      code: 'client.init-changed',
      message: expect.stringContaining('pyproject.toml'),
    })
    expect(await snapshot()).toEqual(before)
  })

  it('takes back a run that ended in between', async () => {
    await write({ 'setup.cfg': '' })
    const before = await snapshot()
    const made = await plan({ isVendored: true })
    const { files, env } = recordPorts()
    let count = 0
    const stopping = {
      ...files,
      writeAtomic: (path: string, bytes: Uint8Array, mode?: number) => {
        if (path.startsWith(folder) && ++count === 2) return Promise.reject(new Error('no space'))
        return files.writeAtomic(path, bytes, mode)
      },
    }
    await expect(writeChanges(folder, made.changes, { files: stopping, env })).rejects.toThrow('no space')
    expect(await snapshot()).not.toEqual(before)
    await undoInit(folder, recordPorts())
    expect(await snapshot()).toEqual(before)
  })
})
