import { basename } from 'node:path'
import { WheelsealError } from '../../base/index.ts'
import { isName, normalizeName, parseFileName, parseVersion } from '../../formats/python/index.ts'
import { whyErrors } from './errors.ts'

interface Release {
  /** Normalised. */
  readonly name: string
  /** PEP 440's normal form. */
  readonly version: string
}

export type Question =
  | (Release & { readonly kind: 'release'; readonly gate?: string })
  | (Release & {
      readonly kind: 'file'
      readonly fileName: string
      /** On this machine; left out for a URL. */
      readonly path?: string
      readonly gate?: string
    })
  /** A refusal. Without a scheme where the link had none: `gate.example/gate/prod`; without a gate where it was the id alone. */
  | { readonly kind: 'refusal'; readonly id: string; readonly gate?: string }

const MAX_LENGTH = 4096
const ID = /^[0-9a-f]{8}$/
/** As a sentence has it, which may leave out the scheme. */
const LINK = /^(?<gate>(?:https?:\/\/)?[^/\s?#@]+\/(?:[^\s?#]*\/)?gate\/[^/\s?#]+)\/why\/(?<id>[0-9a-f]{8})$/i
const WHY = /^(?<gate>.*\/gate\/[^/]+)\/why\/(?<name>[^/]+)\/(?<version>[^/]+)$/
const FILES = /^(?<gate>.*\/gate\/[^/]+)\/(?:files|recalled)\//
/** What stands beside a file, and has its name. */
const BESIDE = /\.(?:metadata|provenance)$/

/**
 * `NAME==VERSION`; the path of a distribution, which need not be there; its URL, at a gate or elsewhere; the link of a
 * refusal, or its id. Credentials of a URL count for nothing: installers print them as stars. Throws
 * `client.why-question`.
 */
export function readQuestion(text: string): Question {
  const given = text.trim()
  if (given.length > MAX_LENGTH) throw wrong(given)
  if (ID.test(given)) return { kind: 'refusal', id: given }
  const link = LINK.exec(withoutCredentials(given))?.groups
  if (link !== undefined)
    return { kind: 'refusal', id: `${link['id']}`.toLowerCase(), gate: `${link['gate']}` }
  if (/^https?:\/\//i.test(given)) return ofUrl(given)
  return given.includes('==')
    ? ofRequirement(given)
    : { kind: 'file', ...ofFileName(basename(given), given), path: given }
}

function ofRequirement(text: string): Question {
  const [name = '', version = '', ...more] = text.split('==').map((part) => part.trim())
  if (more.length > 0 || !isName(name)) throw wrong(text)
  return { kind: 'release', ...ofRelease(name, version, text) }
}

function withoutCredentials(text: string): string {
  return text.replace(/^(https?:\/\/)[^/?#]*@/i, '$1')
}

function ofUrl(text: string): Question {
  if (!URL.canParse(text)) throw wrong(text)
  const { origin, pathname } = new URL(text)
  const path = pathname.replace(/\/+$/, '')
  const release = WHY.exec(path)?.groups
  if (release !== undefined) {
    const [name, version] = [decoded(release['name']), decoded(release['version'])]
    if (!isName(name)) throw wrong(text)
    return { kind: 'release', ...ofRelease(name, version, text), gate: `${origin}${release['gate']}` }
  }
  const gate = FILES.exec(path)?.groups?.['gate']
  const fileName = decoded(path.split('/').at(-1)).replace(BESIDE, '')
  return {
    kind: 'file',
    ...ofFileName(fileName, text),
    ...(gate === undefined ? {} : { gate: `${origin}${gate}` }),
  }
}

function decoded(segment = ''): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function ofFileName(fileName: string, text: string): Release & { readonly fileName: string } {
  const { name, version } = reading(text, () => parseFileName(fileName))
  return { name, version: version.normal, fileName }
}

function ofRelease(name: string, version: string, text: string): Release {
  return { name: normalizeName(name), version: reading(text, () => parseVersion(version)).normal }
}

function reading<T>(text: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof WheelsealError) throw wrong(text, cause)
    throw cause
  }
}

function wrong(text: string, cause?: WheelsealError): WheelsealError {
  const about = JSON.stringify(text.slice(0, 200))
  const why = cause?.message ?? `${about} cannot be asked about`
  return whyErrors('client.why-question', why.startsWith(about) ? why : `${about}: ${why}`, { cause })
}
