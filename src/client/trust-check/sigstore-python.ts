import { join } from 'node:path'
import * as v from 'valibot'
import { describeError, parseJson } from '../../base/index.ts'
import { flagVariables, strangersIn, type Located } from './addresses.ts'
import { missing, wrong, type Aim, type Instance, type Place, type Steps } from './aim.ts'
import { checkKeyFile, readText } from './keys.ts'
import { checkPythonCache } from './tuf-cache.ts'

const PUBLIC = 'https://tuf-repo-cdn.sigstore.dev'

/** What stands for a flag of sigstore-python 4.5 (sigstore/_cli.py), but for the token. */
const VARIABLES = [
  'SIGSTORE_STAGING',
  'SIGSTORE_OFFLINE',
  'SIGSTORE_BUNDLE',
  'SIGSTORE_CERTIFICATE',
  'SIGSTORE_SIGNATURE',
  'SIGSTORE_OUTPUT_SIGNATURE',
  'SIGSTORE_OUTPUT_CERTIFICATE',
  'SIGSTORE_OUTPUT_DIRECTORY',
  'SIGSTORE_OVERWRITE',
  'SIGSTORE_NO_DEFAULT_FILES',
  'SIGSTORE_CERT_IDENTITY',
  'SIGSTORE_CERT_OIDC_ISSUER',
  'SIGSTORE_OIDC_ISSUER',
  'SIGSTORE_OIDC_CLIENT_ID',
  'SIGSTORE_OIDC_CLIENT_SECRET',
]

/** sigstore-python 4: `--trust-config FILE`, or `--instance URL` after `trust-instance`. */
export async function aimSigstorePython(place: Place, instance: Instance): Promise<Aim> {
  const { exported } = place
  const config = exported === undefined ? undefined : join(exported, 'trust_config.json')
  const { setting, elsewhere } =
    config === undefined
      ? await checkInstance(place, instance)
      : await checkTrustConfig(config, place, instance)
  return {
    settings: [setting, ...flagVariables(place, VARIABLES, 'SIGSTORE_')],
    elsewhere,
    steps: pythonSteps(config, instance),
  }
}

async function checkInstance(place: Place, instance: Instance): Promise<Located> {
  const setting = await checkPythonCache(place, instance)
  if (setting !== undefined) return { setting, elsewhere: [] }
  const why = `no TUF repository of ${instance.url} is trusted, and no export is known: sigstore uses public Sigstore`
  const fix = `sigstore --instance ${instance.url}/tuf trust-instance trust/root.json`
  return { setting: missing('sigstore trust-instance', { why, fix }), elsewhere: [PUBLIC] }
}

async function checkTrustConfig(path: string, place: Place, instance: Instance): Promise<Located> {
  const name = '--trust-config'
  const fix = `${name} trust/trust_config.json`
  const setting = await checkKeyFile({ name, path, part: 'trustedRoot', fix }, place, instance)
  const read = await readText(path, place.files)
  if ('problem' in read) return { setting, elsewhere: [] }
  try {
    const elsewhere = strangersIn(signingConfigIn(read.text), instance)
    if (elsewhere.length === 0 || setting.state === 'wrong') return { setting, elsewhere }
    const why = `its services are ${elsewhere.join(', ')}, not ${instance.url}`
    return { setting: wrong(name, path, { why, fix }), elsewhere }
  } catch (error) {
    const why = `the file is not a trust config: ${describeError(error)}`
    return { setting: wrong(name, path, { why, fix }), elsewhere: [`what ${path} names`] }
  }
}

const TrustConfig = v.object({ signingConfig: v.looseObject({}) })

function signingConfigIn(text: string): string {
  return JSON.stringify(v.parse(TrustConfig, parseJson(text)).signingConfig)
}

/** The token goes by the environment: this client takes no file of it. */
export function pythonSteps(config: string | undefined, { url }: Instance): Steps {
  const source = config === undefined ? ['--instance', `${url}/tuf`] : ['--trust-config', config]
  return {
    tokenVariable: 'SIGSTORE_IDENTITY_TOKEN',
    sign: ({ file, folder }) => [...source, 'sign', '--bundle', join(folder, 'x.json'), file],
    verify: ({ file, folder, identity, issuer }) => [
      [
        ...source,
        'verify',
        'identity',
        '--bundle',
        join(folder, 'x.json'),
        '--cert-identity',
        identity,
        '--cert-oidc-issuer',
        issuer,
        file,
      ],
    ],
  }
}
