import { describeError, maskTokens, WheelsealError } from '../../base/index.ts'
import { CHECK_NAMES, type Check, type CheckName, type Finding } from './check.ts'
import { checks } from './checks/index.ts'
import { gatherFacts, type Facts } from './facts.ts'
import type { DoctorIo } from './io.ts'

export interface Diagnosed extends Finding {
  readonly check: CheckName
  /** Of what failed: checks that failed too and are probably the reason. */
  readonly because: readonly CheckName[]
}

export interface Diagnosis {
  readonly outcome: 'ok' | 'warning' | 'failed'
  /** What failed, causes first; then warnings; then what is in order, and what was skipped. */
  readonly findings: readonly Diagnosed[]
}

/** For a check as a whole. */
const LIMIT_MS = 20_000

/** Looks at everything, all at once, in bounded time. Changes nothing but the heads of logs that were seen. */
export async function diagnose(io: DoctorIo, all: readonly Check[] = checks): Promise<Diagnosis> {
  const end = new AbortController()
  const facts = gatherFacts(io, end.signal)
  try {
    const found = await Promise.all(all.map((check) => lookInTime(check, facts)))
    return diagnosisOf(found.flat(), all)
  } finally {
    end.abort(new Error('the checks are done'))
  }
}

type Found = Finding & { readonly check: CheckName }

async function lookInTime(check: Check, facts: Facts): Promise<readonly Found[]> {
  const done = new AbortController()
  const late = facts.io.clock.sleep(LIMIT_MS, done.signal).then(
    () => [tooLate()],
    () => [],
  )
  try {
    const findings = await Promise.race([look(check, facts), late])
    return findings.map((finding) => foundBy(check, finding))
  } finally {
    done.abort()
  }
}

function tooLate(): Finding {
  return {
    outcome: 'failed',
    fact: `not finished after ${LIMIT_MS / 1000} seconds`,
    next: 'run wheelseal doctor again; if it is the same, look for a program or a service that does not answer',
  }
}

async function look(check: Check, facts: Facts): Promise<readonly Finding[]> {
  try {
    return await check.look(facts)
  } catch (error) {
    return [failureOf(error)]
  }
}

/** A defect of a check is said as one: what the others found is needed all the more. */
function failureOf(error: unknown): Finding {
  if (!(error instanceof WheelsealError))
    return {
      outcome: 'failed',
      fact: `the check itself failed: ${describeError(error)}`,
      next: 'report this as a defect of wheelseal; the other checks are not affected',
    }
  return { outcome: 'failed', fact: `${describeError(error)} [${error.code}]`, next: error.hint }
}

/** Whatever a server or a file said, no token is in it. */
function foundBy({ name }: Check, { outcome, fact, reason, next, details }: Finding): Found {
  return {
    check: name,
    outcome,
    fact: maskTokens(fact),
    ...(reason === undefined ? {} : { reason: maskTokens(reason) }),
    ...(next === undefined ? {} : { next: maskTokens(next) }),
    ...(details === undefined ? {} : { details: details.map(maskTokens) }),
  }
}

const WORST = ['failed', 'warning'] as const
const ORDER = ['failed', 'warning', 'ok', 'skipped'] as const

function diagnosisOf(found: readonly Found[], all: readonly Check[]): Diagnosis {
  const broken = new Set(found.flatMap(({ outcome, check }) => (outcome === 'failed' ? [check] : [])))
  const effects = new Map(all.map(({ name, effectOf }) => [name, effectOf]))
  const findings = found
    .map((finding) =>
      withCauses(
        finding,
        (effects.get(finding.check) ?? []).filter((name) => broken.has(name)),
      ),
    )
    .toSorted((a, b) => rankOf(a) - rankOf(b))
  const worst = WORST.find((outcome) => found.some((finding) => finding.outcome === outcome)) ?? 'ok'
  return { outcome: worst, findings }
}

function withCauses(finding: Found, causes: readonly CheckName[]): Diagnosed {
  return { ...finding, because: finding.outcome === 'failed' ? causes : [] }
}

/** Whose cause is not among the failures comes before what follows from another failure. */
function rankOf({ outcome, because, check }: Diagnosed): number {
  const isEffect = because.length > 0 ? 1 : 0
  return (ORDER.indexOf(outcome) * 2 + isEffect) * CHECK_NAMES.length + CHECK_NAMES.indexOf(check)
}
