import { gateErrors } from '../errors.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import type { GateParts } from './parts.ts'

/** pip and Poetry give up after 15 seconds without a byte. */
const PATIENCE_MS = 12_000

/** Of all bytes of the wheel. Throws what is wrong with them, and `gate.upstream` where they take longer than clients wait. */
export async function provedMetadata(
  parts: GateParts,
  fetching: Fetching,
  wanted: WantedFile,
): Promise<Uint8Array> {
  const { sha256 } = wanted.file
  const arriving = await fetching.arriving(wanted)
  const waiting = arriving.waited()
  await withinPatience(parts, waiting, () => stillFetching(arriving.arrivedBytes(), wanted))
  const proved = await parts.store.findMetadata(sha256)
  if (proved === undefined) throw new Error('a wheel was proved without its metadata')
  return proved
}

/** What is waited for goes on all the same: whoever asks again finds more of it. */
async function withinPatience(
  { clock }: GateParts,
  proved: Promise<void>,
  lateFact: () => string,
): Promise<void> {
  const waiting = new AbortController()
  const late = clock.sleep(PATIENCE_MS, waiting.signal).then(
    () => 'late' as const,
    () => 'done' as const,
  )
  try {
    if ((await Promise.race([proved, late])) === 'late') throw gateErrors('gate.upstream', lateFact())
  } finally {
    waiting.abort()
  }
}

function stillFetching(arrivedBytes: number, { file: { sizeBytes } }: WantedFile): string {
  const share = sizeBytes === null ? '' : `, ${Math.floor((100 * arrivedBytes) / sizeBytes)} %`
  return `its file is still being fetched${share}; try again in a minute`
}
