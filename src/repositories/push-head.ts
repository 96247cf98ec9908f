import { joinBytes, utf8Decode } from '../base/index.ts'
import { repositoryErrors } from './errors.ts'
import { PacketReader } from './packets.ts'

/** What a push wants of one ref. */
export interface PushCommand {
  /** The whole name, `refs/heads/main`. */
  readonly ref: string
  /** 40 zeros: there is none yet. */
  readonly oldSha: string
  /** 40 zeros: it is to be removed. */
  readonly newSha: string
}

/** What stands before the objects of a push (gitprotocol-pack(5), reference update request). */
export interface PushHead {
  readonly commands: readonly PushCommand[]
  readonly capabilities: ReadonlySet<string>
  /** Of `git push -o`. */
  readonly options: readonly string[]
  /** All that was read, for git to read again: the head, and what came with it of the objects. */
  readonly bytes: Uint8Array
}

export const NO_OBJECT = '0'.repeat(40)
/** A push of a thousand refs with the longest names. */
const MAX_HEAD_BYTES = 1 << 20
const MAX_OPTIONS = 100
const COMMAND = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)$/

/**
 * Reads to the end of the head and no further than the part of the body in which it ends. Throws
 * `repositories.request`, `repositories.too-large`.
 */
export async function readPushHead(body: AsyncIterator<Uint8Array>): Promise<PushHead> {
  const stream = new Stream(body)
  const lines = await stream.linesToFlush()
  const { commands, capabilities } = readCommands(lines)
  const hasOptions = commands.length > 0 && capabilities.has('push-options')
  const options = hasOptions ? await stream.linesToFlush() : []
  if (options.length > MAX_OPTIONS)
    throw repositoryErrors('repositories.request', `the push has more than ${MAX_OPTIONS} options`)
  return { commands, capabilities, options, bytes: stream.read() }
}

class Stream {
  readonly #body: AsyncIterator<Uint8Array>
  readonly #packets = new PacketReader()
  readonly #parts: Uint8Array[] = []
  #size = 0

  constructor(body: AsyncIterator<Uint8Array>) {
    this.#body = body
  }

  read(): Uint8Array {
    return joinBytes(this.#parts)
  }

  async linesToFlush(): Promise<readonly string[]> {
    const lines: string[] = []
    for (;;) {
      const packet = await this.#next()
      if (packet.kind === 'flush') return lines
      lines.push(textOf(packet.payload))
    }
  }

  async #next() {
    for (;;) {
      const packet = this.#packets.next()
      if (packet !== undefined) return packet
      const { done, value } = await this.#body.next()
      if (done === true) throw repositoryErrors('repositories.request', 'the push ends before its objects')
      // Before it is kept: what follows the head may come with it, and is one part of the body.
      if (this.#size > MAX_HEAD_BYTES)
        throw repositoryErrors('repositories.too-large', `the list of refs exceeds ${MAX_HEAD_BYTES} bytes`)
      this.#size += value.length
      this.#parts.push(value)
      this.#packets.add(value)
    }
  }
}

/** A line break at its end says nothing. */
function textOf(payload: Uint8Array): string {
  try {
    return utf8Decode(payload).replace(/\n$/, '')
  } catch (cause) {
    throw repositoryErrors('repositories.request', 'a name in the push is not UTF-8', { cause })
  }
}

function readCommands(lines: readonly string[]): Pick<PushHead, 'commands' | 'capabilities'> {
  const commands: PushCommand[] = []
  let capabilities: readonly string[] = []
  for (const line of lines) {
    if (/^shallow [0-9a-f]{40}$/.test(line)) continue
    const end = commands.length === 0 ? line.indexOf('\0') : -1
    if (end >= 0) capabilities = line.slice(end + 1).split(' ')
    commands.push(readCommand(end < 0 ? line : line.slice(0, end)))
  }
  return { commands, capabilities: new Set(capabilities) }
}

function readCommand(text: string): PushCommand {
  const [, oldSha, newSha, ref] = COMMAND.exec(text) ?? []
  if (oldSha === undefined || newSha === undefined || ref === undefined)
    throw repositoryErrors('repositories.request', 'a line of the push names no change of a ref')
  return { ref, oldSha, newSha }
}
