/**
 * Public Sigstore, where verification starts when it is told nothing else: version 16 of its TUF root, which every root
 * since version 1 leads to, and the trust root of that time. Its hosts stand in `tuf-public.json` and nowhere else.
 */
import { utf8 } from '../base/index.ts'
import type { TufSource } from './tuf.ts'
import seed from './tuf-public.json' with { type: 'json' }

/** The trust root byte for byte as the repository has it, so that it is not fetched again while it is the same. */
export function publicSigstore(): TufSource {
  return {
    url: seed.url,
    firstRoot: utf8(JSON.stringify(seed.root)),
    seed: utf8(`${JSON.stringify(seed.trustedRoot, null, 2)}\n`),
  }
}
