import { encodeBase64, Secret, utf8, type Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'
import { whyErrors } from './errors.ts'
import { pipIndexUrl } from './pip-config.ts'

/** A gate that can be asked. */
export interface GatePlace {
  /** Ends in `/gate/NAME`; without credentials. */
  readonly url: string
  readonly authorization?: Secret
  /** For people: a flag, a variable, a file; `the argument`. */
  readonly from: string
}

export interface PlaceSources {
  readonly env: Environment
  readonly files: Pick<Files, 'readIfThere'>
  readonly home: string
}

const GATE = /^(?<gate>\/(?:.*\/)?gate\/[^/]+)(?:\/simple)?\/*$/
const INDEX = /^(?<gate>\/(?:.*\/)?gate\/[^/]+)\/simple\/*$/

/**
 * The gate of `--gate` or `WHEELSEAL_GATE`, else the one that pip or uv are aimed at; undefined where there is none.
 * Credentials of a variable or a file go with it. Throws `client.gate-url`.
 */
export async function configuredGate(
  flag: string | undefined,
  { env, ...sources }: PlaceSources,
): Promise<GatePlace | undefined> {
  if (flag !== undefined) return stated(flag, '--gate')
  if (env['WHEELSEAL_GATE']) return stated(env['WHEELSEAL_GATE'], 'WHEELSEAL_GATE')
  for (const from of ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX']) {
    // uv takes NAME=URL, too.
    const value = env[from]?.trim().replace(/^[A-Za-z0-9_.-]+=/, '')
    const place = value ? placeOf(value, { from, form: INDEX }) : undefined
    if (place !== undefined) return place
  }
  const pip = await pipIndexUrl(env, sources)
  return pip === undefined ? undefined : placeOf(pip.value, { from: pip.from, form: INDEX })
}

/** A flag is seen by every user of the machine, so that it may have no credentials. */
function stated(text: string, from: string): GatePlace {
  const place = placeOf(text.trim(), { from, form: GATE })
  if (place === undefined || (place.authorization !== undefined && from === '--gate'))
    throw whyErrors('client.gate-url', `${from} is not http://HOST/gate/NAME`)
  return place
}

function placeOf(
  text: string,
  { from, form }: { readonly from: string; readonly form: RegExp },
): GatePlace | undefined {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const path = form.exec(url.pathname)?.groups?.['gate']
  if (path === undefined) return undefined
  const pair = [url.username, url.password].map(decoded).join(':')
  return {
    url: `${url.origin}${path}`,
    from,
    ...(pair === ':' ? {} : { authorization: new Secret(`Basic ${encodeBase64(utf8(pair))}`) }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
