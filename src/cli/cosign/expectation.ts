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
    throw cosignErrors('cosign.usage', `--${name} and --${name}-regexp are both given`, {
      hint: 'give one of them; cosign would pass over the exact one in silence',
    })
  if (exact !== undefined) return exactly(exact)
  if (pattern === undefined)
    throw cosignErrors('cosign.usage', `--${name} is required, or --${name}-regexp`, {
      hint: 'a valid signature of anybody proves nothing: say who must have signed, and by which issuer',
    })
  try {
    return await searching(pattern)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw cosignErrors('cosign.usage', `--${name}-regexp is no pattern of RE2: ${cause.message}`, { cause })
  }
}
