import { readCapped, utf8Decode } from '../base/index.ts'

const MAX_ANSWER_BYTES = 1024
const NEWLINE = 0x0a

/** The first line that somebody types. What follows it stays unread. Throws `base.too-large`. */
export async function readAnswer(input: AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = await readCapped(firstLine(input), MAX_ANSWER_BYTES)
  return utf8Decode(bytes).replaceAll(/[\r\n]/g, '')
}

async function* firstLine(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of input) {
    const end = part.indexOf(NEWLINE)
    yield end === -1 ? part : part.subarray(0, end)
    if (end !== -1) return
  }
}
