import { isoTimeMs } from '../base/index.ts'
import {
  setUpLines,
  type CountedRefusal,
  type Counts,
  type Gate,
  type GateStatus,
  type ReleaseLetThrough,
  type UpstreamStatus,
} from '../gate/index.ts'
import { dayOf, minuteOf, outcomeWord } from './gate-words.ts'
import { markup, NOTHING, type Markup } from './markup.ts'
import { table } from './table.ts'

/** What the front page of a gate shows. */
export interface GateFront {
  readonly gate: Pick<Gate, 'name' | 'url' | 'hasOwn' | 'hides'>
  /** Of the last day. */
  readonly day: GateStatus
  /** Of the last 7 days. */
  readonly week: Counts
  /** False where what is hidden from who asks is left out. */
  readonly isWhole: boolean
}

const MAX_PINS = 50
const MAX_SENTENCES = 50

export function frontMain(front: GateFront): Markup {
  const { gate, day } = front
  const { mode, policy } = day
  const name = policy.path.slice(policy.path.lastIndexOf('/') + 1)
  return markup`<h1>Gate ${gate.name}</h1>
<p class="verdict">${MODES[mode] ?? ''} The policy is ${name} (<code>${policy.sha256.slice(0, 12)}</code>), with ${counted(policy.rules, 'rule')} and ${counted(policy.exemptions, 'exemption')}.</p>
<h2>Served, held, refused</h2>
${countsTable(front)}
${refusedPart(day.refused)}
${wouldRefusePart(day)}
${soonPart(front)}
<h2>Upstreams</h2>
${upstreamsTable(day)}
${pinsPart(day)}
<h2>Set up an installer</h2>
<p>This must be its only index: an extra one would pass the gate by.</p>
${setUpLines(`${gate.url}/simple/`).map(({ installer, line }) => block(installer, line))}
<h2>Ask about a release</h2>
${block('On the command line', `wheelseal why NAME==VERSION --gate ${gate.url}`)}
<p>In a browser: <code>${gate.url}/why/NAME/VERSION</code></p>`
}

const MODES: Readonly<Record<string, string>> = {
  enforce: 'Installers get from here only what the policy allows, and read why not (mode enforce).',
  warn: 'Installers get everything but what has wrong bytes; what the policy would refuse is counted (mode warn).',
  off: 'Installers get everything but what has wrong bytes; the policy is not asked (mode off).',
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}

const COUNTED: readonly (readonly [keyof Counts, string])[] = [
  ['served', 'Files served'],
  ['held', 'Requests held'],
  ['refused', 'Requests refused'],
  ['wouldRefuse', 'Served that enforce would refuse'],
]

function countsTable({ day, week }: GateFront): Markup {
  const shown = COUNTED.filter(([what]) => what !== 'wouldRefuse' || day.mode === 'warn' || week[what] > 0)
  const rows = shown.map(
    ([what, words]) => markup`<tr role="row">
<th scope="row" role="rowheader">${words}</th>
<td role="cell" data-label="Last day">${day.counts[what].toLocaleString('en-US')}</td>
<td role="cell" data-label="7 days">${week[what].toLocaleString('en-US')}</td>
</tr>
`,
  )
  return table({ caption: 'By whole hours', heads: ['Requests', 'Last day', '7 days'], rows })
}

function refusedPart(refused: readonly CountedRefusal[]): Markup {
  if (refused.length === 0) return markup`<h2>Refused or held on the last day</h2>\n<p>Nothing.</p>`
  const heads = ['Release', 'Outcome', 'Code', 'Requests', 'Last', 'File']
  return markup`<h2>Refused or held on the last day</h2>
${table({ caption: 'What was asked for most, first; requests since the first one', heads, rows: refused.map(refusedRow) })}`
}

function refusedRow(refusal: CountedRefusal): Markup {
  const { id, name, version, code, count, lastAtMs } = refusal
  const fileName = refusal.fileName === '' ? 'the whole name' : refusal.fileName
  const release = version === '' ? name : `${name} ${version}`
  const outcome = code === 'gate.held' ? 'held' : 'refused'
  return markup`<tr role="row">
<th scope="row" role="rowheader"><a href="why/${id}" aria-label="${release}, ${fileName}">${release}</a></th>
<td role="cell" data-label="Outcome" class="nowrap">${outcomeWord(outcome)}</td>
<td role="cell" data-label="Code">${code}</td>
<td role="cell" data-label="Requests">${count.toLocaleString('en-US')}</td>
<td role="cell" data-label="Last" class="nowrap">${minuteOf(isoTimeMs(lastAtMs))}</td>
<td role="cell" data-label="File" class="said">${fileName}</td>
</tr>
`
}

