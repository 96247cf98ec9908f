import { joinBytes, utf8, utf8Decode } from '../base/index.ts'
import type { PushCommand } from './push-head.ts'
import { FLUSH, MAX_PACKET_BYTES, packet, PacketReader } from './packets.ts'

/** The bands of `side-band-64k` (gitprotocol-capabilities(5)): the report, and text for the screen of who pushes. */
const REPORT = 1
const SCREEN = 2
const MAX_BAND_BYTES = MAX_PACKET_BYTES - 5
/** A report is a line for each ref of a push. */
const MAX_REPORT_BYTES = 4 << 20

/**
 * What `git receive-pack` answers, as it is written: text for the screen goes on at once, the report is kept until all
 * that it says is durable.
 */
export class ReportReader {
  readonly #packets = new PacketReader()
  readonly #report: Uint8Array[] = []
  #size = 0
  readonly #isBanded: boolean

  constructor({ isBanded }: { readonly isBanded: boolean }) {
    this.#isBanded = isBanded
  }

  /** Gives what is for the client now. */
  add(bytes: Uint8Array): Uint8Array {
    if (!this.#isBanded) {
      this.#keep(bytes)
      return new Uint8Array()
    }
    this.#packets.add(bytes)
    const forNow: Uint8Array[] = []
    for (let next = this.#packets.next(); next !== undefined; next = this.#packets.next()) {
      if (next.kind === 'flush') continue
      if (next.payload[0] === REPORT) this.#keep(next.payload.subarray(1))
      else forNow.push(packet(next.payload))
    }
    return joinBytes(forNow)
  }

  /** Refs that git says it has changed; undefined where there is no report. */
  changed(): ReadonlySet<string> | undefined {
    return this.#size === 0 ? undefined : changedIn(joinBytes(this.#report))
  }

  /** The end of the answer: the report, and sentences for the screen where the client shows them. */
  end(sentences: readonly string[]): Uint8Array {
    const report = joinBytes(this.#report)
    if (!this.#isBanded) return report
    return joinBytes([...banded(REPORT, report), ...onScreen(sentences), FLUSH])
  }

  #keep(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size <= MAX_REPORT_BYTES) this.#report.push(bytes.slice())
  }
}

function changedIn(report: Uint8Array): ReadonlySet<string> {
  const changed = new Set<string>()
  const lines = new PacketReader()
  lines.add(report)
  for (let next = lines.next(); next !== undefined; next = lines.next()) {
    if (next.kind === 'flush') break
    const [, ref] = /^ok ([^\n]+)\n?$/.exec(utf8Decode(next.payload)) ?? []
    if (ref !== undefined) changed.add(ref)
  }
  return changed
}

/** The whole answer to a push that is refused before git sees it: nothing of it was taken. */
export function refusedReport(
  commands: readonly PushCommand[],
  { sentence, capabilities }: { readonly sentence: string; readonly capabilities: ReadonlySet<string> },
): Uint8Array {
  const isReported = capabilities.has('report-status') || capabilities.has('report-status-v2')
  const lines = commands.map(({ ref }) => packet(`ng ${ref} refused\n`))
  const report = isReported ? joinBytes([packet('unpack ok\n'), ...lines, FLUSH]) : new Uint8Array()
  if (!capabilities.has('side-band-64k')) return report
  return joinBytes([...onScreen([sentence]), ...banded(REPORT, report), FLUSH])
}

function onScreen(sentences: readonly string[]): readonly Uint8Array[] {
  return sentences.flatMap((sentence) => banded(SCREEN, utf8(`${sentence}\n`)))
}

function banded(band: number, bytes: Uint8Array): readonly Uint8Array[] {
  const packets: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += MAX_BAND_BYTES)
    packets.push(packet(joinBytes([Uint8Array.of(band), bytes.subarray(start, start + MAX_BAND_BYTES)])))
  return packets
}
