import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '../../host/index.ts'
import { basic, twineForm, WHEEL } from '../../http/packages-server.contract.ts'
import { withAdmin } from '../admin/admin.ts'
import { startServer, type RunningServer } from '../server.ts'
import { gateAdmin } from './gate-admin.ts'

const POLICY = 'version = 1\n[[rules]]\nprefixes = ["my-"]\nunsigned = "allow"\n'
const gateTable = (name: string, more: string, names = ''): string => `
[[gates]]
name = "${name}"
policy = "policies/policy.toml"
${more}
[[gates.upstreams]]
name = "ours"
registry = "acme"
${names}
`
/** Both with the right of tokens; the second has private names. */
const CONFIGURATION = gateTable('all', 'read = "tokens"') + gateTable('private', '', 'names = ["my-*"]')

let root: string
let server: RunningServer
const tokens = { own: '', other: '', group: '' }
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-readers-'))
  const data = join(root, 'data')
  await mkdir(join(data, 'policies'), { recursive: true })
  await writeFile(join(data, 'wheelseal.toml'), CONFIGURATION)
  await writeFile(join(data, 'policies', 'policy.toml'), POLICY)
  server = await startServer({ data, listen: '127.0.0.1:0', anchor: join(root, 'anchor'), log: silentLog })
  await withAdmin(data, async (admin) => {
    for (const path of ['acme/app', 'acme/other']) await admin.createProject({ path, visibility: 'private' })
    const tokenFor = async (within: string): Promise<string> =>
      (await admin.createToken({ within, scopes: ['api'] })).token
    tokens.own = await tokenFor('acme/app')
    tokens.other = await tokenFor('acme/other')
    tokens.group = await tokenFor('acme')
  })
  const project = encodeURIComponent('acme/app')
  const url = `${server.url}/api/v4/projects/${project}/packages/pypi`
  const answer = await fetch(url, { method: 'POST', body: twineForm('x'), headers: login(tokens.own) })
  expect(answer.status).toBe(201)
})
afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true })
})

function login(token: string): Record<string, string> {
  return { authorization: basic('__token__', token) }
}

/** Status and text, without the name that was asked for, the number that is made of it, and what no two answers share. */
async function ask(gate: string, path: string, asking: { token: string; accept?: string }): Promise<string> {
  const headers = { ...login(asking.token), accept: asking.accept ?? 'application/json' }
  const answer = await fetch(`${server.url}/gate/${gate}/${path}`, { headers })
  const text = `${answer.status} ${await answer.text()}`
  return text
    .replaceAll(/my[-_.](?:pkg|gone)/g, 'NAME')
    .replaceAll(/(why[/ ])[0-9a-f]{8}|"requestId":"\w+"|\d{4}-\d\d-\d\d[T ][\d:.]+/g, '$1')
}

const PATHS = ['simple/NAME/', 'why/NAME/1.0.0', 'files/-/NAME-0+wheelseal.refuses.NAME-py3-none-any.whl']
const JSON_PAGE = 'application/vnd.pypi.simple.v1+json'

/** As the page links to it. */
async function linked(gate: string): Promise<string> {
  const headers = { ...login(tokens.own), accept: JSON_PAGE }
  const page = await fetch(`${server.url}/gate/${gate}/simple/my-pkg/`, { headers })
  const { files } = (await page.json()) as { files: { url: string }[] }
  return new URL(files[0]?.url ?? '', `${server.url}/gate/${gate}/simple/my-pkg/`).pathname.slice(
    `/gate/${gate}/`.length,
  )
}

describe.each(['all', 'private'])('a gate before the registry, %s', (gate) => {
  it('serves a package to who may read its project, alone or with its group', async () => {
    const file = await linked(gate)
    expect(file).toContain(WHEEL)
    for (const token of [tokens.own, tokens.group]) {
      expect(await ask(gate, 'simple/my-pkg/', { token, accept: JSON_PAGE })).toContain('-1.0.0-py3')
      for (const path of [file, `${file}.metadata`, 'why/my-pkg/1.0.0'])
        expect(await ask(gate, path, { token })).toMatch(/^200 /)
    }
  })

  it.each(PATHS)('answers a token of another project as for a name that does not exist: %s', async (path) => {
    const token = tokens.other
    for (const accept of ['text/html', JSON_PAGE, 'application/json']) {
      const [there, missing] = await Promise.all(
        ['my-pkg', 'my-gone'].map((name) => {
          const dotted = path.replace('refuses.NAME', `refuses.${name.replace('-', '.')}`)
          const escaped = path.startsWith('files') ? dotted.replace('NAME', name.replace('-', '_')) : path
          return ask(gate, escaped.replaceAll('NAME', name), { token, accept })
        }),
      )
      expect([accept, there]).toEqual([accept, missing])
      expect(there).not.toContain('1.0.0-py3')
    }
  })

  it('has no file, no metadata and no link of a refusal for it', async () => {
    const file = await linked(gate)
    for (const path of [file, `${file}.metadata`, `${file}.provenance`])
      expect(await ask(gate, path, { token: tokens.other })).toBe(
        await ask(gate, path.replace('my_pkg', 'my_gone'), { token: tokens.other }),
      )
  })

  it('lists its names for who may read them', async () => {
    const namesFor = (token: string): Promise<string> => ask(gate, 'simple/', { token, accept: JSON_PAGE })
    expect(await namesFor(tokens.own)).toContain('NAME')
    expect(await namesFor(tokens.other)).not.toContain('NAME')
  })
})

it('a refusal, its link and the front page of the gate name no package that the token may not read', async () => {
  await writeFile(
    join(root, 'data', 'policies', 'policy.toml'),
    POLICY.replace('unsigned = "allow"', 'cooldown = "7d"\nunsigned = "allow"'),
  )
  await server.reload()
  const file = await linked('all')
  const refused = await fetch(`${server.url}/gate/all/${file}`, { headers: login(tokens.own) })
  expect(refused.status).toBe(403)
  const id = /why\/([0-9a-f]{8})/.exec(await refused.text())?.[1] ?? ''
  expect(await ask('all', `why/${id}`, { token: tokens.own })).toMatch(/^200 .*NAME/s)
  const unknown = await ask('all', 'why/00000000', { token: tokens.other })
  expect((await ask('all', `why/${id}`, { token: tokens.other })).replaceAll(id, '00000000')).toBe(unknown)
  const front = (token: string): Promise<string> => ask('all', '', { token, accept: 'text/html' })
  expect(await front(tokens.own)).toContain('NAME 1.0.0')
  expect(await front(tokens.other)).not.toContain('NAME 1.0.0')
  expect((await (await gateAdmin(join(root, 'data'))).status('all', 1)).refused).toMatchObject([
    { name: 'my-pkg', code: 'gate.held' },
  ])
})