/** Only the mode `warn` has some. */
function wouldRefusePart({ mode, wouldRefuse: { grounds, releases } }: GateStatus): Markup {
  if (mode !== 'warn') return NOTHING
  const title = markup`<h2>Enforce would refuse</h2>`
  if (releases.length === 0) return markup`${title}\n<p>Nothing that was asked for on the last day.</p>`
  return markup`${title}
${groundsTable(grounds)}
<h3>Releases</h3>
${table({ caption: 'The last that were asked for; requests since the first one', heads: ['Release', 'Code', 'Files', 'Requests', 'Last'], rows: releases.map(letThroughRow) })}`
}

/** Not for who may not see all packages. */
function groundsTable(grounds: GateStatus['wouldRefuse']['grounds']): Markup {
  if (grounds.length === 0) return NOTHING
  const rows = grounds.map(
    ({ code, releases, files, requests }) => markup`<tr role="row">
<th scope="row" role="rowheader">${code}</th>
<td role="cell" data-label="Releases">${releases.toLocaleString('en-US')}</td>
<td role="cell" data-label="Files">${files.toLocaleString('en-US')}</td>
<td role="cell" data-label="Requests">${requests.toLocaleString('en-US')}</td>
</tr>
`,
  )
  return markup`<h3>By ground</h3>
${table({ caption: 'Of what was asked for on the last day; requests since the first one', heads: ['Code', 'Releases', 'Files', 'Requests'], rows })}`
}

function letThroughRow({ id, name, version, code, files, requests, lastAtMs }: ReleaseLetThrough): Markup {
  const release = version === '' ? name : `${name} ${version}`
  return markup`<tr role="row">
<th scope="row" role="rowheader"><a href="why/${id}">${release}</a></th>
<td role="cell" data-label="Code">${code}</td>
<td role="cell" data-label="Files">${files.toLocaleString('en-US')}</td>
<td role="cell" data-label="Requests">${requests.toLocaleString('en-US')}</td>
<td role="cell" data-label="Last" class="nowrap">${minuteOf(isoTimeMs(lastAtMs))}</td>
</tr>
`
}

function soonPart({ day: { soon, unused }, isWhole }: GateFront): Markup {
  if (!isWhole)
    return markup`<p>Only packages that you may read are shown. The rest is in <code>wheelseal gate status</code> on the server.</p>`
  return markup`<h2>Ends soon, or is wrong</h2>
${soon.length === 0 ? markup`<p>Nothing: no exemption ends within 14 days.</p>` : sentences(soon)}
${unused.length === 0 ? NOTHING : markup`<h2>Exemptions that nothing needs</h2>\n${sentences(unused)}`}`
}

function sentences(all: readonly string[]): Markup {
  const rest = all.length - MAX_SENTENCES
  const items = all.slice(0, MAX_SENTENCES).map((text) => markup`<li>${text}</li>\n`)
  return markup`<ul class="steps">\n${items}</ul>
${rest > 0 ? markup`<p>${rest} more are in <code>wheelseal gate status</code>.</p>` : NOTHING}`
}

function upstreamsTable({ upstreams }: GateStatus): Markup {
  const rows = upstreams.map(
    (upstream) => markup`<tr role="row">
<th scope="row" role="rowheader">${upstream.name}</th>
<td role="cell" data-label="State">${upstreamState(upstream)}</td>
<td role="cell" data-label="Trust until">${upstream.trustUntil === null ? 'no end' : dayOf(upstream.trustUntil)}</td>
</tr>
`,
  )
  return table({ caption: 'Where files come from', heads: ['Upstream', 'State', 'Trust until'], rows })
}

/** What an upstream answered may name its address, which is not for everybody: the log has it. */
function upstreamState({ okAt, failedAt }: UpstreamStatus): Markup {
  const answered = okAt === null ? markup`` : markup`, last answer ${minuteOf(okAt)}`
  if (failedAt !== null)
    return markup`<strong class="bad">fails</strong> since ${minuteOf(failedAt)}${answered}`
  if (okAt === null) return markup`<span class="soft">not asked yet</span>`
  return markup`<strong class="good">answers</strong>${answered}`
}

function pinsPart({ pins }: GateStatus): Markup {
  if (pins.length === 0) return markup`<h2>Pins</h2>\n<p>No signer of any package is pinned.</p>`
  const rows = pins.slice(0, MAX_PINS).map(
    ({ name, repository, since, by }) => markup`<tr role="row">
<th scope="row" role="rowheader">${name}</th>
<td role="cell" data-label="Repository" class="said">${repository}</td>
<td role="cell" data-label="Since" class="nowrap">${dayOf(since)}</td>
<td role="cell" data-label="By">${by}</td>
</tr>
`,
  )
  const rest = pins.length - MAX_PINS
  return markup`<h2>Pins</h2>
${table({ caption: 'Who signs which package', heads: ['Package', 'Repository', 'Since', 'By'], rows })}
${rest > 0 ? markup`<p>${rest} more are in <code>wheelseal gate pins</code>.</p>` : NOTHING}`
}

function block(title: string, line: string): Markup {
  return markup`<h3>${title}</h3>
<pre tabindex="0" aria-label="${title}"><code>${line}</code></pre>
`
}
