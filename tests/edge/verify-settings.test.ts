import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { schemaProblems } from '../support/json-schema.ts'
import { root, runProgram, wheelseal } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'
import { readFileSync } from 'node:fs'

const schema = JSON.parse(readFileSync(join(root, 'schemas', 'verify-output.schema.json'), 'utf8')) as Record<
  string,
  unknown
>
const NO_VARIABLES = {
  WHEELSEAL_TRUSTED_ROOT: '',
  WHEELSEAL_TUF_URL: '',
  WHEELSEAL_TUF_ROOT: '',
  WHEELSEAL_GITLAB_URL: '',
  CI_SERVER_URL: '',
}

interface Report {
  readonly reason: string
  readonly message: string
  readonly settings: readonly { readonly name: string; readonly value: string; readonly from: string }[]
}

let folder: { path: string; remove: () => Promise<void> }
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(at('project/src/deep'), { recursive: true })
  await mkdir(at('stranger'))
  await writeFile(at('stranger/wheelseal.toml'), 'trusted-root = "evil.json"\npolicy = "evil.toml"\n')
  await writeFile(at('stranger/demo-1.0.tar.gz'), 'x')
})
afterEach(() => folder.remove())

const at = (name: string): string => join(folder.path, name)

/** Without a network and without a seal: what counts is said before anything is verified. */
async function verifyIn(
  cwd: string,
  ...args: readonly string[]
): Promise<Report & { readonly code: number | null }> {
  const env = { ...NO_VARIABLES, HOME: at('home') }
  const argv = [wheelseal, 'verify', '--json', '--offline', ...args, at('stranger/demo-1.0.tar.gz')]
  const { code, stdout } = await runProgram(argv, { cwd: at(cwd), env })
  const report = JSON.parse(stdout) as Report
  expect(schemaProblems(schema, report), stdout).toEqual([])
  return { code, ...report }
}

describe('the settings of wheelseal verify', () => {
  it('are of the project around the working directory, and never of the folder of the file', async () => {
    await writeFile(
      at('project/pyproject.toml'),
      '[project]\nname = "demo"\n\n[tool.wheelseal]\ntrusted-root = "etc/root.json"\npolicy = "etc/policy.toml"\n',
    )
    const { settings, reason, message } = await verifyIn('project/src/deep')
    expect(settings).toEqual([
      { name: 'trusted-root', value: at('project/etc/root.json'), from: at('project/pyproject.toml') },
      { name: 'policy', value: at('project/etc/policy.toml'), from: at('project/pyproject.toml') },
    ])
    expect([reason, message]).toEqual(['host.file', expect.stringContaining(at('project/etc/policy.toml'))])
  })

  it('end with the repository, and leave public Sigstore where there are none', async () => {
    await writeFile(at('project/wheelseal.toml'), 'trusted-root = "root.json"\n')
    await mkdir(at('project/src/.git'))
    const { code, settings } = await verifyIn('project/src/deep', '--key', 'none.pub')
    expect(code).toBe(1)
    expect(settings).toEqual([{ name: 'trusted-root', value: 'public Sigstore', from: 'default' }])
    expect(await verifyIn('project/src/deep')).toMatchObject({ code: 2, reason: 'client.verify-expectation' })
  })

  it('yield to a flag', async () => {
    await writeFile(at('project/wheelseal.toml'), 'trusted-root = "root.json"\npolicy = "p.toml"\n')
    const { settings } = await verifyIn('project', '--trusted-root', 'mine.json', '--key', 'none.pub')
    expect(settings).toEqual([{ name: 'trusted-root', value: 'mine.json', from: '--trusted-root' }])
  })

  it('are refused for a slip of the pen, with the line', async () => {
    await writeFile(at('project/wheelseal.toml'), '# ours\npolcy = "p.toml"\n')
    const { code, reason, message } = await verifyIn('project')
    expect([code, reason]).toEqual([2, 'client.settings'])
    expect(message).toBe(`${at('project/wheelseal.toml')}:2: polcy is not a known key`)
  })

  it('are not those of an unpacked distribution', async () => {
    await writeFile(at('stranger/PKG-INFO'), 'Metadata-Version: 2.1\n')
    expect(await verifyIn('stranger')).toMatchObject({ code: 2, reason: 'client.verify-expectation' })
  })
})
