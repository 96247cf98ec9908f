import { readCapped, utf8Decode } from '../../base/index.ts'
import { cosignErrors } from './errors.ts'
import type { Arguments } from './flag-values.ts'
import type { CosignIo } from './io.ts'

const MAX_ANSWER_BYTES = 1024
const NEWLINE = 0x0a

/** As cosign: `--yes`, or `y` on standard input, where the file to sign does not come by it. Throws `cosign.confirmation`. */
export async function confirm({ switches, operands }: Arguments, io: CosignIo): Promise<void> {
  if (switches.get('yes') === true) return
  const fact = 'the identity in the certificate is published in the log permanently'
  if (operands.includes('-')) throw cosignErrors('cosign.confirmation', fact)
  io.stderr(`${fact}\nAre you sure you would like to continue? [y/N] `)
  if ((await answer(io)).toLowerCase() !== 'y') throw cosignErrors('cosign.confirmation', fact)
}

async function answer({ standardInput }: CosignIo): Promise<string> {
  const bytes = await readCapped(firstLine(standardInput()), MAX_ANSWER_BYTES)
  return utf8Decode(bytes).replaceAll(/[\r\n]/g, '')
}

async function* firstLine(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of input) {
    const end = part.indexOf(NEWLINE)
    yield end === -1 ? part : part.subarray(0, end)
    if (end !== -1) return
  }
}
