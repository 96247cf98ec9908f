import { describeError } from '../../base/index.ts'
import { parseSigningConfig } from '../../formats/sigstore/index.ts'
import { right, wrong, type Instance, type Place, type Setting } from './aim.ts'
import { readText } from './keys.ts'

/** A setting, and the addresses that it sends the client to beside the instance. */
export interface Located {
  readonly setting: Setting
  readonly elsewhere: readonly string[]
}

/** A service below the instance's address, whatever slash ends it. */
function isOf(address: string, { url }: Instance): boolean {
  return address === url || address.startsWith(`${url}/`)
}

/** A variable that names the address of a service; undefined where it is not set. */
export function checkAddress(
  name: string,
  { env }: Pick<Place, 'env'>,
  instance: Instance,
): Located | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  if (isOf(value, instance))
    return { setting: right(name, value, 'the address of this instance'), elsewhere: [] }
  const shown = withoutLogin(value)
  const setting = wrong(name, shown, {
    why: `the address is not ${instance.url}`,
    fix: `export ${name}=${instance.url}`,
  })
  return { setting, elsewhere: [shown] }
}

/** A report is copied into tickets. */
function withoutLogin(address: string): string {
  if (!URL.canParse(address)) return address
  const { protocol, username, password, host, pathname } = new URL(address)
  return username === '' && password === '' ? address : `${protocol}//${host}${pathname}`
}

interface ConfigFile {
  readonly name: string
  readonly path: string
  readonly fix: string
}

/** The addresses of a `signing_config.json`. */
export async function checkSigningConfig(
  { name, path, fix }: ConfigFile,
  { files }: Pick<Place, 'files'>,
  instance: Instance,
): Promise<Located> {
  const read = await readText(path, files)
  if ('problem' in read) return { setting: wrong(name, path, { why: read.problem, fix }), elsewhere: [] }
  try {
    const strangers = strangersIn(read.text, instance)
    if (strangers.length === 0)
      return { setting: right(name, path, 'its services are those of this instance'), elsewhere: [] }
    const why = `it names ${strangers.join(', ')}, not ${instance.url}`
    return { setting: wrong(name, path, { why, fix }), elsewhere: strangers }
  } catch (error) {
    // Where a client would go that reads it nevertheless is not known.
    const why = `it is not a signing config: ${describeError(error)}`
    return { setting: wrong(name, path, { why, fix }), elsewhere: [`what ${path} names`] }
  }
}

export function strangersIn(signingConfig: string, instance: Instance): readonly string[] {
  const { authorities, logs, timestamps } = parseSigningConfig(signingConfig)
  const all = [authorities, logs, timestamps].flatMap(({ services }) => services.map(({ url }) => url))
  const strangers = all.filter((url) => !isOf(url, instance))
  return [...new Set(strangers.map((url) => (URL.canParse(url) ? new URL(url).origin : url)))]
}

/** They aim the client, and are looked at one by one, or are a secret. */
const COSIGN_AIMS: readonly string[] = [
  'COSIGN_REKOR_URL',
  'COSIGN_FULCIO_URL',
  'COSIGN_TIMESTAMP_SERVER_URL',
  'COSIGN_YES',
  'COSIGN_TRUSTED_ROOT',
  'COSIGN_SIGNING_CONFIG',
  'COSIGN_IDENTITY_TOKEN',
  'COSIGN_PASSWORD',
]

/**
 * What `COSIGN_…` variables change in every command (cosign binds each flag to one). They are kept from the runs: some
 * write files, and a key signs as somebody.
 */
export function checkFlagVariables({ env }: Pick<Place, 'env'>): readonly Setting[] {
  const names = Object.keys(env).filter((name) => name.startsWith('COSIGN_') && !COSIGN_AIMS.includes(name))
  return flagVariables({ env }, names.toSorted(), 'COSIGN_')
}

export function flagVariables(
  { env }: Pick<Place, 'env'>,
  names: readonly string[],
  prefix: string,
): readonly Setting[] {
  const set = names.filter((name) => env[name] && env[name] !== 'false')
  return set.map((name) => {
    const flag = `--${name.slice(prefix.length).toLowerCase().replaceAll('_', '-')}`
    const why = `stands for ${flag} in every command; it is not set in these runs`
    const isWeaker = /INSECURE|IGNORE|_KEY$/.test(name)
    return {
      name,
      value: null,
      state: isWeaker ? 'wrong' : 'note',
      why,
      fix: isWeaker ? `unset ${name}` : null,
      isLeftOut: true,
    }
  })
}
