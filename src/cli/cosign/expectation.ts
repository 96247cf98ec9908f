import { exactly, searching, type Policy, type TextRule } from '../../verify/index.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'

/** Who must have signed. Throws `cosign.usage`, also for a pattern that is none. */
export async function policyOf(given: Arguments): Promise<Policy> {
  const san = await ruleOf('certificate-identity', given)
  const issuer = await ruleOf('certificate-oidc-issuer', given)
  return { anyOf: [{ san, issuer }] }
}

async function ruleOf(name: string, given: Arguments): Promise<TextRule> {
  const [exact, pattern] = [textOf(given, name), textOf(given, `${name}-regexp`)]
  if (exact !== undefined && pattern !== undefined)
    throw cosignErrors('cosign.usage', `--${name} and --${name}-regexp cannot be used together`, {
      hint: 'use only one of these flags; cosign 2.2.3 ignores the exact one',
    })
  if (exact !== undefined) return exactly(exact)
  if (pattern === undefined)
    throw cosignErrors('cosign.usage', `--${name} is required, or --${name}-regexp`, {
      hint: 'say who must have signed: --certificate-identity and --certificate-oidc-issuer',
    })
  try {
    return await searching(pattern)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw cosignErrors('cosign.usage', `--${name}-regexp is not an RE2 pattern: ${cause.message}`, { cause })
  }
}
