import type { Clock } from '../../base/index.ts'
import type { ListedFile } from '../../gate/index.ts'
import { netErrors } from '../errors.ts'
import {
  again,
  ask,
  capped,
  discard,
  refusalOf,
  require200,
  requirePlain,
  type Answered,
  type Io,
} from './ask.ts'
import type { GateUpstreamLimits } from './limits.ts'
import { allowedUrl, shownUrl } from './place.ts'

/** That of an exchange is for short answers; how long a file may take is decided here. */
const LONGEST_MS = 24 * 3_600_000

export interface Opening {
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Ends with `net.reply` after more bytes than the page says, and with `net.timeout` when they come too slowly. */
export async function openFile(
  io: Io,
  file: ListedFile,
  { maxBytes, signal }: Opening,
): Promise<AsyncIterable<Uint8Array>> {
  const limit = Math.min(maxBytes, file.sizeBytes ?? maxBytes)
  const watch = startWatch(io, file.url)
  const asked = {
    headers: { accept: '*/*', 'accept-encoding': 'identity' },
    timeoutMs: LONGEST_MS,
    signal: AbortSignal.any([signal, watch.signal]),
  }
  try {
    const answer = await again(io, () => watch.wait(opened(io, file.url, asked)))
    if (Number(answer.response.headers['content-length'] ?? 0) <= limit) return watched(answer, watch, limit)
    await watch.wait(discard(answer.response))
    throw tooLong(answer, limit)
  } catch (error) {
    watch.end()
    throw error
  }
}

async function opened(io: Io, url: string, asked: Parameters<typeof ask>[2]): Promise<Answered> {
  const answer = await ask(io, url, asked)
  await require200(answer)
  return answer
}

function tooLong({ url }: Answered, limit: number): Error {
  return netErrors(
    'net.reply',
    `${shownUrl(url)} has more than ${limit} bytes, as many as its page says or are allowed`,
  )
}

async function* watched(answer: Answered, watch: Watch, limit: number): AsyncGenerator<Uint8Array> {
  const parts = answer.response.body[Symbol.asyncIterator]()
  let total = 0
  try {
    for (;;) {
      const next = await watch.wait(parts.next())
      if (next.done === true) return
      total += next.value.length
      if (total > limit) throw tooLong(answer, limit)
      watch.requirePace(total)
      yield next.value
    }
  } finally {
    watch.end()
    await parts.return?.()
  }
}

interface Watch {
  readonly signal: AbortSignal
  /** Aborts what is waited for when that takes too long. */
  wait<T>(work: Promise<T>): Promise<T>
  /** Throws `net.timeout`. */
  requirePace(bytes: number): void
  end(): void
}

/** In the time that an upstream may be silent; it is left by the look after that. */
const LOOKS = 4
/** In place of an `AbortError`, whose stack costs more than all else here. */
const ENDED = 'the file has ended'

/**
 * Only time in which the upstream is waited for counts: who reads slowly is not its fault. One timer looks at it now and
 * then: one for each part of a file would cost more than the part.
 */
function startWatch({ clock, limits }: { clock: Clock; limits: GateUpstreamLimits }, url: string): Watch {
  const [stop, over] = [new AbortController(), new AbortController()]
  const slow = (): Error => netErrors('net.timeout', `${shownUrl(new URL(url))} came too slowly`)
  let waitedMs = 0
  let [isWaiting, looks] = [false, 0]
  const look = async (): Promise<void> => {
    while (looks <= LOOKS) {
      await clock.sleep(limits.idleMs / LOOKS, over.signal)
      looks = isWaiting ? looks + 1 : 0
    }
    stop.abort(slow())
  }
  look().catch(() => undefined)
  return {
    signal: stop.signal,
    wait: async (work) => {
      const startMs = clock.nowMs()
      isWaiting = true
      looks = 0
      try {
        return await work
      } finally {
        isWaiting = false
        waitedMs += clock.nowMs() - startMs
      }
    },
    requirePace: (bytes) => {
      if (waitedMs > limits.idleMs + bytes / limits.fileBytesPerMs) throw slow()
    },
    end: () => over.abort(ENDED),
  }
}

export interface Part {
  readonly start: number
  readonly end: number
}

/** Undefined where the answer is the whole file. */
export async function readRange(
  io: Io,
  file: ListedFile,
  { start, end }: Part,
): Promise<Uint8Array | undefined> {
  const headers = { accept: '*/*', 'accept-encoding': 'identity', range: `bytes=${start}-${end}` }
  return again(io, async () => {
    const answer = await ask(io, file.url, { headers, timeoutMs: io.limits.metadataMs })
    const { response, url } = answer
    if (response.status === 200) return discard(response)
    if (response.status !== 206) throw await refusalOf(answer)
    await requirePlain(answer)
    const bytes = await capped(answer, end - start + 1)
    const [, from, to] = /^bytes (\d{1,15})-(\d{1,15})\//.exec(response.headers['content-range'] ?? '') ?? []
    if (Number(from) !== start || Number(to) !== end || bytes.length !== end - start + 1)
      throw netErrors('net.reply', `${shownUrl(url)} answered with another range than was asked for`)
    return bytes
  })
}

/** PEP 658. A query is that of the file, and not of what is beside it. */
export function besideUrl(io: Io, file: ListedFile, suffix: string): string {
  const url = allowedUrl(file.url, io.place)
  url.pathname += suffix
  url.search = ''
  return url.href
}
