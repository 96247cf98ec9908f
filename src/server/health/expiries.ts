import { isoTime, parseIsoTime, type Clock, type Log } from '../../base/index.ts'
import { parseCertificate } from '../../formats/x509/index.ts'
import type { PrivateSigstore } from '../sigstore/sigstore.ts'

type Ending = Pick<PrivateSigstore, 'repository'> & {
  readonly authority: Pick<PrivateSigstore['authority'], 'chain'>
  readonly tsa: Pick<PrivateSigstore['tsa'], 'chain'>
}

interface Span {
  /** As the beginning of a sentence. */
  readonly what: string
  readonly fromSeconds: number
  readonly untilSeconds: number
  /** How long before its end it is of no use any more. */
  readonly lastsBeyondSeconds: number
  /** How long before its end operators are warned. */
  readonly noticeSeconds: number
}

const DAY_SECONDS = 86_400
/** A certificate for ten minutes must not outlive those above it. */
const CERTIFICATE_SECONDS = 600
const NOTICE_SECONDS = 90 * DAY_SECONDS
/** Signed anew by itself when half of its life is left, so that this is already too late. */
const RENEWED_NOTICE_SECONDS = DAY_SECONDS
const RENEWED: readonly string[] = ['snapshot', 'timestamp']

/** What has ended or has not begun, in words: the work that it stands for is refused. */
export function endedTrust(trust: Ending, nowSeconds: number): readonly string[] {
  return spansOf(trust).flatMap(({ what, fromSeconds, untilSeconds, lastsBeyondSeconds }) => {
    if (nowSeconds < fromSeconds)
      return [`${what} is not valid before ${isoTime(fromSeconds)}: check the clock`]
    if (nowSeconds + lastsBeyondSeconds <= untilSeconds) return []
    return [`${what} expired at ${isoTime(untilSeconds)}`]
  })
}

/** What ends soon, in words. */
export function endingTrust(trust: Ending, nowSeconds: number): readonly string[] {
  return spansOf(trust).flatMap(({ what, untilSeconds, lastsBeyondSeconds, noticeSeconds }) => {
    const isOver = nowSeconds + lastsBeyondSeconds > untilSeconds
    const isSoon = nowSeconds + noticeSeconds > untilSeconds
    return isSoon && !isOver ? [`${what} expires at ${isoTime(untilSeconds)}`] : []
  })
}

function spansOf({ authority, tsa, repository }: Ending): readonly Span[] {
  const chains = [
    ...chainSpans('certificate authority', authority.chain, CERTIFICATE_SECONDS),
    ...chainSpans('timestamp authority', tsa.chain, 0),
  ]
  const documents = repository.status().map(({ role, expires }) => ({
    what: `the TUF ${role}`,
    fromSeconds: -Infinity,
    untilSeconds: parseIsoTime(expires),
    lastsBeyondSeconds: 0,
    noticeSeconds: RENEWED.includes(role) ? RENEWED_NOTICE_SECONDS : NOTICE_SECONDS,
  }))
  return [...chains, ...documents]
}

function chainSpans(name: string, chain: readonly Uint8Array[], lastsBeyondSeconds: number): readonly Span[] {
  return chain.map((der, index) => {
    const { notBeforeSeconds: fromSeconds, notAfterSeconds: untilSeconds } = parseCertificate(der)
    const which = index === chain.length - 1 ? 'root certificate' : 'certificate'
    const what = `the ${which} of the ${name}`
    return { what, fromSeconds, untilSeconds, lastsBeyondSeconds, noticeSeconds: NOTICE_SECONDS }
  })
}

/** Says in the log what ends soon or has ended, at once and then daily until the signal aborts. Never rejects. */
export async function watchExpiries(
  trust: Ending,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const nowSeconds = clock.nowMs() / 1000
    for (const reason of endedTrust(trust, nowSeconds)) log.failure('trust.expired', new Error(reason))
    for (const reason of endingTrust(trust, nowSeconds)) log.failure('trust.expires-soon', new Error(reason))
    await clock.sleep(DAY_SECONDS * 1000, signal).catch(() => undefined)
  }
}
