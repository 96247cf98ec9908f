import { baseErrors, WheelsealError, type Blob, type Blobs, type StagedBlob } from '../base/index.ts'
import { registryErrors } from './errors.ts'
import type { StoredFile } from './store.ts'

/** Throws `registry.too-large`; nothing is left behind. */
export async function stageCapped(
  blobs: Blobs,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<StagedBlob> {
  try {
    return await blobs.stage(bytes, maxBytes)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'base.too-large')
      throw registryErrors('registry.too-large', `the file is larger than ${maxBytes} bytes`)
    throw error
  }
}

/** What is kept of a distribution: its own bytes, its core metadata (PEP 658), its provenance object (PEP 740). */
export type FilePart = 'file' | 'metadata' | 'provenance'

/** For who may read. Throws `registry.quarantined`, `registry.unknown-file`. */
export function openPart(parts: BlobParts, file: StoredFile, part: FilePart = 'file'): Promise<Blob> {
  const { fileName, quarantinedReason } = file
  if (file.deletedAtMs !== null) throw registryErrors('registry.unknown-file', `${fileName} was deleted`)
  if (quarantinedReason !== null)
    throw registryErrors(
      'registry.quarantined',
      `${fileName} is quarantined${quarantinedReason === '' ? '' : `: ${quarantinedReason}`}`,
    )
  if (part === 'file') return openFile(parts, file)
  const kept = file[part]
  if (kept === null) throw registryErrors('registry.unknown-file', `${fileName} has no ${PART_WORDS[part]}`)
  return openFile(parts, { ...file, ...kept })
}

const PART_WORDS = { metadata: 'metadata file', provenance: 'provenance' } as const

interface BlobParts {
  readonly blobs: Blobs
}

/** A row is only written when its blob is durable; one that is missing is damage, not an answer. */
export async function openFile(
  { blobs }: BlobParts,
  { id, fileName, sha256, size }: StoredFile,
): Promise<Blob> {
  const blob = await blobs.open(sha256, size)
  if (blob !== undefined) return blob
  throw baseErrors('base.blob-damaged', `the bytes of ${fileName} (file ${id}) are missing: sha256 ${sha256}`)
}
