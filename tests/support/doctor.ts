import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemDoctorIo } from '../../src/cli/doctor-io.ts'
import { signPlanOf } from '../../src/cli/sign-flags.ts'
import { systemVerifyIo } from '../../src/cli/verify-io.ts'
import { diagnose, type Diagnosis, type DoctorIo } from '../../src/client/doctor/index.ts'
import { publishFiles, targetOf } from '../../src/client/publish/index.ts'
import { environmentSettings } from '../../src/client/settings/index.ts'
import { signFiles } from '../../src/client/sign/index.ts'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { ownAddress } from '../../src/host/arrange.ts'
import { silentLog, systemEntropy } from '../../src/host/index.ts'
import { serve } from '../../src/net/arrange.ts'
import { startServer, withAdmin, type Admin, type RunningServer } from '../../src/server/index.ts'
import { startGitLabIssuer } from './gitlab-issuer.ts'

/** What is in order, and of which a test changes one thing. */
export interface DoctorBench {
  readonly server: RunningServer
  readonly folder: string
  readonly tokens: BenchTokens
  /** Of a proxy that lets nothing through. */
  readonly proxyUrl: string
  /** That the certificates of the project name. */
  readonly identity: string
  at(name: string): string
  /** In the folder of the project. Programs and sandboxes of this machine are not in question. No token is in it. */
  look(situation?: Situation): Promise<Diagnosis>
  /** The variable with the trust root of the server, changed. */
  changedRoot(change: (root: TrustedRoot) => unknown): Promise<Record<string, string>>
  /** The variables of its TUF repository with this first root. */
  repository(sha256: string): Record<string, string>
  close(): Promise<void>
}

export interface Situation {
  readonly env?: Readonly<Record<string, string>>
  readonly release?: string
  readonly project?: string
  readonly io?: Partial<DoctorIo>
}

export interface TrustedRoot {
  tlogs: [{ publicKey: object; logId: object }]
  ctlogs: [{ publicKey: object; logId: object }]
  certificateAuthorities: [{ validFor: object }]
}

/** By what they are: id tokens of the project, for another audience and of an unknown issuer; access tokens by scope. */
export interface BenchTokens {
  readonly id: string
  readonly other: string
  readonly stranger: string
  readonly access: string
  readonly metrics: string
}

const PROJECT = 'acme/tools'
const WHEEL = 'tools-1.0.0-py3-none-any.whl'
/** Published without a signature. */
export const BARE = 'tools-1.1.0-py3-none-any.whl'

/** A server with a release that has seals and one that has none, and the folder of its project. */
export async function startDoctorBench(): Promise<DoctorBench> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-doctor-'))
  const at = (name: string): string => join(folder, name)
  const options = { data: at('data'), listen: await ownAddress(), anchor: at('anchor'), log: silentLog }
  const server = await startServer(options)
  const tokens = await withAdmin(server.data, (admin) => arrange(admin, folder))
  const env = {
    HOME: at('home'),
    PATH: process.env['PATH'] ?? '',
    WHEELSEAL_SIGNING_CONFIG: at('signing_config.json'),
    WHEELSEAL_TRUSTED_ROOT: at('trusted_root.json'),
    WHEELSEAL_TOKEN: tokens.access,
    SIGSTORE_ID_TOKEN: tokens.id,
  }
  await release({ at, env, api: `${server.url}/api/v4` })
  const proxy = await serve((_request, response) => {
    response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked by policy</h1>')
  })
  return {
    ...{ server, folder, tokens, at, proxyUrl: proxy.url },
    identity: `https://${new URL(server.url).host}/${PROJECT}//.gitlab-ci.yml@refs/heads/main`,
    look: (situation = {}) => look(situation, { server, folder, env, tokens }),
    changedRoot: (change) => changedRoot(at('trusted_root.json'), change),
    repository: (sha256) => ({
      WHEELSEAL_TRUSTED_ROOT: '',
      WHEELSEAL_TUF_URL: `${server.url}/tuf`,
      WHEELSEAL_TUF_ROOT: `sha256:${sha256}`,
    }),
    close: async () => {
      proxy.close()
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function arrange(admin: Admin, folder: string): Promise<BenchTokens> {
  await admin.createProject({ path: PROJECT, visibility: 'private' })
  await admin.createUser({ login: 'ada', isAdministrator: true })
  const files = await admin.trust()
  await writeFile(join(folder, 'trusted_root.json'), files.trustedRoot)
  await writeFile(join(folder, 'signing_config.json'), files.signingConfig)
  const idToken = async (audience: string): Promise<string> =>
    (await admin.mintIdToken({ project: PROJECT, ref: 'main', audience })).token
  const access = async (scope: string): Promise<string> =>
    (await admin.createToken({ user: 'ada', scopes: [scope] })).token
  const issuer = await startGitLabIssuer()
  issuer.close()
  return {
    id: await idToken('sigstore'),
    other: await idToken('other'),
    stranger: issuer.token(),
    access: await access('api'),
    metrics: await access('read_metrics'),
  }
}

interface Releasing {
  readonly at: (name: string) => string
  readonly env: Readonly<Record<string, string>>
  readonly api: string
}

async function release({ at, env, api }: Releasing): Promise<void> {
  await mkdir(at('dist'))
  await mkdir(at('more'))
  await writeFile(at('pyproject.toml'), '[project]\nname = "tools"\nversion = "1.0.0"\n')
  const [sealed, bare] = [at(`dist/${WHEEL}`), at(`more/${BARE}`)]
  await writeFile(sealed, distributionOf(WHEEL))
  await writeFile(bare, distributionOf(BARE))
  const io = { ...systemVerifyIo(env), entropy: systemEntropy }
  const plan = signPlanOf([sealed], { legacy: false }, { env, settings: [environmentSettings(env)] })
  await signFiles(plan, io, { onToken: () => undefined, onBegin: () => undefined, onEach: () => undefined })
  const target = targetOf({ api, project: PROJECT }, env)
  for (const [path, seals] of [[sealed, 'with seals'] as const, [bare, 'without seals'] as const])
    await publishFiles({ paths: [path], seals, ...target }, io, { onStep: () => undefined })
}

interface Looking extends Pick<DoctorBench, 'server' | 'folder' | 'tokens'> {
  readonly env: Readonly<Record<string, string>>
}

async function look({ env = {}, release: named, project = PROJECT, io = {} }: Situation, bench: Looking) {
  const flags = { api: `${bench.server.url}/api/v4`, project, release: named }
  const found = await diagnose({
    ...systemDoctorIo(flags, { ...bench.env, ...env }),
    folder: bench.folder,
    spawn: { run: async () => ({ exitCode: 0, signal: null }) },
    probeSandbox: async () => ({ isAvailable: true }),
    ...io,
  })
  for (const token of Object.values(bench.tokens) as readonly string[])
    expect(JSON.stringify(found)).not.toContain(token.slice(-30))
  return found
}

async function changedRoot(
  path: string,
  change: (root: TrustedRoot) => unknown,
): Promise<Record<string, string>> {
  const root = JSON.parse(await readFile(path, 'utf8')) as TrustedRoot
  change(root)
  const text = JSON.stringify(root)
  const file = `${path}.${createHash('sha256').update(text).digest('hex')}`
  await writeFile(file, text)
  return { WHEELSEAL_TRUSTED_ROOT: file }
}

/** Those that failed, in their order; Python is not found by the spawn of the bench, and is left out. */
export function failures({ findings }: Diagnosis): readonly Diagnosis['findings'][number][] {
  return findings.filter(({ outcome, check }) => outcome === 'failed' && check !== 'python')
}
