import { canonicalJson, encodeBase64, sha256Hex, utf8 } from '../../base/index.ts'
import { normalizeName } from '../../formats/python/index.ts'
import type { ListedFile, SealAnswer } from '../../gate/index.ts'
import { netErrors } from '../errors.ts'
import { bytesAt, type Io } from './ask.ts'
import { besideUrl } from './file.ts'
import { genericUrls } from './gitlab.ts'
import { shownUrl, type GateUpstreamConfig } from './place.ts'

export type FoundSeal = Extract<SealAnswer, { kind: 'seals' }>['seals'][number]
/** Undefined where nobody can say. */
export type FindSeals = (name: string, file: ListedFile) => Promise<readonly FoundSeal[] | undefined>

/** By the configuration. Throws `net.url` for one by which no seal could be found. */
export function sealFinder(io: Io, config: GateUpstreamConfig): FindSeals {
  if (config.seals === 'provenance') return provenanceFinder(io, config.provenanceUrl)
  if (config.seals === 'generic') return genericFinder(io)
  return config.seals === 'beside' ? (_name, file) => findBeside(io, file) : async () => []
}

function provenanceFinder(io: Io, template: string | undefined): FindSeals {
  const fill = template === undefined ? undefined : templateOf(template)
  return async (name, file) => {
    const { provenance } = file
    if (provenance.kind === 'none') return []
    const url = provenance.kind === 'at' ? provenance.url : fill?.(name, file)
    return url === undefined ? undefined : one(await sealAt(io, url, 'provenance'))
  }
}

const PLACEHOLDER = /\{([^{}]*)\}/g

/** Throws `net.url`. Whether its host is one of the upstream is checked where it is asked. */
function templateOf(template: string): (name: string, file: ListedFile) => string {
  const known = ['name', 'version', 'file']
  const path = /^https?:\/\/[^/{}]+(\/.*)$/.exec(template)?.[1]
  if (path === undefined || [...template.matchAll(PLACEHOLDER)].some(([, key = '']) => !known.includes(key)))
    throw netErrors(
      'net.url',
      `provenance_url ${template} is not a URL with {name}, {version} and {file} in its path`,
    )
  return (name, { version, fileName }) => {
    const values: Readonly<Record<string, string>> = { name: normalizeName(name), version, file: fileName }
    return template.replaceAll(PLACEHOLDER, (_whole, key: string) => encodeURIComponent(values[key] ?? ''))
  }
}

/** Of a static mirror: a bundle, and the attestation that PyPI's publisher writes. */
async function findBeside(io: Io, file: ListedFile): Promise<readonly FoundSeal[]> {
  const bundle = await sealAt(io, besideUrl(io, file, '.sigstore.json'), 'bundle')
  const attestation = await sealAt(io, besideUrl(io, file, '.publish.attestation'), 'bundle')
  return [...one(bundle), ...one(attestation)]
}

function genericFinder(io: Io): FindSeals {
  const urlsOf = genericUrls(io)
  return async (_name, file) => {
    for (const base of await urlsOf(file)) {
      const seal = await genericSeal(io, `${base}/${encodeURIComponent(file.fileName)}`)
      if (seal !== undefined) return [seal]
    }
    return []
  }
}

/** The tutorial's `.sig` and `.crt` where there is no bundle; half of a pair is no seal. */
async function genericSeal(io: Io, file: string): Promise<FoundSeal | undefined> {
  const bundle = await sealAt(io, `${file}.sigstore.json`, 'bundle')
  if (bundle !== undefined) return bundle
  const signature = await bytesOf(io, `${file}.sig`)
  if (signature === undefined) return undefined
  const certificate = await bytesOf(io, `${file}.crt`)
  if (certificate === undefined) return undefined
  const pair = { certificate: encodeBase64(certificate), signature: encodeBase64(signature) }
  return found('pair', `${file}.sig`, utf8(canonicalJson(pair)))
}

async function sealAt(io: Io, url: string, kind: 'provenance' | 'bundle'): Promise<FoundSeal | undefined> {
  const bytes = await bytesOf(io, url)
  if (bytes === undefined) return undefined
  // A page to log in or of a proxy would be kept as a seal that does not verify, for ever.
  if (!/^[ \t\r\n]*\{/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1')))
    throw netErrors('net.reply', `${shownUrl(new URL(url))} answered no JSON object`)
  return found(kind, url, bytes)
}

const ACCEPT = 'application/vnd.pypi.integrity.v1+json, application/json;q=0.9, */*;q=0.1'

function bytesOf(io: Io, url: string): Promise<Uint8Array | undefined> {
  const { sealBytes, sealMs } = io.limits
  return bytesAt(io, url, { accept: ACCEPT, maxBytes: sealBytes, timeoutMs: sealMs })
}

function found(kind: FoundSeal['kind'], url: string, bytes: Uint8Array): FoundSeal {
  return { kind, source: shownUrl(new URL(url)), sha256: sha256Hex(bytes), bytes }
}

function one(seal: FoundSeal | undefined): readonly FoundSeal[] {
  return seal === undefined ? [] : [seal]
}
