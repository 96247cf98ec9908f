import { readAnswer } from '../answer.ts'
import { cosignErrors } from './errors.ts'
import type { Arguments } from './flag-values.ts'
import type { CosignIo } from './io.ts'

/** As cosign: `--yes`, or `y` on standard input, where the file to sign does not come by it. Throws `cosign.confirmation`. */
export async function confirm({ switches, operands }: Arguments, io: CosignIo): Promise<void> {
  if (switches.get('yes') === true) return
  const fact = 'the identity in the certificate is published in the log permanently'
  if (operands.includes('-')) throw cosignErrors('cosign.confirmation', fact)
  io.stderr(`${fact}\nAre you sure you would like to continue? [y/N] `)
  const answer = await readAnswer(io.standardInput())
  if (answer.toLowerCase() !== 'y') throw cosignErrors('cosign.confirmation', fact)
}
