import { Command, InvalidArgumentError } from 'commander'
import { parseIsoTime } from '../base/index.ts'
import type { GateStatus, UpstreamStatus } from '../gate/index.ts'
import { systemClock } from '../host/index.ts'
import { chosenGate, GATE_DATA_HELP, GATE_NAME_HELP, type GateOptions } from './gate-options.ts'
import { createTerminal } from './terminal.ts'

interface StatusOptions extends GateOptions {
  readonly since: number
  readonly json?: boolean
}

const MAX_DAYS = 400

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Shows what a gate served, held and refused, how its upstreams and trust are, and what ends soon.',
    )
    .option('--since <days>', 'days to count, such as 7d', days, 1)
    .option('--gate <name>', GATE_NAME_HELP)
    .option('--data <dir>', GATE_DATA_HELP)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: wheelseal gate status --since 7d')
    .action(async (options: StatusOptions) => {
      const { admin, gate } = await chosenGate(options)
      const status = await admin.status(gate, options.since)
      createTerminal(options).output(JSON.parse(JSON.stringify(status)), () =>
        statusLines(status, { days: options.since, nowMs: systemClock.nowMs() }),
      )
    })
}

function days(text: string): number {
  const count = Number(/^([1-9][0-9]{0,2})d$/.exec(text)?.[1] ?? NaN)
  if (count >= 1 && count <= MAX_DAYS) return count
  throw new InvalidArgumentError(`write it as 7d, at most ${MAX_DAYS}d.`)
}

const LABEL_WIDTH = 12

function statusLines(
  status: GateStatus,
  { days: since, nowMs }: { readonly days: number; readonly nowMs: number },
): readonly string[] {
  const { gate, mode, policy, upstreams, counts, refused, soon } = status
  const row = (label: string, text: string): string => `${label.padEnd(LABEL_WIDTH)}${text}`
  const period = since === 1 ? 'last day' : `${since} days`
  return [
    row(
      `gate ${gate}`,
      `${mode}, policy ${policy.sha256.slice(0, 6)}, ${policy.rules} rules, ${policy.exemptions} exemptions`,
    ),
    ...upstreams.map((one, index) => row(index === 0 ? 'upstream' : '', upstreamText(one, nowMs))),
    row(period, countsText(status, counts)),
    ...refused.map(({ name, version, code, count }, index) =>
      row(
        index === 0 ? 'refused' : '',
        `${`${name} ${version}`.padEnd(16)}${code.padEnd(18)}${timesText(count)}`,
      ),
    ),
    ...soon.map((text, index) => row(index === 0 ? 'soon' : '', text)),
  ]
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

function countsText(
  { mode }: GateStatus,
  { served, held, refused, wouldRefuse }: GateStatus['counts'],
): string {
  const [shown, more] = [served, wouldRefuse].map((count) => count.toLocaleString('en-US'))
  if (mode === 'warn') return `${shown} served; enforce would have refused ${more}`
  return `${shown} served, ${held} held, ${refused} refused`
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
