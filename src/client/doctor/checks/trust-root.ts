import { isoTime, parseIsoTime, utf8, WheelsealError } from '../../../base/index.ts'
import { readMetadata } from '../../../formats/tuf/index.ts'
import type { CertificateAuthority, LogKey, TrustRoot } from '../../../verify/index.ts'
import { failed, ok, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import type { TrustChoice } from '../../verify/index.ts'
import { duration, shownValue } from '../shown.ts'

const SOON_SECONDS = 30 * 86_400

/** What verification starts from: where it is from, what is missing in it, and when it ends. */
export const trustRootCheck: Check = {
  name: 'trust root',
  effectOf: ['settings', 'proxies', 'authorities', 'clock', 'services'],
  look: async (facts) => {
    const { trust, origins } = await facts.io.choices.trust()
    const from = origins.map(({ name, value, from: source }) => `${name} ${shownValue(value)} (${source})`)
    const stale = await staleRepository(trust, facts)
    if (stale !== undefined) return [stale]
    const start = await loaded(facts, trust)
    if ('problem' in start) return [start.problem]
    const { trustRoot } = start
    const now = facts.nowSeconds()
    const problems = [...missing(trustRoot, trust), ...ended(trustRoot, trust, now)]
    if (problems.length > 0) return problems
    const details = [...(await age(facts, trust)), ...lasting(trustRoot)]
    return [soon(trustRoot, trust, now) ?? ok(`trust root: ${from.join(', ')}`, details)]
  },
}

type Loaded = Awaited<ReturnType<Facts['trust']>> | { readonly problem: Finding }

/** Who has named no trust root may not need that of public Sigstore. */
async function loaded({ trust }: Facts, { kind }: TrustChoice): Promise<Loaded> {
  try {
    return await trust()
  } catch (error) {
    if (kind !== 'public' || !(error instanceof WheelsealError)) throw error
    return {
      problem: warning({
        fact: `no trust root is configured, and that of public Sigstore is not available: ${error.message}`,
        next: 'set WHEELSEAL_TRUSTED_ROOT, or WHEELSEAL_TUF_URL with WHEELSEAL_TUF_ROOT; or ignore this if nothing is verified here',
      }),
    }
  }
}

/** The document that a running repository signs anew all the time. */
async function staleRepository(trust: TrustChoice, facts: Facts): Promise<Finding | undefined> {
  if (trust.kind !== 'tuf') return undefined
  const answer = (await facts.answers()).find(({ service }) => service.kind === 'tuf')
  if (answer === undefined || 'error' in answer.reply || answer.reply.status !== 200) return undefined
  const { expires } = readMetadata(utf8(answer.reply.text), 'timestamp')
  if (parseIsoTime(expires) > facts.nowSeconds()) return undefined
  return failed({
    fact: `the timestamp of the TUF repository ${shownValue(trust.url)} expired at ${expires}`,
    reason: 'its server signs a new one every day, so that clients notice a repository that stands still',
    next: "the operator: 'wheelseal up' signs it anew when it starts, and its log says why it cannot",
  })
}

function missing(root: TrustRoot, trust: TrustChoice): readonly Finding[] {
  const parts = [
    ['certificate authority', root.certificateAuthorities.length, 'certificate'],
    ['key of a log (tlogs)', root.logs.length, 'log entry'],
    ['key of a certificate log (ctlogs)', root.ctLogs.length, 'signed certificate timestamp (SCT)'],
  ] as const
  return parts.flatMap(([what, count, judged]) =>
    count > 0
      ? []
      : [
          failed({
            fact: `the trust root has no ${what}`,
            reason: `no ${judged} can be verified; cosign then says that its key or root was not found`,
            next: newRoot(trust),
          }),
        ],
  )
}

function newRoot(trust: TrustChoice): string {
  if (trust.kind === 'file')
    return `write it again: wheelseal trust export --url URL --fingerprint sha256:HEX --out DIR, and use DIR/trusted_root.json for ${shownValue(trust.path)}`
  return "ask the operator of the Sigstore instance: 'wheelseal trust show' lists what its clients trust"
}

function ended(root: TrustRoot, trust: TrustChoice, now: number): readonly Finding[] {
  return groupsOf(root)
    .filter(({ count, endSeconds }) => count > 0 && endSeconds <= now)
    .map(({ what, endSeconds }) =>
      failed({
        fact: `the trust root has expired: the last ${what} ended at ${isoTime(endSeconds)}`,
        reason: 'what was signed before still verifies, and nothing that is signed now',
        next: newRoot(trust),
      }),
    )
}

function soon(root: TrustRoot, trust: TrustChoice, now: number): Finding | undefined {
  const next = groupsOf(root).find(({ endSeconds }) => endSeconds - now < SOON_SECONDS)
  if (next === undefined) return undefined
  return warning({
    fact: `the trust root expires soon: the last ${next.what} ends at ${isoTime(next.endSeconds)}`,
    next: newRoot(trust),
  })
}

interface Group {
  readonly what: string
  readonly count: number
  /** Of the one that lasts longest. */
  readonly endSeconds: number
}

function groupsOf({ certificateAuthorities, logs, ctLogs }: TrustRoot): readonly Group[] {
  return [
    group('certificate authority', certificateAuthorities.map(endOf)),
    group('key of a log', logs.map(endOfKey)),
    group('key of a certificate log', ctLogs.map(endOfKey)),
  ]
}

function group(what: string, ends: readonly number[]): Group {
  return { what, count: ends.length, endSeconds: ends.reduce((a, b) => Math.max(a, b), -Infinity) }
}

/** With the first of its certificates, or with the validity that the trust root gives it. */
function endOf({ roots, intermediates, validity }: CertificateAuthority): number {
  const certificates = [...roots, ...intermediates].map(({ notAfterSeconds }) => notAfterSeconds)
  return certificates.reduce((a, b) => Math.min(a, b), validity?.endSeconds ?? Infinity)
}

function endOfKey({ validity }: LogKey): number {
  return validity?.endSeconds ?? Infinity
}

function lasting(root: TrustRoot): readonly string[] {
  return groupsOf(root).map(
    ({ what, count, endSeconds }) =>
      `${what}: ${count}${endSeconds === Infinity ? ', without end' : `, until ${isoTime(endSeconds)}`}`,
  )
}

async function age({ io, nowSeconds }: Facts, trust: TrustChoice): Promise<readonly string[]> {
  if (trust.kind !== 'file') return ['fetched and verified just now, or kept while its timestamp is valid']
  const place = await io.inspect(trust.path)
  if (place === undefined) return []
  return [`written ${duration(Math.max(0, nowSeconds() - Math.floor(place.modifiedMs / 1000)))} ago`]
}
