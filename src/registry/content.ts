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

/** A row is only written when its blob is durable; one that is missing is damage, not an answer. */
export async function openFile(
  { blobs }: { readonly blobs: Blobs },
  { id, fileName, sha256, size }: StoredFile,
): Promise<Blob> {
  const blob = await blobs.open(sha256, size)
  if (blob !== undefined) return blob
  throw baseErrors('base.blob-damaged', `the bytes of ${fileName} (file ${id}) are missing: sha256 ${sha256}`)
}
