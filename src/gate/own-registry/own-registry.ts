import { canonicalJson, encodeBase64, readCapped, sha256Hex, utf8, WheelsealError } from '../../base/index.ts'
import type { Seals } from '../../registry/index.ts'
import type { FoundSeal } from '../../verify/index.ts'
import { gateErrors } from '../errors.ts'
import type { ListedFile } from '../facts.ts'
import type { SealAnswer, Upstream } from '../upstream.ts'
import { ownersOf, ownFile, type OwnRegistryParts } from './owners.ts'
import { ownPage } from './own-page.ts'

export interface OwnRegistry extends OwnRegistryParts {
  readonly seals: Pick<Seals, 'kept'>
}

/** As of any upstream. */
const MAX_METADATA_BYTES = 1 << 20
const MAX_PROVENANCE_BYTES = 4 << 20

/**
 * The packages of this server's own projects, without HTTP: pages, bytes and seals are those that its index would give,
 * and the same checks follow. Who may read which of them is asked of `owners`. What cannot be had is
 * `gate.registry`.
 */
export function createOwnRegistry(parts: OwnRegistry): Upstream {
  return {
    name: parts.name,
    owners: (name) => answered(async () => (await ownersOf(parts, name)).projects),
    page: (name, kept) => answered(() => ownPage(parts, name, kept)),
    seals: (_name, file) => answered(() => ownSeals(parts, file)),
    open: (file, asked) => answered(() => openFile(parts, file, asked)),
    range: (file, part) => answered(() => readRange(parts, file, part)),
    metadata: (file) =>
      answered(async () => {
        const { stored } = await ownFile(parts, file)
        if (stored.metadata === null) return undefined
        return readCapped((await parts.pypi.open(stored, 'metadata')).stream(), MAX_METADATA_BYTES)
      }),
  }
}

/** What the registry fails with is the failure of an upstream. */
async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof WheelsealError) || cause.code === 'gate.registry') throw cause
    throw gateErrors('gate.registry', cause.message, { cause })
  }
}

type FoundSeals = Extract<SealAnswer, { kind: 'seals' }>['seals']

/** The provenance object first: installers are given that one. */
async function ownSeals(parts: OwnRegistry, file: ListedFile): Promise<SealAnswer> {
  const { project, stored } = await ownFile(parts, file)
  const found = [...(await parts.seals.kept(project, stored))]
  if (stored.provenance !== null) {
    const provenance = await parts.pypi.open(stored, 'provenance')
    found.unshift({ kind: 'provenance', bytes: await readCapped(provenance.stream(), MAX_PROVENANCE_BYTES) })
  }
  const source = `registry ${project.path}`
  const seals = new Map<string, FoundSeals[number]>()
  for (const seal of found) {
    const bytes = bytesOf(seal)
    const sha256 = sha256Hex(bytes)
    if (!seals.has(sha256)) seals.set(sha256, { kind: seal.kind, source, sha256, bytes })
  }
  return { kind: 'seals', seals: [...seals.values()] }
}

/** Of a pair as `StoredSeal` has it. */
function bytesOf(seal: FoundSeal): Uint8Array {
  if (seal.kind !== 'pair') return seal.bytes
  const { certificate = new Uint8Array(), signature } = seal
  const pair = { certificate: encodeBase64(certificate), signature: encodeBase64(signature) }
  return utf8(canonicalJson(pair))
}

async function openFile(
  parts: OwnRegistry,
  file: ListedFile,
  { maxBytes, signal }: Parameters<Upstream['open']>[1],
): Promise<AsyncIterable<Uint8Array>> {
  signal.throwIfAborted()
  const { stored } = await ownFile(parts, file)
  const limit = Math.min(maxBytes, file.sizeBytes ?? maxBytes)
  if (stored.size > limit)
    throw gateErrors('gate.registry', `${stored.fileName} has ${stored.size} bytes, ${limit} are allowed`)
  return watched((await parts.pypi.open(stored)).stream(), signal)
}

/** Bytes that are damaged here are those of an upstream that fails. */
async function* watched(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const parts = bytes[Symbol.asyncIterator]()
  try {
    for (;;) {
      signal.throwIfAborted()
      const next = await answered(() => parts.next())
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await parts.return?.()
  }
}

async function readRange(
  parts: OwnRegistry,
  file: ListedFile,
  range: Parameters<Upstream['range']>[1],
): Promise<Uint8Array> {
  const { stored } = await ownFile(parts, file)
  if (range.end >= stored.size)
    throw gateErrors(
      'gate.registry',
      `${stored.fileName} has ${stored.size} bytes, fewer than were asked for`,
    )
  const blob = await parts.pypi.open(stored)
  return readCapped(blob.stream(range), range.end - range.start + 1)
}
