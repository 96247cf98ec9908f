import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildPackages, type BuiltPackage, type Distribution } from '../support/gate-packages.ts'
import { INSTALLERS, newConsumer, type Wanted } from '../support/installers.ts'
import { present, python, uv } from '../support/judges.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

const LONG_MS = 120_000
const CONFIGURATION = `
[[gates]]
name = "prod"
policy = "policies/prod.toml"
[[gates.upstreams]]
name = "ours"
registry = "acme"
names = ["demo", "acme-*"]
`
/** Until the URL of the server is known. */
const NOBODY = 'version = 1\n'
const policyOf = (issuer: string): string => `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "${issuer}"
project = "acme/tools"
refs = ["refs/heads/*"]
`

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let token = ''

/** As a platform team has it: one server with its projects and a gate before them, stock installers with a token. */
describe.runIf(present(python, uv))('a gate before projects of its own server', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    await mkdir(at('data/policies'), { recursive: true })
    await writeFile(at('data/wheelseal.toml'), CONFIGURATION)
    await writeFile(at('data/policies/prod.toml'), NOBODY)
    server = await startServer(at('data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('trust', 'export', '--out', at('trust'))
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    const specs = ['1.0', '2.0'].map((version) => ({ name: 'demo', version }))
    const [sealed, unsealed] = await buildPackages(folder.path, specs)
    for (const file of filesOf(sealed)) await seal(file)
    for (const file of [...filesOf(sealed), ...filesOf(unsealed)]) await upload(file)
    await writeFile(at('data/policies/prod.toml'), policyOf(server.url))
    process.kill(server.pid, 'SIGHUP')
    await vi.waitFor(() => expect(server.logged()).toContain('"gate.policy"'), { timeout: LONG_MS })
  }, LONG_MS)
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  const clients = INSTALLERS.filter(({ name }) => name === 'pip 26.3' || name === 'uv')
  it.each(clients)(
    'has $name install what is sealed, by a token',
    { timeout: LONG_MS },
    async (installer) => {
      const outcome = await installed(installer, { requirement: 'demo' })
      expect(outcome?.code, outcome?.output).toBe(0)
      expect(outcome?.installed).toEqual({ demo: '1.0' })
    },
  )

  it.each(clients)(
    'tells the user of $name why a release is refused',
    { timeout: LONG_MS },
    async (installer) => {
      const outcome = await installed(installer, { requirement: 'demo==2.0' })
      expect(outcome?.installed).toEqual({})
      expect(outcome?.output).toMatch(/demo 2\.0 has no seal, and rule 1 of prod\.toml/)
    },
  )

  it('gives nothing to whom it does not know, and no name of others', async () => {
    const ask = (name: string, headers = {}) => fetch(`${server.url}/gate/prod/simple/${name}/`, { headers })
    const refused = await ask('demo')
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ])
    expect((await ask('requests', { 'private-token': token })).status).toBe(404)
  })

  it('says on the socket of the instance what it served and refused', async () => {
    const status = await server.admin('gate', 'status')
    expect(status).toMatchObject({
      gate: 'prod',
      mode: 'enforce',
      upstreams: [{ name: 'ours', fact: null, failedAt: null }],
      refused: expect.arrayContaining([
        expect.objectContaining({ name: 'demo', version: '2.0', code: 'gate.unsigned' }),
      ]),
    })
  })

  function at(name: string): string {
    return join(folder.path, name)
  }

  async function installed(installer: (typeof INSTALLERS)[number], wanted: Wanted) {
    const index = `${server.url.replace('://', `://ada:${token}@`)}/gate/prod/simple/`
    const consumer = await newConsumer({ installer, aim: { index }, wanted })
    const outcome = await consumer.run('install')
    await consumer.place.remove()
    return outcome
  }

  function filesOf(built: BuiltPackage | undefined): readonly Distribution[] {
    return built === undefined ? [] : [built.wheel, built.sdist]
  }

  /** By the identity of a pipeline of the project. */
  async function seal({ path, version, fileName }: Distribution): Promise<void> {
    const { token: identity } = await server.admin('trust', 'token', '--project', 'acme/tools')
    const argv = [wheelseal, 'sign', '--signing-config', at('trust/signing_config.json')]
    const trusted = ['--trusted-root', at('trust/trusted_root.json'), path]
    const signed = await runProgram([...argv, ...trusted], { env: { SIGSTORE_ID_TOKEN: String(identity) } })
    expect(signed.code, signed.stderr).toBe(0)
    const place = `packages/generic/demo/${version}/${fileName}.sigstore.json`
    await sent(place, { method: 'PUT', body: await readFile(`${path}.sigstore.json`) })
  }

  async function upload({ path, name, version, fileName }: Distribution): Promise<void> {
    const body = new FormData()
    body.set(':action', 'file_upload')
    body.set('name', name)
    body.set('version', version)
    body.set('content', new Blob([await readFile(path)]), fileName)
    await sent('packages/pypi', { method: 'POST', body })
  }

  async function sent(place: string, init: RequestInit): Promise<void> {
    const url = `${server.url}/api/v4/projects/acme%2Ftools/${place}`
    const answer = await fetch(url, { ...init, headers: { 'private-token': token } })
    expect(answer.status, await answer.text()).toBe(201)
  }
})
