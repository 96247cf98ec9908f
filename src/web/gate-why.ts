import type { FileReport, LinkedReport, PinReport, RefusalReport, ReleaseReport } from '../gate/index.ts'
import { builtBy, comparedIn, verdictSentence } from './gate-verdict.ts'
import {
  dayOf,
  decisiveFile,
  minuteOf,
  outcomeWord,
  releaseName,
  STATE_WORDS,
  verbOf,
  worstFirst,
} from './gate-words.ts'
import { markup, NOTHING, type Markup } from './markup.ts'
import { table } from './table.ts'

/** The worst; the JSON of the page has all. */
const MAX_FILES = 200

export function whyTitle(report: ReleaseReport | LinkedReport): string {
  const { outcome, mode, gate } = report
  return `${releaseName(report)} ${verbOf(outcome, mode)} by gate ${gate}`
}

/** Of a release, or of a refusal by its link: the verdict first, then what it rests on, then what to do. */
export function whyMain(report: ReleaseReport | LinkedReport): Markup {
  return markup`<h1>${whyTitle(report)}</h1>
<p class="verdict">${verdictSentence(report)}</p>
${'refusal' in report ? toldPart(report.refusal) : NOTHING}
${factList(report)}
${nextPart(report)}
${filesPart(report)}
${statesPart(report)}
${report.version === '' && report.pins.length === 0 ? NOTHING : pinsPart(report)}
<h2>On the command line</h2>
<pre tabindex="0" aria-label="The same on the command line"><code>${commandFor(report)}</code></pre>`
}

function toldPart({ sentence, count, first, last }: RefusalReport): Markup {
  const times =
    count === 0
      ? markup`Listed to installers, and asked for by none:`
      : markup`Told to installers ${count === 1 ? 'once' : `${count} times`}, first ${minuteOf(first)}, last ${minuteOf(last)}:`
  return markup`<p class="note said">${times} <q>${sentence}</q></p>`
}

function factList(report: ReleaseReport | LinkedReport): Markup {
  const { rule, policySha256, upstream, mode, servedInstead, outcome } = report
  const file = decisiveFile(report)
  const rows: readonly (readonly [string, Markup] | undefined)[] = [
    ...(file === undefined ? [] : signerRows(file)),
    file?.until === undefined || file.outcome !== 'held' ? undefined : ['Held until', minuteOf(file.until)],
    ['Rule', markup`${rule}, policy <code>${policySha256.slice(0, 12)}</code>, mode ${mode}`],
    upstream === '' ? undefined : ['Upstream', markup`${upstream}`],
    outcome === 'allowed' ? undefined : ['Served instead', insteadOf(servedInstead)],
    ...(file?.notes ?? []).map((note) => ['Note', markup`${note}`] as const),
  ]
  const shown = rows.filter((row) => row !== undefined)
  return markup`<dl>
${shown.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>`
}

function signerRows(file: FileReport): readonly (readonly [string, Markup])[] {
  const { signer } = file
  const compared = comparedIn(file)
  if (signer === undefined) return [['Signed by', markup`no signer with a valid seal`]]
  const { repository, workflow } = builtBy(signer)
  const by = markup`${repository}${workflow === undefined ? '' : `, ${workflow}`} <span class="soft">(${signer.issuer})</span>`
  const expected = compared === undefined ? [] : [['Expected', markup`${compared.expected}`] as const]
  return [['Signed by', by], ...expected, ['Signed', minuteOf(signer.signedAt)]]
}

function insteadOf(served: ReleaseReport['servedInstead']): Markup {
  if (served === null) return markup`no other version`
  const { version, signedAt, logIndex } = served
  return markup`${version}${signedAt === undefined ? NOTHING : markup`, sealed ${dayOf(signedAt)}`}${logIndex === undefined ? '' : `, log index ${logIndex}`}`
}

