import { formatBundle } from '../formats/sigstore/index.ts'
import type { SignedBlob } from './sign-blobs.ts'

/** The seal as a bundle of version 0.3, for JSON. */
export function bundleOf({
  blob,
  signature,
  leaf,
  entry,
  timestamp,
}: SignedBlob): ReturnType<typeof formatBundle> {
  return formatBundle({
    signature,
    certificate: leaf,
    digest: { algorithm: 'sha256', digest: blob.sha256 },
    entries: [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }],
    timestamps: timestamp === undefined ? [] : [timestamp],
  })
}
