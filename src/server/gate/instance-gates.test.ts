import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog, systemFiles } from '../../host/index.ts'
import { withAdmin } from '../admin/admin.ts'
import { makeBackup } from '../backup/backup.ts'
import { checkFiles } from '../data/check-files.ts'
import { startServer, type RunningServer } from '../server.ts'
import { gatesOfFile } from './flags.ts'
import { gateAdmin } from './gate-admin.ts'
import { startGateServer } from './gate-server.ts'

const POLICY = 'version = 1\n[unlisted]\nunsigned = "allow"\n'
const CONFIGURATION = `
[[gates]]
name = "prod"
policy = "policies/prod.toml"
read = "tokens"
[[gates.upstreams]]
name = "ours"
registry = "acme"

[[gates]]
name = "open"
policy = "policies/open.toml"
read = "anybody"
[[gates.upstreams]]
name = "ours"
registry = "acme"
`

let root: string
let data: string
let server: RunningServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-gates-'))
  data = join(root, 'data')
  await configure(data)
  server = await start(data)
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

async function configure(folder: string, policy = POLICY): Promise<void> {
  await mkdir(join(folder, 'policies'), { recursive: true })
  await writeFile(join(folder, 'wheelseal.toml'), CONFIGURATION)
  await writeFile(join(folder, 'policies', 'prod.toml'), policy)
  await writeFile(join(folder, 'policies', 'open.toml'), POLICY)
}

function start(folder: string): Promise<RunningServer> {
  return startServer({ data: folder, listen: '127.0.0.1:0', anchor: `${folder}.anchor`, log: silentLog })
}

const page = (gate: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.url}/gate/${gate}/simple/demo/`, { headers })

function tokenOf(scope: string): Promise<string> {
  return withAdmin(data, async (admin) => {
    await admin
      .createUser({ login: `with-${scope}`.replace('_', '-'), isAdministrator: false })
      .catch(() => undefined)
    const made = await admin.createToken({ user: `with-${scope}`.replace('_', '-'), scopes: [scope] })
    return made.token
  })
}

async function warnings(): Promise<unknown> {
  const answer = (await (await fetch(`${server.url}/readyz`)).json()) as { readonly warnings?: unknown }
  return answer.warnings
}

describe('the gates of an instance', () => {
  it('are served on its port, to everybody or to who has a token', async () => {
    expect((await page('open')).status).toBe(200)
    const refused = await page('prod')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
    const token = await tokenOf('read_api')
    const basic = `Basic ${btoa(`__token__:${token}`)}`
    expect((await page('prod', { authorization: basic })).status).toBe(200)
    expect((await page('prod', { authorization: `Basic ${btoa('a:glpat-wrong')}` })).status).toBe(401)
  })

  it('are closed to a token that reads no packages', async () => {
    const refused = await page('prod', { 'private-token': await tokenOf('create_runner') })
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ code: 'access.forbidden' })
  })

  it('answer commands on the admin socket of the instance', async () => {
    const admin = await gateAdmin(data)
    expect(await admin.gates()).toEqual(['prod', 'open'])
    expect(await admin.status('prod', 1)).toMatchObject({
      mode: 'enforce',
      policy: { path: 'prod.toml' },
      upstreams: [{ name: 'ours', fact: 'this server has no project and no group acme', trustUntil: null }],
    })
  })

  it('have what was approved in the audit log', async () => {
    const asked = { repository: 'gitlab.example/acme/demo', by: 'ada', why: 'moved' }
    const approving = (await gateAdmin(data)).approve('open', 'demo', asked)
    await approving.catch(() => undefined)
    const rows = await withAdmin(data, (admin) => Array.fromAsync(admin.audit()))
    expect(rows.at(-1)).toMatchObject({
      action: 'gate.approve',
      details: { gate: 'open', name: 'demo', by: 'ada' },
    })
  })

  it('keep their last good policy where a newer one is broken, and say so until it is whole', async () => {
    const admin = await gateAdmin(data)
    const before = (await admin.status('prod', 1)).policy
    await configure(data, 'version = 1\nrule = []\n')
    await server.reload()
    expect(await warnings()).toEqual([expect.stringMatching(/^gate prod keeps its last good policy.*rule/)])
    const broken = await admin.status('prod', 1)
    expect([broken.policy, broken.soon]).toEqual([before, [expect.stringContaining('policy file is broken')]])
    await configure(data, `${POLICY}cooldown = "1d"\n`)
    await server.reload()
    expect(await warnings()).toBeUndefined()
    const { policy, soon } = await admin.status('prod', 1)
    expect([policy.sha256 === before.sha256, soon]).toEqual([false, []])
  })
})

it('an instance whose gate has a broken policy is refused with its line, and nothing is made', async () => {
  const folder = join(root, 'broken')
  await configure(folder, 'version = 1\nrule = []\n')
  await expect(start(folder)).rejects.toMatchObject({
    code: 'verify.policy-file',
    message: expect.stringContaining(`${join(folder, 'policies', 'prod.toml')}:2:`),
  })
  expect((await readdir(folder)).toSorted()).toEqual(['policies', 'wheelseal.toml'])
})

it('a backup has the policies of gates and what they learned, and no file that comes back by itself', async () => {
  const backup = join(root, 'backup')
  await makeBackup({ data, to: backup })
  expect(await readdir(join(data, 'gate'))).toEqual(expect.arrayContaining(['open', 'prod']))
  expect(await readdir(join(backup, 'policies'))).toEqual(['open.toml', 'prod.toml'])
  expect(await readdir(backup)).toEqual(expect.not.arrayContaining(['gate']))
  expect((await checkFiles(data)).problems).toEqual([])
})

describe('a gate alone', () => {
  const folder = (): string => join(root, 'alone')
  const gatesIn = async (upstream: string) => {
    const path = join(folder(), 'wheelseal.toml')
    await mkdir(folder(), { recursive: true })
    await writeFile(join(folder(), 'policy.toml'), POLICY)
    const table = `[[gates]]\nname = "prod"\npolicy = "policy.toml"\n[[gates.upstreams]]\nname = "one"\n${upstream}\n`
    await writeFile(path, table)
    return gatesOfFile(path, systemFiles)
  }
  const alone = (gates: Awaited<ReturnType<typeof gatesIn>>) =>
    startGateServer({ data: join(folder(), 'data'), listen: '127.0.0.1:0', gates, log: silentLog })

  it('has no registry, and says so', async () => {
    await expect(alone(await gatesIn('registry = "acme"'))).rejects.toMatchObject({
      code: 'server.configuration',
      message: expect.stringContaining('a gate alone has no'),
    })
  })

  it('is ready with a warning while its policy file is broken', async () => {
    const trust = join(folder(), 'root.json')
    const gates = await gatesIn('url = "https://index.example/simple/"\ntrust = "root.json"')
    await writeFile(trust, server.services.trust.material.trustedRoot)
    const one = await alone(gates)
    const ready = async () => (await fetch(`${one.url}/readyz`)).json()
    try {
      expect(await ready()).toEqual({ ready: true })
      await writeFile(join(folder(), 'policy.toml'), 'version = 9\n')
      await one.reload()
      expect(await ready()).toEqual({ ready: true, warnings: [expect.stringMatching(/^gate prod keeps/)] })
      await writeFile(join(folder(), 'policy.toml'), POLICY)
      await one.reload()
      expect(await ready()).toEqual({ ready: true })
    } finally {
      await one.close()
    }
  })
})
