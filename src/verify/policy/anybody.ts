import type { Policy, TextRule } from './policy.ts'

const ANY_TEXT: TextRule = { kind: 'pattern', source: '(?s).*', pattern: { matches: () => true } }

/**
 * Whether a seal holds, any signer: for a verdict that is kept without a policy. It lets a file through for nobody;
 * who may sign must be asked of the identity in the verdict each time (`isAllowed`).
 */
export const ANYBODY: Policy = { anyOf: [{ san: ANY_TEXT, issuer: ANY_TEXT }], rule: 'any signer' }
