import type { PolicyTrial, TrialChange, TrialRelease } from '../gate/index.ts'
import { counted, inColumns, row, rows, wrapped } from './gate-lines.ts'

/** Nothing that was served would be refused, and nothing was left out. */
export function isSafe({ refused, notJudged, looked }: PolicyTrial): boolean {
  return refused.served === 0 && notJudged.served === 0 && looked.isAll
}

const MAX_SERVED = 20
/** Where nothing was served. */
const MAX_EXAMPLES = 5

/** Within 80 columns where no word is longer. */
export function trialLines(trial: PolicyTrial): readonly string[] {
  const { gate, mode, policy, now, looked, refused, allowed, notJudged } = trial
  const terms = `${counted(policy.rules, 'rule')}, ${counted(policy.exemptions, 'exemption')}`
  const since = looked.days === null ? '' : ` of the last ${looked.days} days`
  const more = looked.isAll ? [] : ['there are more: these are the last that were asked for']
  return [
    row(`gate ${gate}`, `${mode}, policy ${now.sha256.slice(0, 6)}`),
    row('would be', `enforce, policy ${policy.sha256.slice(0, 6)}, ${terms}`),
    ...rows('looked at', [
      `${counted(looked.names, 'package')}${since}, ${counted(looked.files, 'file')}`,
      `served so far: ${looked.served.toLocaleString('en-US')} of these files`,
      ...more,
    ]),
    ...rows('refused', groundTexts(refused)),
    ...rows('allowed', groundTexts(allowed)),
    ...rows('not judged', groundTexts(notJudged)),
    ...sentencesOf('would be refused', refused),
    ...sentencesOf('would be allowed', allowed),
    ...sentencesOf('would be judged first', notJudged),
    ending(trial),
  ]
}

function groundTexts({ grounds }: TrialChange): readonly string[] {
  return inColumns(
    grounds.map(({ code, releases, files, served }) => [
      code,
      counted(releases, 'release'),
      counted(files, 'file'),
      `${served.toLocaleString('en-US')} served`,
    ]),
  )
}

function sentencesOf(title: string, { grounds, releases }: TrialChange): readonly string[] {
  if (releases.length === 0) return []
  const shown = shownReleases(releases)
  const rest = grounds.reduce((sum, one) => sum + one.releases, 0) - shown.length
  return [
    `${title}:`,
    ...shown.flatMap(({ sentence }) => wrapped(sentence, { indent: '  ' })),
    ...(rest > 0 ? [`  and ${counted(rest, 'more release')}: see --json`] : []),
  ]
}

/** What was never served is missed by none: only examples of it, where there is nothing else. */
function shownReleases(releases: readonly TrialRelease[]): readonly TrialRelease[] {
  const served = releases.filter((one) => one.served > 0)
  return served.length > 0 ? served.slice(0, MAX_SERVED) : releases.slice(0, MAX_EXAMPLES)
}

function ending(trial: PolicyTrial): string {
  const { refused, notJudged, looked } = trial
  if (refused.served > 0)
    return `${counted(refused.served, 'file')} that the gate has served would be refused`
  if (notJudged.served > 0)
    return `${counted(notJudged.served, 'file')} that the gate has served would be judged first`
  return looked.isAll
    ? 'nothing that the gate has served would be refused'
    : 'nothing of this would be refused; of the rest nothing is known'
}
