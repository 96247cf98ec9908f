import type { PolicyFile } from './policy-file.ts'

/**
 * Reads a policy file; `path` is only shown. A gate gives `nowMs`: its exemptions must end within a year from then.
 * Throws `verify.policy-file`, which names file and line.
 */
export async function readPolicy(
  bytes: Uint8Array,
  path: string,
  at: { readonly nowMs?: number } = {},
): Promise<PolicyFile> {
  // Loaded here, not with the room: parser and schema cost a start that most verifications do without.
  const { compilePolicy } = await import('./policy-file.ts')
  return compilePolicy(bytes, path, at)
}
