import { join } from 'node:path'
import { checkAddress, checkFlagVariables, checkSigningConfig, type Located } from './addresses.ts'
import { note, wrong, type Aim, type Instance, type Place, type Setting, type Steps } from './aim.ts'
import { checkKeyVariables, KEY_VARIABLES } from './cosign-2.ts'
import { checkKeyFile } from './keys.ts'
import { checkCosignCache } from './tuf-cache.ts'

const SERVICE_VARIABLES = ['COSIGN_REKOR_URL', 'COSIGN_FULCIO_URL', 'COSIGN_TIMESTAMP_SERVER_URL']

const WITH_TIMESTAMPS = [...KEY_VARIABLES, ['SIGSTORE_TSA_CERTIFICATE_FILE', 'tsa', 'tsa.pem']] as const

interface Files {
  readonly trustedRoot: string | undefined
  readonly signingConfig: string | undefined
}

/** cosign 3: one bundle, by a signing config and a trusted root, which files or the TUF repository give. */
export async function aimCosign3(place: Place, instance: Instance): Promise<Aim> {
  const fromExport = (file: string): string | undefined =>
    place.exported === undefined ? undefined : join(place.exported, file)
  const files = {
    trustedRoot: place.env['COSIGN_TRUSTED_ROOT'] || fromExport('trusted_root.json'),
    signingConfig: place.env['COSIGN_SIGNING_CONFIG'] || fromExport('signing_config.json'),
  }
  const located = await checkSources(files, place, instance)
  return {
    settings: [
      ...located.map(({ setting }) => setting),
      ...serviceVariables(place, instance),
      ...(await checkKeyVariables(place, instance, WITH_TIMESTAMPS)),
      ...checkFlagVariables(place),
    ],
    elsewhere: located.flatMap(({ elsewhere }) => elsewhere),
    steps: cosign3Steps(files, place.env),
  }
}

async function checkSources(
  { trustedRoot, signingConfig }: Files,
  place: Place,
  instance: Instance,
): Promise<readonly Located[]> {
  const named = (variable: string, flag: string): string => (place.env[variable] ? variable : flag)
  const located: Located[] = []
  if (trustedRoot !== undefined) {
    const [name, path] = [named('COSIGN_TRUSTED_ROOT', '--trusted-root'), trustedRoot]
    const expected = { name, path, part: 'trustedRoot', fix: `${name}=trust/trusted_root.json` } as const
    located.push({ setting: await checkKeyFile(expected, place, instance), elsewhere: [] })
  }
  if (signingConfig !== undefined) {
    const name = named('COSIGN_SIGNING_CONFIG', '--signing-config')
    const file = { name, path: signingConfig, fix: `${name}=trust/signing_config.json` }
    located.push(await checkSigningConfig(file, place, instance))
  }
  if (trustedRoot === undefined || signingConfig === undefined)
    located.push(await checkCosignCache(place, instance, { targets: targetsOf, variable: 'TUF_MIRROR' }))
  return located
}

/** cosign 3 has a folder for each mirror, named by its address (sigstore-go, `URLToPath`). */
function targetsOf(folder: string, mirror: string): readonly (readonly [string, 'trustedRoot'])[] {
  const name = mirror
    .replace(/^https?:\/\//, '')
    .replaceAll(/[/:]/g, '-')
    .toLowerCase()
  return [[join(folder, name, 'targets', 'trusted_root.json'), 'trustedRoot']]
}

/** cosign 3 refuses the address of a service beside a signing config; the function of `cosign.env` takes one away. */
function serviceVariables({ env, exported }: Place, instance: Instance): readonly Setting[] {
  return SERVICE_VARIABLES.filter((name) => env[name]).map((name) => {
    if (name === 'COSIGN_REKOR_URL' && exported !== undefined && !env['COSIGN_SIGNING_CONFIG'])
      return (
        faultOf(name, { env, exported }, instance) ??
        note(name, env[name] ?? null, 'unset for commands with --signing-config, as cosign.env does it')
      )
    const why = 'cosign 3 refuses it together with a signing config, which names the services itself'
    return wrong(name, env[name] ?? null, { why, fix: `unset ${name}` })
  })
}

function faultOf(
  name: string,
  { env }: Pick<Place, 'env' | 'exported'>,
  instance: Instance,
): Setting | undefined {
  const setting = checkAddress(name, { env }, instance)?.setting
  return setting?.state === 'wrong' ? setting : undefined
}

export function cosign3Steps({ trustedRoot, signingConfig }: Files, env: Place['env']): Steps {
  const flag = (name: string, variable: string, path: string | undefined): string[] =>
    path === undefined || env[variable] ? [] : [name, path]
  const root = flag('--trusted-root', 'COSIGN_TRUSTED_ROOT', trustedRoot)
  const config = flag('--signing-config', 'COSIGN_SIGNING_CONFIG', signingConfig)
  return {
    ...(config.length > 0 ? { without: ['COSIGN_REKOR_URL'] } : {}),
    sign: ({ file, folder, tokenFile }) => [
      'sign-blob',
      '--yes',
      '--identity-token',
      tokenFile,
      ...config,
      ...root,
      '--bundle',
      join(folder, 'x.json'),
      file,
    ],
    verify: ({ file, folder, identity, issuer }) => [
      [
        'verify-blob',
        ...root,
        '--bundle',
        join(folder, 'x.json'),
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        issuer,
        file,
      ],
    ],
  }
}
