import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { python } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000
const page = readFileSync(join(root, 'docs', 'how-to', 'expect-an-identity.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block = '']) => here(block))

let server: Server
let folder: { path: string; remove: () => Promise<void> }

const at = (name: string): string => join(folder.path, name)
const here = (text: string): string => text.replaceAll('127.0.0.1:7711', () => new URL(server.url).host)

/** One server, whose projects sign and publish; everything else is files. */
describe('wheelseal policy init', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(at('data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('project', 'create', 'acme/copy')
    await mkdir(at('bin'))
    await symlink(wheelseal, at('bin/wheelseal'))
    for (const version of ['1.0.0', '1.0.1']) await distributions(version)
    await rename(at('dist/acme_tools-1.0.1.tar.gz'), at('copy.tar.gz'))
    const { code, stderr } = await shell(
      `rm dist/acme_tools-1.0.1*; mkdir copy; mv copy.tar.gz copy/acme_tools-1.0.1.tar.gz\nset -e\n${blocks('sh').join('')}
wheelseal trust token --project acme/copy |
  wheelseal sign --identity-token-file - --signing-config trust/signing_config.json copy/*.tar.gz`,
    )
    expect(code, stderr).toBe(0)
  }, LONG_MS)
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it('writes the policy of the page, from files and from a registry', async () => {
    const [policy = ''] = blocks('toml')
    expect(await readFile(at('policy.toml'), 'utf8')).toBe(policy)
    expect(await readFile(at('release.toml'), 'utf8')).toBe(policy)
  })

  it('makes verify accept these files and refuse those of a neighbour', async () => {
    const [block = ''] = blocks('console')
    const [command = '', ...words] = block.split('\n')
    const { code, stderr } = await shell(command.slice(2))
    expect(code).toBe(1)
    expect(stderr).toContain(words.join('\n').trim())
  })

  it('prints who signed, and writes nothing before that is confirmed', async () => {
    const { code, stdout, stderr } = await init('--output', 'asked.toml', ...dist())
    expect(code).toBe(2)
    expect(stderr).toContain('[client.policy-confirm]')
    for (const line of blocks('text')[0]?.trim().split('\n') ?? []) expect(stdout).toContain(line)
    await expect(stat(at('asked.toml'))).rejects.toThrow('ENOENT')
    const { stdout: json } = await init('--json', '--output', 'asked.toml', ...dist())
    expect(JSON.parse(json)).toMatchObject({
      written: false,
      policy: { path: 'asked.toml', rules: [{ names: ['acme-tools'] }] },
      files: [{ verified: true, signers: [{ issuer: server.url }] }, { verified: true }],
      error: { code: 'client.policy-confirm' },
    })
  })

  it('makes no rule of a file that was altered', async () => {
    await cp(at('copy'), at('altered'), { recursive: true })
    await writeFile(at('altered/acme_tools-1.0.1.tar.gz'), 'other bytes')
    const { code, stderr } = await init('--yes', '--output', 'no.toml', 'altered/acme_tools-1.0.1.tar.gz')
    expect([code, stderr]).toEqual([1, expect.stringContaining('[verify.signature]')])
    await expect(stat(at('no.toml'))).rejects.toThrow('ENOENT')
  })

  it('adds to a policy, of which every byte and the mode stay, and never widens a rule', async () => {
    const before = '# ours\nversion = 1 # the only one\n'
    await writeFile(at('own.toml'), before)
    await chmod(at('own.toml'), 0o640)
    const args = ['--yes', '--json', '--output', 'own.toml']
    const { code, stdout } = await init(...args, ...dist())
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { written: true }])
    const added = await readFile(at('own.toml'), 'utf8')
    expect(added.startsWith(`${before}\n[[rules]]\nnames = ["acme-tools"]`)).toBe(true)
    expect((await stat(at('own.toml'))).mode & 0o777).toBe(0o640)
    expect(JSON.parse((await init(...args, ...dist())).stdout)).toMatchObject({ written: false })
    const refused = await init(...args, 'copy/acme_tools-1.0.1.tar.gz')
    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([
      1,
      { error: { code: 'verify.policy-listed' } },
    ])
    expect(await readFile(at('own.toml'), 'utf8')).toBe(added)
  })

  it.each([
    [['copy/acme_tools-1.0.1.tar.gz', 'dist/acme_tools-1.0.0.tar.gz'], 1, 'verify.policy-signers'],
    [[`sha256:${'0'.repeat(64)}`], 2, 'client.verify-flags'],
    [['acme-tools==1.0.0'], 2, 'packaging.index'],
    [['acme-tools==1.0.0', '--offline'], 2, 'client.verify-flags'],
  ])('refuses %j', async (args, code, reason) => {
    const refused = await init('--yes', '--json', '--output', 'no.toml', ...args)
    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([code, { error: { code: reason } }])
  })
})

function dist(): readonly string[] {
  return ['dist/acme_tools-1.0.0-py3-none-any.whl', 'dist/acme_tools-1.0.0.tar.gz']
}

async function distributions(version: string): Promise<void> {
  const script = join(root, 'tests', 'docs', 'distributions.py')
  const { code, stderr } = await runProgram([python, script, 'acme_tools', version], { cwd: folder.path })
  expect(code, stderr).toBe(0)
}

const environment = (): Readonly<Record<string, string>> => ({
  PATH: `${at('bin')}:${process.env['PATH']}`,
  HOME: at('home'),
  WHEELSEAL_DATA: server.data,
  WHEELSEAL_TRUSTED_ROOT: at('trust/trusted_root.json'),
})

function init(...args: readonly string[]): Promise<Outcome> {
  return runProgram([wheelseal, 'policy', 'init', ...args], { cwd: folder.path, env: environment() })
}

function shell(script: string): Promise<Outcome> {
  return runProgram(['bash', '-c', script], { cwd: folder.path, env: environment() })
}
