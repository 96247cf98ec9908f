/**
 * Public Sigstore, where verification starts when it is told nothing else: version 16 of its TUF root, which every root
 * since version 1 leads to, and the trust root of that time. Its hosts stand in `tuf-public.json` and nowhere else.
 */
import { sha256Hex, utf8 } from '../base/index.ts'
import type { TufSource } from './tuf-source.ts'
import seed from './tuf-public.json' with { type: 'json' }

/** The trust root byte for byte as the repository has it, so that it is not fetched again while it is the same. */
export function publicSigstore(): TufSource {
  const firstRoot = utf8(JSON.stringify(seed.root))
  return {
    url: seed.url,
    firstRoot,
    firstRootSha256: sha256Hex(firstRoot),
    seed: utf8(`${JSON.stringify(seed.trustedRoot, null, 2)}\n`),
  }
}
