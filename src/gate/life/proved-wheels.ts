import { sha256Hex } from '../../base/index.ts'
import { requiresPythonIn, sameSpecifier } from '../../formats/python/archive/index.ts'
import type { KnownFile } from '../facts.ts'
import { shownText } from '../sentence-text.ts'
import type { DigestedFile } from './digested.ts'
import type { GateParts } from './parts.ts'

/** What METADATA says of wheels whose bytes were proved, whatever their page says. */
export interface ProvedWheels {
  /** Of a wheel that was served once; undefined where nothing is proved. */
  of(file: KnownFile): Promise<ProvedWheel | undefined>
  /** Durable when it resolves. Whether the page of the file says something else than the wheel. */
  keep(file: DigestedFile, metadata: Uint8Array): Promise<boolean>
  /** Files whose page says another Requires-Python than the wheel, as far as this process has seen. */
  differing(): readonly string[]
}

export interface ProvedWheel {
  readonly metadataSha256: string
  /** As it is written, null where the wheel has none; undefined where METADATA does not tell: then nothing is proved. */
  readonly requiresPython: string | null | undefined
}

const MAX_WHEELS = 20_000
const MAX_DIFFERING = 1000

export function createProvedWheels({ store }: Pick<GateParts, 'store'>): ProvedWheels {
  const wheels = new Map<string, ProvedWheel>()
  const differing = new Set<string>()
  const remember = (sha256: string, metadata: Uint8Array): ProvedWheel => {
    const wheel = { metadataSha256: sha256Hex(metadata), requiresPython: requiresPythonIn(metadata) }
    if (wheels.size >= MAX_WHEELS) wheels.clear()
    wheels.set(sha256, wheel)
    return wheel
  }
  const compared = (file: KnownFile, wheel: ProvedWheel): boolean => {
    const isOther = isOtherThan(wheel, file)
    if (!isOther) differing.delete(file.fileName)
    else if (differing.size < MAX_DIFFERING) differing.add(file.fileName)
    return isOther
  }
  return {
    of: async (file) => {
      const { sha256, servedAtMs, kind } = file
      if (sha256 === null || servedAtMs === null || kind !== 'wheel') return undefined
      const metadata = wheels.has(sha256) ? undefined : await store.findMetadata(sha256)
      const wheel = metadata === undefined ? wheels.get(sha256) : remember(sha256, metadata)
      if (wheel !== undefined) compared(file, wheel)
      return wheel
    },
    keep: async (file, metadata) => {
      await store.keepMetadata(file.sha256, metadata)
      return compared(file, remember(file.sha256, metadata))
    },
    differing: () => [...differing],
  }
}

function isOtherThan({ requiresPython }: ProvedWheel, file: KnownFile): boolean {
  return requiresPython !== undefined && !sameSpecifier(requiresPython ?? '', file.requiresPython ?? '')
}

/** What `why` says beside the decision. */
export function differenceOf(wheel: ProvedWheel, file: KnownFile, upstream: string): string | undefined {
  if (!isOtherThan(wheel, file)) return undefined
  const said = (text: string | null | undefined): string =>
    text === null || text === undefined ? 'none' : `"${shownText(text)}"`
  const [own, theirs] = [said(wheel.requiresPython), said(file.requiresPython)]
  return `Requires-Python is ${own} in the wheel, which is what this gate lists, and ${theirs} on the page of ${shownText(upstream)}`
}
