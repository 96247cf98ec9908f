import { join } from 'node:path'
import { checkAddress, checkFlagVariables, type Located } from './addresses.ts'
import { missing, note, type Aim, type Instance, type Place, type Setting, type Steps } from './aim.ts'
import { checkKeyFile } from './keys.ts'
import { checkCosignCache } from './tuf-cache.ts'

const PUBLIC_LOG = 'https://rekor.sigstore.dev'

type KeyVariable = readonly [name: string, part: 'fulcio' | 'rekor' | 'ctfe' | 'tsa', file: string]

/** What `cosign.env` sets, and with which file of the export. */
export const KEY_VARIABLES = [
  ['SIGSTORE_ROOT_FILE', 'fulcio', 'fulcio.pem'],
  ['SIGSTORE_REKOR_PUBLIC_KEY', 'rekor', 'rekor.pub'],
  ['SIGSTORE_CT_LOG_PUBLIC_KEY_FILE', 'ctfe', 'ctfe.pub'],
] as const satisfies readonly KeyVariable[]

/** cosign 2.2.3 and its successors: `.sig` and `.crt`, by variables or by the TUF repository. */
export async function aimCosign2(place: Place, instance: Instance): Promise<Aim> {
  const keys = await checkKeyVariables(place, instance)
  const located = [
    ...(isAimedByFiles(place) ? [] : [await checkCache(place, instance)]),
    logAddress(place, instance),
    ...['COSIGN_FULCIO_URL', 'COSIGN_TIMESTAMP_SERVER_URL'].flatMap(
      (name) => checkAddress(name, place, instance) ?? [],
    ),
  ]
  return {
    settings: [...keys, ...located.map(({ setting }) => setting), ...checkFlagVariables(place)],
    elsewhere: located.flatMap(({ elsewhere }) => elsewhere),
    steps: cosign2Steps(instance, place.env),
  }
}

export function checkKeyVariables(
  { env, files }: Place,
  instance: Instance,
  variables: readonly KeyVariable[] = KEY_VARIABLES,
): Promise<Setting[]> {
  const set = variables.flatMap(([name, part, file]) => {
    const path = env[name]
    if (path === undefined || path === '') return []
    return [checkKeyFile({ name, path, part, fix: `export ${name}=$PWD/trust/${file}` }, { files }, instance)]
  })
  return Promise.all(set)
}

/** cosign 2 keeps every target by its name, beside `tuf.db`. */
async function checkCache(place: Place, instance: Instance): Promise<Located> {
  const located = await checkCosignCache(place, instance, {
    targets: (folder) => [[join(folder, 'targets', 'rekor.pub'), 'rekor']],
  })
  if (located.setting.state !== 'missing') return located
  const unset = KEY_VARIABLES.filter(([name]) => !place.env[name]).map(([name]) => name)
  const why = `not set, and no TUF repository is kept in ~/.sigstore/root: cosign uses public Sigstore`
  return { ...located, setting: missing(unset.join(', '), { why, fix: '. trust/cosign.env' }) }
}

/**
 * `verify-blob` asks the log for the entry. Without the variable each command needs a flag, as after `initialize`; whoever
 * has sourced `cosign.env`, or has set what cosign does not read, means to have it.
 */
function logAddress(place: Place, instance: Instance): Located {
  const name = 'COSIGN_REKOR_URL'
  const located = checkAddress(name, place, instance)
  if (located !== undefined) return located
  const hasOther = Boolean(place.env['REKOR_URL'])
  const why = `not set: cosign asks ${PUBLIC_LOG} unless each command has --rekor-url`
  if (!isAimedByFiles(place) && !hasOther)
    return { setting: note(name, null, `${why}, as in these runs`), elsewhere: [] }
  const told = hasOther ? `${why} (it does not read REKOR_URL)` : why
  return {
    setting: missing(name, { why: told, fix: `export ${name}=${instance.url}` }),
    elsewhere: [PUBLIC_LOG],
  }
}

function isAimedByFiles({ env }: Pick<Place, 'env'>): boolean {
  return KEY_VARIABLES.every(([name]) => env[name])
}

/** As `docs/how-to/use-stock-cosign.md` has them; a variable that is set stays in the place of its flag. */
export function cosign2Steps({ url }: Instance, env: Place['env']): Steps {
  const log = env['COSIGN_REKOR_URL'] ? [] : [`--rekor-url=${url}`]
  return {
    sign: ({ file, folder, tokenFile }) => [
      'sign-blob',
      '--yes',
      '--identity-token',
      tokenFile,
      ...(env['COSIGN_FULCIO_URL'] ? [] : [`--fulcio-url=${url}`]),
      ...log,
      '--output-signature',
      join(folder, 'x.sig'),
      '--output-certificate',
      join(folder, 'x.crt'),
      file,
    ],
    verify: ({ file, folder, identity, issuer }) => [
      [
        'verify-blob',
        ...log,
        '--signature',
        join(folder, 'x.sig'),
        '--certificate',
        join(folder, 'x.crt'),
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        issuer,
        file,
      ],
    ],
  }
}