/** What is typed stands in blocks. */
function nextPart({ next }: ReleaseReport): Markup {
  if (next.length === 0) return NOTHING
  const steps = next.map((step) =>
    step.startsWith('wheelseal ')
      ? markup`<li><pre tabindex="0" aria-label="Command"><code>${step}</code></pre></li>\n`
      : markup`<li>${step}</li>\n`,
  )
  return markup`<h2>What to do</h2>
<ul class="steps">
${steps}</ul>`
}

function filesPart({ files }: ReleaseReport): Markup {
  if (files.length === 0) return NOTHING
  const rest = files.length - MAX_FILES
  const rows = worstFirst(files).slice(0, MAX_FILES).map(fileRow)
  const heads = ['File', 'Outcome', 'Code', 'Uploaded', 'What is said of it']
  return markup`<h2>Files</h2>
${table({ caption: 'Files of the release, the worst first', heads, rows })}
${rest > 0 ? markup`<p>${rest} more are not shown here; <code>wheelseal why --json</code> lists them.</p>` : NOTHING}`
}

function fileRow(file: FileReport): Markup {
  const { fileName, outcome, code = '–', uploadedAt, uploadedAtIs } = file
  const seen = uploadedAtIs === 'said' ? NOTHING : markup` <span class="soft">(first seen)</span>`
  return markup`<tr role="row">
<th scope="row" role="rowheader">${fileName}</th>
<td role="cell" data-label="Outcome" class="nowrap">${outcomeWord(outcome)}</td>
<td role="cell" data-label="Code" class="nowrap">${code}</td>
<td role="cell" data-label="Uploaded" class="nowrap">${dayOf(uploadedAt)}${seen}</td>
<td role="cell" data-label="Said" class="said">${saidOf(file)}</td>
</tr>
`
}

/** The sentence, and what else is against the file or was lifted. */
function saidOf({ sentence, code, grounds, signer }: FileReport): Markup {
  const others = grounds.filter((one) => one.code !== code || one.exemptedBy !== undefined)
  const more = others.map(({ code: other, fact, exemptedBy }) => {
    const lifted = exemptedBy === undefined ? '' : `; exempt by ${exemptedBy}`
    return markup`<p class="soft">${exemptedBy === undefined ? 'also' : 'lifted'} ${other}: ${fact}${lifted}</p>`
  })
  const signed = signer === undefined ? 'no seal that holds' : `signed by ${builtBy(signer).repository}`
  return markup`<p>${sentence ?? signed}</p>${more}`
}

function statesPart({ states }: ReleaseReport): Markup {
  if (states.length === 0) return NOTHING
  const items = states.map((state) => markup`<li><strong>${state}</strong>: ${STATE_WORDS[state]}</li>\n`)
  return markup`<h2>States of the release</h2>
<ul class="steps">
${items}</ul>`
}

function pinsPart({ pins, name }: ReleaseReport): Markup {
  if (pins.length === 0) return markup`<h2>Pins</h2>\n<p>No signer of ${name} is pinned.</p>`
  return markup`<h2>Pins</h2>
${table({ caption: `Who signs ${name}`, heads: ['Repository', 'Pipeline file', 'Issuer', 'Since', 'By'], rows: pins.map(pinRow) })}`
}

function pinRow({ repository, workflow, issuer, since, by }: PinReport): Markup {
  return markup`<tr role="row">
<th scope="row" role="rowheader">${repository}</th>
<td role="cell" data-label="Pipeline file" class="said">${workflow ?? 'any'}</td>
<td role="cell" data-label="Issuer" class="said">${issuer}</td>
<td role="cell" data-label="Since" class="nowrap">${dayOf(since)}</td>
<td role="cell" data-label="By">${by}</td>
</tr>
`
}

function commandFor(report: ReleaseReport | LinkedReport): string {
  const { name, version } = report
  if (version !== '') return `wheelseal why ${name}==${version}`
  return 'refusal' in report ? `wheelseal why ${report.refusal.id}` : `wheelseal why ${name}`
}
