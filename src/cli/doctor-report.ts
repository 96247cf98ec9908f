import type { JsonValue } from '../base/index.ts'
import type { Diagnosed, Diagnosis, Outcome } from '../client/doctor/index.ts'
import type { Line, Mark } from './screen.ts'

const MARKS: Readonly<Record<Outcome, Mark>> = {
  ok: 'passed',
  warning: 'undecided',
  failed: 'failed',
  skipped: 'skipped',
}

/** One finding after the other, causes first. */
export function diagnosisLines({ findings }: Diagnosis): readonly Line[] {
  return findings.flatMap((finding) => linesOf(finding))
}

function linesOf({ check, outcome, fact, reason, next, details = [], because }: Diagnosed): readonly Line[] {
  const more = [
    ...(reason === undefined ? [] : [`why: ${reason}`]),
    ...(because.length === 0 ? [] : [`probably because of: ${because.join(', ')}`]),
    ...(next === undefined ? [] : [`next: ${next}`]),
    ...details,
  ]
  return [
    { mark: MARKS[outcome], text: `${outcome} ${check}: ${fact}` },
    ...more.map((text) => ({ mark: 'none' as const, text: `  ${text}` })),
  ]
}

/** `{"outcome":…,"findings":[{"check":…,"outcome":…,"fact":…,"reason":…,"next":…,"details":[…],"because":[…]}]}` */
export function diagnosisJson({ outcome, findings }: Diagnosis): JsonValue {
  return {
    outcome,
    findings: findings.map(({ check, outcome: one, fact, reason, next, details = [], because }) => ({
      check,
      outcome: one,
      fact,
      ...(reason === undefined ? {} : { reason }),
      ...(next === undefined ? {} : { next }),
      details: [...details],
      because: [...because],
    })),
  }
}

export function diagnosisSummary({ outcome, findings }: Diagnosis): string {
  if (outcome === 'ok') return 'nothing is wrong'
  const counts = (['failed', 'warning'] as const).map((wanted) => {
    const count = findings.filter((finding) => finding.outcome === wanted).length
    return wanted === 'failed' ? `${count} failed` : `${count} ${count === 1 ? 'warning' : 'warnings'}`
  })
  return `${counts.join(', ')}; begin with: ${findings[0]?.check ?? ''}`
}

/** For `--quiet`. */
export function withoutOrderly({ outcome, findings }: Diagnosis): Diagnosis {
  return { outcome, findings: findings.filter(({ outcome: one }) => one === 'failed' || one === 'warning') }
}
