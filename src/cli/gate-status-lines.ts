import { parseIsoTime } from '../base/index.ts'
import type { GateStatus, UpstreamStatus } from '../gate/index.ts'
import { counted, inColumns, row, rows, sentences } from './gate-lines.ts'

export interface StatusPeriod {
  readonly days: number
  readonly nowMs: number
}

/** Within 80 columns where the names of packages are not long. */
export function statusLines(status: GateStatus, { days, nowMs }: StatusPeriod): readonly string[] {
  const { gate, mode, policy, upstreams, refused, wouldRefuse, soon, unused } = status
  const { rules, exemptions } = policy
  const terms = `${counted(rules, 'rule')}, ${counted(exemptions, 'exemption')}`
  return [
    row(`gate ${gate}`, `${mode}, policy ${policy.sha256.slice(0, 6)}, ${terms}`),
    ...rows(
      'upstream',
      upstreams.map((one) => upstreamText(one, nowMs)),
    ),
    row(days === 1 ? 'last day' : `${days} days`, countsText(status)),
    ...rows(
      'not served',
      inColumns(refused.map(({ name, version, code, count }) => [`${name} ${version}`, code, times(count)])),
    ),
    ...rows('by ground', groundTexts(wouldRefuse.grounds)),
    ...rows('newest', newestTexts(wouldRefuse.releases)),
    ...sentences('look at', soon),
    ...sentences('unused', unused),
  ]
}

function groundTexts(grounds: GateStatus['wouldRefuse']['grounds']): readonly string[] {
  return inColumns(
    grounds.map(({ code, releases, files, requests }) => [
      code,
      counted(releases, 'release'),
      counted(files, 'file'),
      times(requests),
    ]),
  )
}

function newestTexts(releases: GateStatus['wouldRefuse']['releases']): readonly string[] {
  return inColumns(
    releases.map(({ name, version, code, requests }) => [`${name} ${version}`, code, times(requests)]),
  )
}

function upstreamText({ name, okAt, failedAt, fact, trustUntil }: UpstreamStatus, nowMs: number): string {
  const trust = trustUntil === null ? '' : `; trust until ${trustUntil.slice(0, 10)}`
  if (failedAt !== null) return `${name} FAILS since ${failedAt}: ${fact ?? 'no answer'}${trust}`
  if (okAt === null) return `${name} not asked yet${trust}`
  return `${name} ok ${ageText(nowMs - parseIsoTime(okAt) * 1000)} ago${trust}`
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

function countsText({ mode, counts }: GateStatus): string {
  const { served, held, refused, wouldRefuse } = counts
  const [shown, more] = [served, wouldRefuse].map((count) => count.toLocaleString('en-US'))
  if (mode === 'warn') return `${shown} served; enforce would have refused ${more} of them`
  return `${shown} served, ${held} held, ${refused} refused`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count.toLocaleString('en-US')} times`
}
