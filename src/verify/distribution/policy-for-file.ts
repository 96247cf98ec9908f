import { WheelsealError } from '../../base/index.ts'
import { otherSdistName, parseFileName } from '../../formats/python/index.ts'
import type { PolicyFile } from '../policy/policy-file.ts'
import type { Policy } from '../policy/policy.ts'

/**
 * The rule that a file name falls under. The package is what the name says; a file that is no distribution, and one that
 * an installer may take for another package's, is under no rule, and nobody may sign it.
 */
export function policyForFile(fileName: string, file: PolicyFile): Policy {
  try {
    const parsed = parseFileName(fileName)
    const other = otherSdistName(parsed)
    if (other === undefined) return file.policyFor(parsed.name)
    return nobody(`${fileName} is ambiguous: the package is ${parsed.name} or ${other}`)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return nobody(error.message)
  }
}

function nobody(refusal: string): Policy {
  return { anyOf: [], refusal }
}
