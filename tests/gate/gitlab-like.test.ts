/** A GitLab that forwards to another index and keeps files in an object store, behind gates, with stock clients. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { buildPackages, type BuiltPackage, type Distribution } from '../support/gate-packages.ts'
import { startGateServer, type GateServer, type GateTable } from '../support/gate-server.ts'
import { startSigners, type Signers } from '../support/gate-signers.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { LINK_SIGNATURE, startGitLabLike, type GitLabFile, type GitLabLike } from '../support/gitlab-like.ts'
import { INSTALLERS, newConsumer } from '../support/installers.ts'
import { present, python, uv } from '../support/judges.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const isAll = process.env['WHEELSEAL_MATRIX'] === 'all'
const LONG_MS = 120_000
const TOKEN = 'glcbt-64_s3cret+/token'
const PROJECT = 'acme/tools'

type Client = (typeof INSTALLERS)[number]

/** In `npm test` each case has one of the two, in a night both. */
function clients(core: 'pip 26.3' | 'uv') {
  return INSTALLERS.filter(({ name }) => name === core || (isAll && (name === 'uv' || name === 'pip 26.3')))
}

describe.runIf(present(python, uv))('a GitLab behind a gate', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let signers: Signers
  let gitlab: GitLabLike
  let elsewhere: GateUpstream
  let gates: GateServer
  /** Whatever a user was shown. */
  let shown = ''

  beforeAll(async () => {
    folder = await temporaryFolder()
    signers = await startSigners()
    const [pair, bundle, none, stranger, free] = (await buildPackages(join(folder.path, 'dist'), [
      { name: 'demo', version: '1.0' },
      { name: 'demo', version: '1.1' },
      { name: 'demo', version: '2.0' },
      { name: 'acme-new', version: '9.9' },
      { name: 'injected', version: '1.0' },
    ])) as [BuiltPackage, BuiltPackage, BuiltPackage, BuiltPackage, BuiltPackage]
    elsewhere = await startGateUpstream(
      [...bothOf(stranger), ...bothOf(free)].map((file) => ({ file, uploadedAtMs: 0, provenance: null })),
    )
    gitlab = await startGitLabLike({
      token: TOKEN,
      forwardsTo: elsewhere.url,
      files: await sealed({ pair: bothOf(pair), bundle: bothOf(bundle), none: bothOf(none) }),
    })
    await startGates()
  }, LONG_MS)
  afterAll(async () => {
    await gates.stop()
    await gitlab.close()
    await elsewhere.close()
    await signers.close()
    await folder.remove()
  })

  it.each(clients('pip 26.3'))(
    'has $name fall back to what is sealed, by a bundle',
    { timeout: LONG_MS },
    async (client) => {
      const { installed, output } = await install(client, 'prod', 'demo')
      expect(installed, output).toEqual({ demo: '1.1' })
    },
  )

  it.each(clients('uv'))(
    'has $name install what is sealed by .sig and .crt, as the tutorial publishes it',
    { timeout: LONG_MS },
    async (client) => {
      const { installed, output } = await install(client, 'prod', 'demo==1.0')
      expect(installed, output).toEqual({ demo: '1.0' })
    },
  )

  it.each([...clients('pip 26.3'), ...clients('uv')])(
    'tells $name what has no seal',
    { timeout: LONG_MS },
    async (client) => {
      const { installed, output } = await install(client, 'prod', 'demo==2.0')
      expect(installed).toEqual({})
      expect(output).toMatch(/refused \(gate\.unsigned\): demo 2\.0 has no seal, and rule 1 of policy\.toml/)
    },
  )

  it('finds the seals of a project by the index of its group', { timeout: LONG_MS }, async () => {
    const [sealedFile, none] = await Promise.all(
      ['1.1', '2.0'].map((version) => wheelAt('group', 'demo', version)),
    )
    expect([sealedFile?.status, none?.status, none?.statusText]).toEqual([
      200,
      403,
      expect.stringContaining('(gate.unsigned)'),
    ])
  })

  it.each(clients('uv'))(
    'never gives $name a private name of the index to which the GitLab forwards',
    { timeout: LONG_MS },
    async (client) => {
      const { installed, output } = await install(client, 'prod', 'acme-new')
      expect(installed).toEqual({})
      expect(output).toMatch(
        /refused \(gate\.private\): acme-new is a private name, and ours has no such package/,
      )
      expect(askedElsewhere('acme-new')).toEqual([])
    },
  )

  it(
    'follows no forwarding where no other upstream is configured, and logs that',
    { timeout: LONG_MS },
    async () => {
      const page = await ask(`${gates.index('alone')}injected/`)
      expect([page.status, await page.text()]).toEqual([404, expect.not.stringContaining('href')])
      expect(askedElsewhere('injected')).toEqual([])
      expect(gates.logged()).toContain(`"name":"injected","to":"${elsewhere.host}"`)
      const why = await runProgram([wheelseal, 'why', 'injected==1.0', '--gate', `${gates.url}/gate/alone`])
      expect([why.code, why.stdout + why.stderr]).toEqual([1, expect.stringMatching(/injected/)])
    },
  )

  it.each(clients('pip 26.3'))(
    'has $name install other names from the upstream that is configured for them',
    { timeout: LONG_MS },
    async (client) => {
      const { installed, output } = await install(client, 'prod', 'injected')
      expect(installed, output).toEqual({ injected: '1.0' })
      expect(gitlab.asked.map(({ path }) => path)).not.toContainEqual(expect.stringMatching(/prod.*injected/))
    },
  )

  it('asks no store that is not listed, and logs which', { timeout: LONG_MS }, async () => {
    const before = gitlab.askedOfStore.length
    const answer = await wheelAt('unlisted', 'demo', '1.1')
    expect([answer.status, answer.statusText]).toEqual([424, expect.stringMatching(/\(gate\.upstream\)/)])
    expect(gitlab.askedOfStore).toHaveLength(before)
    expect(failuresLogged()).toContainEqual(
      expect.stringContaining(`leads to http://${gitlab.storeHost}/bucket/`),
    )
  })

  it('logs that the GitLab does not know the token', { timeout: LONG_MS }, async () => {
    // No gate here has kept a page of it.
    const answer = await wheelAt('wrong', 'other', '[^-]+')
    expect([answer.status, answer.statusText]).toEqual([424, expect.stringMatching(/\(gate\.upstream\)/)])
    expect(failuresLogged()).toContainEqual(expect.stringContaining('answered 401'))
  })

  it('says nothing of the signed link of a store that fails', { timeout: LONG_MS }, async () => {
    gitlab.failStore(500)
    const answer = await wheelAt('failing', 'demo', '1.1')
    gitlab.failStore(undefined)
    expect([answer.status, answer.statusText]).toEqual([424, expect.stringMatching(/\(gate\.upstream\)/)])
    expect(failuresLogged()).toContainEqual(expect.stringContaining('answered 500'))
    await ask(/ (http\S+)$/.exec(answer.statusText)?.[1] ?? '')
  })

  it('has shown the token to the GitLab alone', { timeout: LONG_MS }, async () => {
    const status = await runProgram([wheelseal, 'gate', 'status', '--gate', 'prod', '--data', dataFolder()])
    shown += status.stdout + status.stderr
    const basic = Buffer.from(`gitlab-ci-token:${TOKEN}`).toString('base64')
    const all = [
      shown,
      gates.logged(),
      JSON.stringify(elsewhere.asked),
      JSON.stringify(gitlab.askedOfStore),
    ].join()
    for (const secret of [TOKEN, encodeURIComponent(TOKEN), basic]) expect(all).not.toContain(secret)
    expect(JSON.stringify(gitlab.asked)).toContain(basic)
    expect(gitlab.askedOfStore.length).toBeGreaterThan(3)
    expect(gitlab.askedOfStore.map(({ headers }) => headers.authorization).filter(Boolean)).toEqual([])
    expect(shown + gates.logged()).not.toContain(LINK_SIGNATURE)
  })

  async function install(installer: Client, gate: string, requirement: string) {
    const consumer = await newConsumer({
      installer,
      aim: { index: gates.index(gate) },
      wanted: { requirement },
    })
    const outcome = await consumer.run('install')
    await consumer.place.remove()
    shown += outcome?.output ?? ''
    return { installed: outcome?.installed ?? {}, output: outcome?.output ?? '' }
  }

  /** What is said in an answer is shown to a user. */
  async function ask(url: string | URL): Promise<Response> {
    const answer = await fetch(url)
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`)
    shown += [answer.statusText, ...headers, await answer.clone().text()].join('\n')
    return answer
  }

  async function wheelAt(gate: string, name: string, version: string): Promise<Response> {
    const page = `${gates.index(gate)}${name}/`
    const text = await (await ask(page)).text()
    const [, href = ''] = new RegExp(`href="([^"#]*-${version}-py3-none-any\\.whl)`).exec(text) ?? []
    expect(href, text).not.toBe('')
    return ask(new URL(href, page))
  }

  /** What the operator reads of it. */
  function failuresLogged(): readonly string[] {
    return gates
      .logged()
      .split('\n')
      .filter((line) => /"gate\.(?:upstream|fetch|seals)-failed"/.test(line))
  }

  function askedElsewhere(name: string): readonly string[] {
    return elsewhere.asked.map(({ path }) => path).filter((path) => path.includes(name))
  }

  function dataFolder(): string {
    return join(folder.path, 'gates', 'data')
  }

  async function sealed(files: Readonly<Record<'pair' | 'bundle' | 'none', readonly Distribution[]>>) {
    const seals = await signers.sign(PROJECT, [...files.pair, ...files.bundle])
    const having = (file: Distribution, suffixes: readonly string[]): GitLabFile => {
      const all = Object.entries(seals.get(file.sha256) ?? {})
      return { file, seals: Object.fromEntries(all.filter(([suffix]) => suffixes.includes(suffix))) }
    }
    return [
      ...files.pair.map((file) => having(file, ['.sig', '.crt'])),
      ...files.bundle.map((file) => having(file, ['.sigstore.json', '.sig', '.crt'])),
      ...files.none.map((file) => having(file, [])),
    ]
  }

  async function startGates(): Promise<void> {
    const place = join(folder.path, 'gates')
    await mkdir(place)
    await writeFile(join(place, 'gitlab.token'), `${TOKEN}\n`)
    await writeFile(join(place, 'wrong.token'), 'glpat-of-another-place\n')
    gates = await startGateServer({
      folder: place,
      address: await ownAddress(),
      trustedRoot: signers.trustedRoot,
      gates: tables(),
    })
  }

  function tables(): readonly GateTable[] {
    const login = (file: string): string =>
      `seals = "generic"\nusername = "gitlab-ci-token"\npassword_file = "${file}"`
    const listed = `files = ["${gitlab.storeHost}"]`
    const names = 'names = ["demo", "acme-*"]'
    const other = `[[gates.upstreams]]\nname = "public"\nurl = "${elsewhere.url}"\n`
    const ours = { upstreamName: 'ours', upstreamUrl: gitlab.projectIndex, policy: policy() }
    const token = login('gitlab.token')
    return [
      { ...ours, name: 'prod', more: [token, listed, names, other].join('\n') },
      { ...ours, name: 'alone', more: [token, listed].join('\n') },
      { ...ours, name: 'group', upstreamUrl: gitlab.groupIndex, more: [token, listed].join('\n') },
      { ...ours, name: 'unlisted', more: token },
      { ...ours, name: 'wrong', more: [login('wrong.token'), listed].join('\n') },
      { ...ours, name: 'failing', more: [token, listed].join('\n') },
    ]
  }

  function policy(): string {
    return `version = 1
[[rules]]
names = ["demo"]
prefixes = ["acme-"]
[[rules.any_of]]
issuer = "${signers.issuer}"
project = "${PROJECT}"
refs = ["refs/tags/*"]
[unlisted]
unsigned = "allow"
`
  }
})

function bothOf({ wheel, sdist }: BuiltPackage): readonly Distribution[] {
  return [wheel, sdist]
}
