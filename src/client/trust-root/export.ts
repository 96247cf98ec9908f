import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { shellQuoted, utf8 } from '../../base/index.ts'
import { syncFolder, systemFiles } from '../../host/index.ts'
import type { TrustFiles } from '../../http/index.ts'

/**
 * Where `cosign.env` and a job find the files; the names are those that cosign 2 reads from its environment, and that of
 * the timestamp authority, which cosign 3 and our face read, since the bundles that we write hold a timestamp.
 */
export interface TrustEnvironment {
  readonly SIGSTORE_ROOT_FILE: string
  readonly SIGSTORE_REKOR_PUBLIC_KEY: string
  readonly SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: string
  readonly SIGSTORE_TSA_CERTIFICATE_FILE: string
  readonly COSIGN_REKOR_URL: string
}

/**
 * cosign 2 needs `COSIGN_REKOR_URL` to verify `.sig` and `.crt`; cosign 3 refuses it beside a signing config, which
 * names the log itself. Lines of a shell that take it away for such a call.
 */
export const SPARE_SIGNING_CONFIG = `case " $* " in *' --signing-config'*) unset COSIGN_REKOR_URL ;; esac`

/** Only for a program of the PATH: somebody's own function or alias stays. */
const COSIGN_FUNCTION = `case $(command -v cosign) in
  /*) cosign() (
    ${SPARE_SIGNING_CONFIG}
    command cosign "$@"
  ) ;;
esac
`

function trustEnvironment(url: string, folder: string): TrustEnvironment {
  return {
    SIGSTORE_ROOT_FILE: join(folder, 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(folder, 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(folder, 'ctfe.pub'),
    SIGSTORE_TSA_CERTIFICATE_FILE: join(folder, 'tsa.pem'),
    COSIGN_REKOR_URL: url,
  }
}

/**
 * Writes them, and `cosign.env` (for `. cosign.env`), and returns their paths. All are written beside their places
 * first, so that a full disk leaves what was there; then each gets its name, `cosign.env` last.
 */
export async function exportTrust(trust: TrustFiles, out: string): Promise<readonly string[]> {
  const folder = resolve(out)
  const made = await mkdir(folder, { recursive: true })
  const files = filesOf(trust, folder)
  const stage = await mkdtemp(join(folder, '.trust-'))
  try {
    for (const [name, text] of files) await systemFiles.writeAtomic(join(stage, name), utf8(text))
    for (const [name] of files) await rename(join(stage, name), join(folder, name))
    await syncFolder(folder)
  } catch (error) {
    await rm(made ?? stage, { recursive: true, force: true })
    throw error
  }
  await rm(stage, { recursive: true })
  return files.map(([name]) => join(folder, name))
}

function filesOf(trust: TrustFiles, folder: string): readonly (readonly [string, string])[] {
  const lines = Object.entries(trustEnvironment(trust.url, folder)).map(
    ([name, value]) => `export ${name}=${shellQuoted(value)}\n`,
  )
  return [
    ['fulcio.pem', trust.fulcio],
    ['rekor.pub', trust.rekor],
    ['ctfe.pub', trust.ctfe],
    ['tsa.pem', trust.tsa],
    ['trusted_root.json', trust.trustedRoot],
    ['signing_config.json', trust.signingConfig],
    ['trust_config.json', trust.trustConfig],
    ['root.json', trust.tufRoot],
    ['cosign.env', lines.join('') + COSIGN_FUNCTION],
  ]
}
