import type { TrustFiles } from '../../http/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'

/** Project variables of a rehearsal: with them cosign 2 needs no TUF repository. The pipeline's own are left alone. */
export function trustVariables(trust: TrustFiles): readonly ProjectVariable[] {
  const files = {
    SIGSTORE_ROOT_FILE: trust.fulcio,
    SIGSTORE_REKOR_PUBLIC_KEY: trust.rekor,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: trust.ctfe,
  }
  return Object.entries(files).map(([key, value]) => ({ key, value, isFile: true, isMasked: false }))
}
