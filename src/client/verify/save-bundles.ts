import { decodeHex, utf8, type Files } from '../../base/index.ts'
import { formatBundle } from '../../formats/sigstore/index.ts'
import type { FileOutcome } from './outcome.ts'

/**
 * Writes `X.sigstore.json` beside each verified file X whose log was asked for the entry, so that nobody need be asked
 * again; returns the paths. Never over a file that is there, nor for a digest or a managed key. Throws `host.file`.
 */
export async function saveBundles(
  outcomes: readonly FileOutcome[],
  files: Pick<Files, 'exists' | 'writeAtomic'>,
): Promise<readonly string[]> {
  const saved: string[] = []
  for (const outcome of outcomes) {
    const path = bundlePath(outcome)
    const text = path === undefined ? undefined : bundleText(outcome)
    if (path === undefined || text === undefined || (await files.exists(path))) continue
    await files.writeAtomic(path, utf8(text))
    saved.push(path)
  }
  return saved
}

/** Where the bundle of a file would be that has none; undefined where there can be none. */
export function bundlePath({ file, loggedSeal }: FileOutcome): string | undefined {
  const isPossible = loggedSeal?.certificate !== undefined && !file.startsWith('sha256:')
  return isPossible ? `${file}.sigstore.json` : undefined
}

function bundleText({ loggedSeal, sha256, verdict }: FileOutcome): string | undefined {
  const { certificate, signature, entries = [] } = loggedSeal ?? {}
  if (certificate === undefined || signature === undefined || sha256 === undefined) return undefined
  // A log may hold the same signature several times; one was judged.
  const entry = entries.find(({ logIndex }) => logIndex === verdict?.logIndex)
  if (entry === undefined) return undefined
  const bundle = formatBundle({
    certificate,
    signature,
    digest: { algorithm: 'sha256', digest: decodeHex(sha256) },
    entries: [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }],
  })
  return `${JSON.stringify(bundle)}\n`
}
