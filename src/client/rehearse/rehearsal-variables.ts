import type { TrustFiles } from '../../http/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'

/** Project variables of a rehearsal: with them cosign 2 and `wheelseal` need no TUF repository. The pipeline's own are left alone. */
export function trustVariables(trust: TrustFiles): readonly ProjectVariable[] {
  const files = {
    SIGSTORE_ROOT_FILE: trust.fulcio,
    SIGSTORE_REKOR_PUBLIC_KEY: trust.rekor,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: trust.ctfe,
    WHEELSEAL_TRUSTED_ROOT: trust.trustedRoot,
  }
  return Object.entries(files).map(([key, value]) => ({ key, value, isFile: true, isMasked: false }))
}

/**
 * A wheelhouse in the place of the index of this machine. Not PIP_NO_INDEX, with which pip also ignores the index that a
 * line names by --index-url, such as that of the project: the index that no line names is one that has nothing.
 */
export function wheelsVariables(
  wheelhouse: string | undefined,
  serverUrl: string,
): readonly ProjectVariable[] {
  if (wheelhouse === undefined) return []
  const values = { PIP_FIND_LINKS: wheelhouse, PIP_INDEX_URL: `${serverUrl}/-/empty/simple` }
  return Object.entries(values).map(([key, value]) => ({ key, value, isFile: false, isMasked: false }))
}
