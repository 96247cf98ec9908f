import { errorKinds, shellQuoted } from '../base/index.ts'
import { compareVersions } from '../formats/python/index.ts'
import { verifyErrors, type RefusalCode } from '../verify/index.ts'
import type { Decision, Ground } from './decision.ts'
import { gateErrors, type GateCode } from './errors.ts'
import type { JudgedFile } from './facts.ts'
import { signerOf } from './pins/signer.ts'
import { minuteText } from './decide/times.ts'
import { shownText } from './sentence-text.ts'

export interface Stuck {
  readonly name: string
  readonly version: string
  /** The file that decides, with what was decided on it. */
  readonly judged: JudgedFile
  readonly decision: Decision
  /** The version that is served in its place. */
  readonly servedVersion: string | undefined
}

/** What to do about a release that is not served, as whole command lines and sentences. */
export function nextSteps(stuck: Stuck): readonly string[] {
  const { outcome, ground, untilMs } = stuck.decision
  if (outcome === 'allowed') return []
  if (outcome === 'not judged') return [`wheelseal gate refresh ${word(stuck.name)}`]
  const keep = keepOlder(stuck)
  if (outcome === 'held') {
    const wait = untilMs === undefined ? 'wait' : `wait until ${minuteText(untilMs)}`
    return [[...keep, wait].join(', or ')]
  }
  return ground === undefined ? keep : refusedSteps(ground.code, keep, stuck)
}

function refusedSteps(code: Ground['code'], keep: readonly string[], stuck: Stuck): readonly string[] {
  const approve = code === 'gate.changed' ? approveLine(stuck) : undefined
  if (approve !== undefined) return [[...keep, 'if the move is real'].join(', or '), approve]
  return [...keep, ...hintsOf(code)]
}

/** As the catalogue of errors has it; a verdict that was kept may have a code of an earlier program. */
export function hintsOf(code: Ground['code']): readonly string[] {
  if (!errorKinds().has(code)) return []
  const isGates = code.startsWith('gate.')
  return [(isGates ? gateErrors(code as GateCode, '') : verifyErrors(code as RefusalCode, '')).hint]
}

function keepOlder({ name, version, servedVersion }: Stuck): readonly string[] {
  const isOlder = servedVersion !== undefined && compareVersions(servedVersion, version) < 0
  return isOlder ? [`keep ${name}<${version}`] : []
}

/** As it is where a shell reads it as it is. */
function word(text: string): string {
  return /^[A-Za-z0-9._][A-Za-z0-9._/-]*$/.test(text) ? text : shellQuoted(text)
}

/** Of the first seal that holds; the path below the host, as the certificate has it. */
function approveLine({ name, judged: { seals } }: Stuck): string | undefined {
  const verdicts = seals.kind === 'judged' ? seals.verdicts : []
  const first = verdicts.find((one) => one.holds)
  if (first === undefined) return undefined
  const { repository } = signerOf(first.identity)
  const path = repository.slice(repository.indexOf('/') + 1)
  return `wheelseal gate approve ${word(name)} --repository ${word(shownText(path, 200))}`
}
