import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { shellQuoted, utf8 } from '../base/index.ts'
import { systemFiles } from '../host/index.ts'
import type { TrustFiles } from '../http/index.ts'

/** Where `cosign.env` and a job find the files; the names are those that cosign 2 reads from its environment. */
export interface TrustEnvironment {
  readonly SIGSTORE_ROOT_FILE: string
  readonly SIGSTORE_REKOR_PUBLIC_KEY: string
  readonly SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: string
  readonly COSIGN_REKOR_URL: string
}

function trustEnvironment(url: string, folder: string): TrustEnvironment {
  return {
    SIGSTORE_ROOT_FILE: join(folder, 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(folder, 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(folder, 'ctfe.pub'),
    COSIGN_REKOR_URL: url,
  }
}

/** Writes them, and `cosign.env` (for `. cosign.env`), and returns their paths. */
export async function exportTrust(trust: TrustFiles, out: string): Promise<readonly string[]> {
  const folder = resolve(out)
  await mkdir(folder, { recursive: true })
  const lines = Object.entries(trustEnvironment(trust.url, folder)).map(
    ([name, value]) => `export ${name}=${shellQuoted(value)}\n`,
  )
  const files: Readonly<Record<string, string>> = {
    'fulcio.pem': trust.fulcio,
    'rekor.pub': trust.rekor,
    'ctfe.pub': trust.ctfe,
    'tsa.pem': trust.tsa,
    'trusted_root.json': trust.trustedRoot,
    'signing_config.json': trust.signingConfig,
    'trust_config.json': trust.trustConfig,
    'root.json': trust.tufRoot,
    'cosign.env': lines.join(''),
  }
  for (const [name, text] of Object.entries(files))
    await systemFiles.writeAtomic(join(folder, name), utf8(text))
  return Object.keys(files).map((name) => join(folder, name))
}
