import { parseIsoTime } from '../../../base/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import type { Answer } from '../services.ts'
import { duration } from '../shown.ts'

/** Issuers and authorities forgive five seconds. */
const FORGIVEN_SECONDS = 5
/** A certificate lives for ten minutes, and a token may. */
const HARMFUL_SECONDS = 60

const NEXT =
  "set the clock of this machine, for example with 'sudo timedatectl set-ntp true'; in a container or a virtual machine, that of its host"

/** Against the `Date` of every answer; without one, against the id token, which was not issued in the future. */
export const clockCheck: Check = {
  name: 'clock',
  effectOf: [],
  look: async (facts) => {
    const measured = (await facts.answers()).flatMap((answer) => measure(answer))
    if (measured.length > 0) return judge(measured)
    return byToken(facts)
  },
}

interface Measured {
  readonly host: string
  /** Of this machine; behind is negative, 0 is as near as can be told. */
  readonly aheadSeconds: number
}

function measure({ service, reply, sentMs, receivedMs }: Answer): readonly Measured[] {
  if ('error' in reply) return []
  // Of RFC 9110, which the reader of times also reads.
  const dateMs = parseIsoTime(reply.headers['date'] ?? '') * 1_000
  if (Number.isNaN(dateMs)) return []
  // Somewhere between sending and receiving it was somewhere in that second.
  const [least, most] = [sentMs - dateMs - 1_000, receivedMs - dateMs]
  const ms = least > 0 ? least : Math.min(most, 0)
  return [{ host: new URL(service.url).host, aheadSeconds: Math.trunc(ms / 1_000) }]
}

function judge(measured: readonly Measured[]): readonly Finding[] {
  const off = measured.filter(({ aheadSeconds }) => Math.abs(aheadSeconds) > FORGIVEN_SECONDS)
  const [first] = off
  if (first === undefined)
    return [ok(`the clock agrees with ${[...new Set(measured.map(({ host }) => host))].join(', ')}`)]
  if (off.length < measured.length) return off.map((one) => theirs(one))
  const fact = `the clock of this machine is ${apart(first)} ${first.host}`
  const problem = {
    fact,
    reason: 'id tokens, certificates and trust roots then count as expired, or as not valid yet',
    next: NEXT,
  }
  return [Math.abs(first.aheadSeconds) > HARMFUL_SECONDS ? failed(problem) : warning(problem)]
}

/** One server against all others and this machine. */
function theirs(one: Measured): Finding {
  return warning({
    fact: `this machine and other services agree, and are ${apart(one)} ${one.host}`,
    reason: 'what this server issues counts as expired, or as not valid yet',
    next: `set the clock of ${one.host}`,
  })
}

function apart({ aheadSeconds }: Measured): string {
  return `${duration(Math.abs(aheadSeconds))} ${aheadSeconds > 0 ? 'ahead of' : 'behind'}`
}

async function byToken({ claims, nowSeconds }: Facts): Promise<readonly Finding[]> {
  const { iat } = (await claims().catch(() => undefined)) ?? {}
  if (typeof iat !== 'number') return [skipped('no service answered: the clock cannot be compared')]
  const behind = Math.trunc(iat - nowSeconds())
  if (behind <= FORGIVEN_SECONDS) return [ok('the clock is not before the time of the id token')]
  return [
    failed({
      fact: `the clock of this machine is ${duration(behind)} behind the time at which the id token was issued`,
      reason: 'the token is not valid yet for this machine',
      next: NEXT,
    }),
  ]
}
