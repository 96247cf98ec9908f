import { printable, Secret, utf8, encodeBase64, type Files } from '../../base/index.ts'
import type { Environment } from '../settings/index.ts'
import { gateUrlErrors } from './errors.ts'
import { installerIndexes } from './installer-indexes.ts'

export interface GateUrl {
  /** `http://127.0.0.1:7712/gate/prod`: no slash at its end, no credentials. */
  readonly url: string
  /** `prod` */
  readonly name: string
  /** For people: `--gate`, a variable, or the path of a file. */
  readonly from: string
  /** Value of the header Authorization, for this origin alone. */
  readonly authorization?: Secret
}

export interface GatePlace {
  /** Of `--gate`. */
  readonly flag: string | undefined
  readonly env: Environment
  readonly home: string
  readonly files: Pick<Files, 'readIfThere'>
}

/** The same, where there has to be one. Throws `client.no-gate`, `client.gate-url`. */
export async function requireGate(place: GatePlace): Promise<GateUrl> {
  const gate = await findGate(place)
  if (gate !== undefined) return gate
  throw gateUrlErrors('client.no-gate', 'no flag, no variable and no setting of pip or uv names a gate')
}

/** Undefined where none is named and no installer is aimed at one. Throws `client.gate-url`. */
export async function findGate(place: GatePlace): Promise<GateUrl | undefined> {
  const { flag, env } = place
  if (flag !== undefined) return named(flag, '--gate', env)
  const variable = env['WHEELSEAL_GATE']
  if (variable) return named(variable, 'WHEELSEAL_GATE', env)
  for (const { url, from } of await installerIndexes(place)) {
    const gate = parseGate(url, from)
    if (gate !== undefined) return gate
  }
  return undefined
}

/** A token goes only where somebody has said that a gate is. A flag can be seen by every process of this machine. */
function named(text: string, from: string, env: Environment): GateUrl {
  const gate = parseGate(text.trim(), from)
  if (gate === undefined)
    throw gateUrlErrors('client.gate-url', `${from}: ${shown(text)} is not the URL of a gate`)
  const hasPassword = gate.authorization !== undefined
  if (hasPassword && from === '--gate')
    throw gateUrlErrors('client.gate-url', `the URL of ${from} has a password`)
  const token = env['WHEELSEAL_TOKEN']
  return hasPassword || !token ? gate : { ...gate, authorization: basic('__token__', token) }
}

const PATH =
  /^(?<base>(?:\/[^/]{1,200}){0,8}\/gate\/(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,99}))(?:\/simple)?\/?$/
const MAX_LENGTH = 2_048

function parseGate(text: string, from: string): GateUrl | undefined {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return undefined
  const { protocol, origin, pathname, search, hash, username, password } = new URL(text)
  const path = PATH.exec(pathname)?.groups
  if (path === undefined || !/^https?:$/.test(protocol) || search + hash !== '') return undefined
  const gate = { url: `${origin}${path['base']}`, name: String(path['name']), from }
  if (username + password === '') return gate
  return { ...gate, authorization: basic(decoded(username), decoded(password)) }
}

/** RFC 7617. */
function basic(user: string, password: string): Secret {
  return new Secret(`Basic ${encodeBase64(utf8(`${user}:${password}`))}`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Without what may be a password. */
function shown(text: string): string {
  if (!URL.canParse(text)) return printable(text, { maxLength: 100 })
  const { origin, pathname } = new URL(text)
  return printable(origin === 'null' ? text.replace(/\/\/[^@/]{0,200}@/, '//') : `${origin}${pathname}`, {
    maxLength: 200,
  })
}
