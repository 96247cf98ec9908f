import { canonicalJson, sha256Hex, utf8, WheelsealError } from '../../base/index.ts'
import type { Exemption } from '../../verify/index.ts'
import type { Decision } from '../decision.ts'
import type { GateParts } from './parts.ts'
import type { NameView } from './view.ts'

/** Which exemptions of the policy lift anything: one that nothing needs any more is a hole that is forgotten. */
export interface ExemptionUse {
  /** Of a file that is served. Written behind the answer, once for each day and exemption. */
  seen(view: NameView, decision: Decision): void
  /** Those of now that have lifted nothing for so long, as sentences. */
  unused(): Promise<readonly string[]>
}

const DAY_MS = 86_400_000
const UNUSED_DAYS = 30

interface Known {
  /** With another policy, and on another day, all is written once more. */
  readonly policySha256: string
  readonly day: number
  /** By the place in the policy that decisions name. */
  readonly ids: ReadonlyMap<string, string>
  readonly matched: Set<string>
}

export function createExemptionUse(parts: GateParts): ExemptionUse {
  const { store, name: gate } = parts
  let known: Known | undefined
  const isOfNow = (): boolean => known?.day === dayOf(parts) && known.policySha256 === parts.policy().sha256
  const write = async (of: Known, matched: readonly string[]): Promise<void> =>
    store.keepExemptions(gate, { day: of.day, all: [...new Set(of.ids.values())], matched })
  const behind = (of: Known, matched: readonly string[]): void => {
    write(of, matched).catch((error: unknown) => {
      // The next file that is served tries it again.
      if (known === of) known = undefined
      if (!(error instanceof WheelsealError)) throw error
      parts.log.failure('gate.exemptions', error, { gate })
    })
  }
  return {
    seen: ({ made }, { grounds }) => {
      const isNew = !isOfNow()
      const now = isNew || known === undefined ? (known = knownNow(parts)) : known
      const matched = made.policySha256 === now.policySha256 ? newlyMatched(now, grounds) : []
      if (isNew || matched.length > 0) behind(now, matched)
    },
    unused: async () => {
      const now = isOfNow() && known !== undefined ? known : (known = knownNow(parts))
      await write(now, [])
      return unusedNow(parts, now)
    },
  }
}

function newlyMatched({ ids, matched }: Known, grounds: Decision['grounds']): readonly string[] {
  if (grounds.length === 0) return []
  const lifted = grounds.flatMap(({ exemptedBy = '' }) => ids.get(exemptedBy) ?? [])
  const added = lifted.filter((id) => !matched.has(id))
  for (const id of added) matched.add(id)
  return added
}

function knownNow(parts: GateParts): Known {
  const { sha256: policySha256, file } = parts.policy()
  const ids = new Map(file.exemptions.map((one) => [one.where, exemptionId(one)] as const))
  return { policySha256, day: dayOf(parts), ids, matched: new Set() }
}

function dayOf({ clock }: GateParts): number {
  return Math.floor(clock.nowMs() / DAY_MS)
}

/** Of what it lets through: moved in the file, or given another end or reason, it is the same one. */
function exemptionId({ name, versionKey, sha256, codes }: Exemption): string {
  const matched = [name ?? null, versionKey ?? null, sha256 ?? null, ...[...codes].toSorted()]
  return sha256Hex(utf8(canonicalJson(matched)))
}

async function unusedNow(parts: GateParts, { day, ids }: Known): Promise<readonly string[]> {
  const days = await parts.store.exemptionDays(parts.name)
  const nowMs = parts.clock.nowMs()
  return parts.policy().file.exemptions.flatMap((one) => {
    const kept = days.get(ids.get(one.where) ?? '')
    const quiet = kept === undefined ? 0 : day - (kept.matchedDay ?? kept.sinceDay)
    if (quiet < UNUSED_DAYS || one.untilMs <= nowMs) return []
    return [`${exemptedText(one)} matched nothing for ${quiet} days (${one.where})`]
  })
}

export function exemptedText({ name, version, sha256 }: Exemption): string {
  return name === undefined ? `sha256:${sha256?.slice(0, 12)}` : [name, version].join(' ')
}
