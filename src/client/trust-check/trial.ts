import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installerEnvironment } from '../install/environment.ts'
import type { Place, Steps, TrialPaths } from './aim.ts'
import type { FoundClient } from './find-clients.ts'
import { runBounded, type Ran, type Runner } from './run-bounded.ts'
import { cosignCache } from './tuf-cache.ts'

/** One signature of nothing, and its verification, by one client. */
export interface Trial {
  readonly outcome: 'passed' | Exclude<Ran['outcome'], 'done'>
  /** The command that did not pass. */
  readonly step: string | null
  /** Of what it printed the lines that name an error, else the last ones. */
  readonly said: readonly string[]
}

export interface Signature {
  readonly identity: string
  readonly issuer: string
  /** An id token for the authority. */
  readonly token: string
  /** DER. */
  readonly signature: Uint8Array
  /** PEM. */
  readonly certificate: Uint8Array
}

export interface TrialParts extends Runner {
  readonly client: FoundClient
  readonly steps: Steps
  readonly env: Readonly<Record<string, string>>
  readonly signature: Signature
  /** For this trial alone; it is there, and empty but for the home. */
  readonly folder: string
}

const MAX_LINES = 6
const MAX_LINE = 300

export async function tryClient(parts: TrialParts): Promise<Trial> {
  const paths = await writeInput(parts)
  const { sign, verify, tokenVariable, without = [] } = parts.steps
  const env = Object.fromEntries(Object.entries(parts.env).filter(([name]) => !without.includes(name)))
  const token = tokenVariable === undefined ? {} : { [tokenVariable]: parts.signature.token }
  const calls = [
    ...(sign === undefined ? [] : [{ args: sign(paths), env: { ...env, ...token } }]),
    ...verify(paths).map((args) => ({ args, env })),
  ]
  for (const { args, env: callEnv } of calls) {
    const { outcome, output } = await runBounded(
      { argv: [parts.client.program, ...args], env: callEnv },
      parts,
    )
    if (outcome !== 'done')
      return { outcome, step: stepOf(args), said: linesThatTell(output, parts.signature) }
  }
  return { outcome: 'passed', step: null, said: [] }
}

async function writeInput({ folder, signature }: TrialParts): Promise<TrialPaths> {
  const path = (name: string): string => join(folder, name)
  await writeFile(path('nothing'), '')
  await writeFile(path('token'), signature.token, { mode: 0o600 })
  await writeFile(path('signature'), signature.signature)
  await writeFile(path('certificate.pem'), signature.certificate)
  return {
    folder,
    file: path('nothing'),
    tokenFile: path('token'),
    signatureFile: path('signature'),
    certificateFile: path('certificate.pem'),
    identity: signature.identity,
    issuer: signature.issuer,
  }
}

/** The subcommand, after the flags of the program itself and their values. */
function stepOf(args: readonly string[]): string {
  const names = ['sign-blob', 'verify-blob', 'sign', 'verify', 'loginfo']
  return args.find((argument) => names.includes(argument)) ?? ''
}

function linesThatTell(output: string, { token }: Signature): readonly string[] {
  const lines = output.replaceAll(token, '[masked id token]').split('\n')
  const said = lines
    .map((line) => line.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LINE))
    .filter((line) => line !== '')
  const errors = said.filter((line) => /\berror:? /i.test(line))
  return (errors.length > 0 ? errors : said).slice(-MAX_LINES)
}

const OTHER_SECRETS = ['COSIGN_IDENTITY_TOKEN', 'SIGSTORE_IDENTITY_TOKEN', 'COSIGN_PASSWORD']
/** What a signer on a build service would take in place of our token. */
const AMBIENT = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'BUILDKITE', 'GITLAB_CI']

/**
 * The user's environment, with copies of what the clients keep in the home and may write to. `left` are variables that
 * would write to the user's files, or change what is run.
 */
export async function environmentAsSet(
  place: Place,
  { home, left }: { readonly home: string; readonly left: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const hidden = new Set([...OTHER_SECRETS, ...AMBIENT, ...left])
  const kept = Object.entries(installerEnvironment(place.env)).filter(([name]) => !hidden.has(name))
  await copyState(place, home)
  return { ...Object.fromEntries(kept), ...homeVariables(home) }
}

/** The same with nothing that aims a client, but what the export sets. */
export function environmentCorrected(
  { env }: Pick<Place, 'env'>,
  { home, set }: { readonly home: string; readonly set: Readonly<Record<string, string>> },
): Readonly<Record<string, string>> {
  const hidden = new Set([...OTHER_SECRETS, ...AMBIENT])
  const kept = Object.entries(installerEnvironment(env)).filter(
    ([name]) => !/^(?:COSIGN|SIGSTORE|TUF|REKOR)_/.test(name) && !hidden.has(name),
  )
  return { ...Object.fromEntries(kept), ...homeVariables(home), ...set }
}

function homeVariables(home: string): Readonly<Record<string, string>> {
  return {
    HOME: home,
    TUF_ROOT: join(home, '.sigstore', 'root'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_CACHE_HOME: join(home, '.cache'),
    NO_COLOR: '1',
    COLUMNS: '300',
  }
}

/** Clients write into these when they verify. */
async function copyState(place: Place, home: string): Promise<void> {
  const { env } = place
  const data = env['XDG_DATA_HOME'] || join(place.home, '.local', 'share')
  const cache = env['XDG_CACHE_HOME'] || join(place.home, '.cache')
  const copies = [
    [cosignCache(place), join(home, '.sigstore', 'root')],
    [join(place.home, '.rekor'), join(home, '.rekor')],
    [join(data, 'sigstore-python'), join(home, '.local', 'share', 'sigstore-python')],
    [join(cache, 'sigstore-python'), join(home, '.cache', 'sigstore-python')],
  ] as const
  for (const [from, to] of copies) await copyFolder(from, to)
}

async function copyFolder(from: string, to: string): Promise<void> {
  if (!(await stat(from).catch(() => undefined))?.isDirectory()) return
  await mkdir(to, { recursive: true })
  await cp(from, to, { recursive: true, dereference: false, filter: isPlain })
}

const MAX_COPIED_BYTES = 32 << 20

/** No pipe, device or link that leads elsewhere, and nothing as large as no cache is. */
async function isPlain(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && (found.isDirectory() || (found.isFile() && found.size <= MAX_COPIED_BYTES))
}

export async function emptyFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'home'), { recursive: true })
  return folder
}
