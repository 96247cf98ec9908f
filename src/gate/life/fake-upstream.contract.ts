/** For tests only: an upstream that can be told to lie. */
import { sha256Hex, utf8, WheelsealError } from '../../base/index.ts'
import { readWheelMetadata } from '../../formats/python/archive/index.ts'
import { sourceOf } from '../../formats/python/archive/arrange.ts'
import { parseFileName } from '../../formats/python/index.ts'
import { bytesOf } from '../../registry/seals/arrange.ts'
import { NOW as NOW_SECONDS } from '../../verify/arrange.ts'
import type { ListedFile } from '../facts.ts'
import type { NewPage } from '../store.ts'
import type { UnreadLinks, Upstream } from '../upstream.ts'

export const DAY_MS = 86_400_000
/** Ten days after what `makeSeal` makes. */
export const NOW = NOW_SECONDS * 1000 + 10 * DAY_MS

export interface Offer {
  readonly bytes: Uint8Array
  readonly listed?: Partial<ListedFile>
  /** An object of PEP 740; the page says that there is none where it is left out. */
  readonly provenance?: Uint8Array
  /** In place of that: bundles. */
  readonly bundles?: readonly Uint8Array[]
  /** In place of the bytes. */
  readonly sent?: Uint8Array
}

export interface FakeUpstream {
  readonly offers: Map<string, Offer>
  /** `page demo`, `seals FILE`, `open FILE`, … */
  readonly asked: string[]
  page: Partial<NewPage>
  unread: UnreadLinks | undefined
  /** What it fails with, by the first word of what is asked. */
  readonly failing: Map<string, () => Promise<never>>
  /** In place of the bytes of all files. */
  streams: ((signal: AbortSignal) => AsyncIterable<Uint8Array>) | undefined
  /** What `.metadata` answers. */
  metadata: Uint8Array | undefined
  hasRanges: boolean
}

export function fakeUpstream(): FakeUpstream {
  return {
    offers: new Map(),
    asked: [],
    page: {},
    unread: undefined,
    failing: new Map(),
    streams: undefined,
    metadata: undefined,
    hasRanges: true,
  }
}

export function netError(code = 'net.unreachable', fact = 'http://10.0.0.7/secret refused'): WheelsealError {
  return new WheelsealError(code, fact, { status: 502, exit: 1, summary: '', hint: '' })
}

export function offer(fake: FakeUpstream, fileName: string, changes: Partial<Offer> = {}): Offer {
  const made = { bytes: bytesOf(fileName), ...changes }
  fake.offers.set(fileName, made)
  return made
}

/** A provenance object with these attestations. */
export function provenanceOf(...attestations: readonly string[]): Uint8Array {
  const parsed = attestations.map((one) => JSON.parse(one) as unknown)
  const bundle = { publisher: { kind: 'GitLab' }, attestations: parsed }
  return utf8(JSON.stringify({ version: 1, attestation_bundles: [bundle] }))
}

export function clientOf(fake: FakeUpstream): Upstream {
  const note = async (what: string): Promise<void> => {
    fake.asked.push(what)
    await fake.failing.get(what.split(' ')[0] ?? '')?.()
  }
  const bytesFor = ({ fileName }: ListedFile): Uint8Array => {
    const found = fake.offers.get(fileName)
    return found?.sent ?? found?.bytes ?? new Uint8Array()
  }
  return {
    name: 'pypi',
    page: async (name) => {
      await note(`page ${name}`)
      const files = [...fake.offers].map(([fileName, one]) => listedOf(fileName, one))
      const own = files.filter(({ fileName }) => parseFileName(fileName).name === name)
      if (own.length === 0) return { kind: 'unknown' }
      const page = { etag: null, serial: null, status: null, tellsOfSeals: true, files: own }
      const unread = fake.unread === undefined ? {} : { unread: fake.unread }
      return { kind: 'page', page: { ...page, ...fake.page }, ...unread }
    },
    seals: async (_name, file) => {
      await note(`seals ${file.fileName}`)
      const { provenance, bundles = [] } = fake.offers.get(file.fileName) ?? {}
      const source = 'https://pypi.example/p'
      const sealOf = (kind: 'provenance' | 'bundle') => (bytes: Uint8Array) => ({
        ...{ kind, source, bytes },
        sha256: sha256Hex(bytes),
      })
      const own = provenance === undefined ? [] : [provenance].map(sealOf('provenance'))
      return { kind: 'seals', seals: [...own, ...bundles.map(sealOf('bundle'))] }
    },
    open: async (file, { signal }) => {
      await note(`open ${file.fileName}`)
      return fake.streams?.(signal) ?? inParts(bytesFor(file))
    },
    range: async (file, { start, end }) => {
      await note(`range ${file.fileName}`)
      return fake.hasRanges ? bytesFor(file).subarray(start, end + 1) : undefined
    },
    metadata: async (file) => {
      await note(`metadata ${file.fileName}`)
      return fake.metadata
    },
  }
}

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384)
}

function listedOf(fileName: string, { bytes, listed, provenance, bundles }: Offer): ListedFile {
  const { version, kind } = parseFileName(fileName)
  const url = `https://files.example/packages/${fileName}`
  return {
    fileName,
    versionKey: version.key,
    version: version.normal,
    kind,
    sha256: sha256Hex(bytes),
    sizeBytes: bytes.length,
    url,
    uploadedAtMs: NOW - 100 * DAY_MS,
    requiresPython: null,
    yanked: null,
    provenance:
      (provenance ?? bundles) === undefined ? { kind: 'none' } : { kind: 'at', url: `${url}.provenance` },
    offersMetadata: kind === 'wheel',
    metadataSha256: null,
    ...listed,
  }
}

export function metadataIn(fileName: string, bytes: Uint8Array): Promise<Uint8Array> {
  return readWheelMetadata(fileName, sourceOf(bytes))
}
