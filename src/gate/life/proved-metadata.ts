import { gateErrors } from '../errors.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import type { GateParts } from './parts.ts'
import { within } from './patience.ts'

/** pip and Poetry give up after 15 seconds without a byte. */
const PATIENCE_MS = 12_000

export interface AskedWheel extends WantedFile {
  /** What else is written when the bytes are found to be right; the answer waits for it. */
  readonly alongside?: () => Promise<void>
}

/** Of all bytes of the wheel. Throws what is wrong with them, and `gate.upstream` where they take longer than clients wait. */
export async function provedMetadata(
  parts: GateParts,
  fetching: Fetching,
  wanted: AskedWheel,
): Promise<Uint8Array> {
  const { alongside, file } = wanted
  const arriving = await fetching.arriving(wanted)
  const written = arriving.judged.then(() => alongside?.())
  written.catch(() => undefined)
  const waited = arriving.waitedForMetadata().then(() => 'proved')
  // It goes on all the same: whoever asks again finds more of it.
  if ((await within(parts.clock, PATIENCE_MS, waited)) === undefined)
    throw gateErrors('gate.upstream', stillFetching(arriving.arrivedBytes(), wanted))
  await written
  const proved = await parts.store.findMetadata(file.sha256)
  if (proved === undefined) throw new Error('a wheel was proved without its metadata')
  return proved
}

function stillFetching(arrivedBytes: number, { file: { sizeBytes } }: WantedFile): string {
  const share = sizeBytes === null ? '' : `, ${Math.floor((100 * arrivedBytes) / sizeBytes)} %`
  return `its file is still being fetched${share}; try again in a minute`
}
