/** For tests only: sigstore-python as a third judge, one process for all questions. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from '../support/judges.ts'
import type { Case } from './cases.ts'
import type { Judged } from './compare.ts'
import { PYTHON_ALONE, PYTHON_ACCEPTS } from './disagreements.ts'

export interface PythonJudge {
  /** Its refusals in the order of the questions, undefined where it accepts. */
  ask(questions: readonly PythonQuestion[]): Promise<readonly (string | undefined)[]>
  stop(): void
}

export interface PythonQuestion {
  /** With a certificate; it verifies no bundles of managed keys. */
  readonly of: Case
  readonly text: string
}

export function startPython(): PythonJudge {
  const program = join(import.meta.dirname, 'sigstore-python.py')
  const child = spawn(python, ['-W', 'ignore', program], { stdio: ['pipe', 'pipe', 'ignore'] })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async (): Promise<string | undefined> => {
    const { value, done } = await answers.next()
    if (done === true) throw new Error('sigstore-python has ended')
    return (JSON.parse(value) as string | null) ?? undefined
  }
  return {
    async ask(questions) {
      for (const { of, text } of questions) child.stdin.write(`${JSON.stringify(questionOf(of, text))}\n`)
      const reasons: (string | undefined)[] = []
      while (reasons.length < questions.length) reasons.push(await answer())
      return reasons
    },
    stop: () => child.stdin.end(),
  }
}

function questionOf({ artifactPath, rootPath, san, issuer }: Case, bundle: string): object {
  return { artifact: artifactPath, root: rootPath, identity: san, issuer, bundle }
}

/** Counts by what was said; faults are those that no table explains. */
export interface PythonComparison {
  asked: number
  agreed: number
  readonly disagreements: Map<string, number>
  readonly faults: string[]
}

/** The third verdict on what two have judged; bundles of managed keys, which it does not verify, are left out. */
export async function comparePython(
  judge: PythonJudge,
  cases: readonly Case[],
  { judged, into }: { readonly judged: readonly Judged[]; readonly into: PythonComparison },
): Promise<void> {
  const byName = new Map(cases.filter(({ keyPath }) => keyPath === undefined).map((one) => [one.name, one]))
  const asked = judged.filter(({ of }) => byName.has(of))
  const reasons = await judge.ask(asked.map(({ of, text }) => ({ of: byName.get(of)!, text })))
  for (const [index, one] of asked.entries()) countPython(into, one, reasons[index])
}

function countPython(
  into: PythonComparison,
  { name, ours, theirs }: Judged,
  refusal: string | undefined,
): void {
  into.asked += 1
  if ((ours === undefined) === (refusal === undefined)) {
    into.agreed += 1
    return
  }
  const { who, said, why } = explain(ours, refusal)
  const row = `${who}: ${why ?? `${said}: ?`}`
  into.disagreements.set(row, (into.disagreements.get(row) ?? 0) + 1)
  const isRefusedByBoth = ours === undefined && theirs !== undefined
  if (why === undefined || isRefusedByBoth) into.faults.push(`${name}: ${who}: ${said}`)
}

interface Explained {
  readonly who: string
  readonly said: string
  readonly why: string | undefined
}

function explain(ours: string | undefined, refusal = ''): Explained {
  if (ours !== undefined) {
    const who = 'accepted by sigstore-python, refused by us'
    return { who, said: ours, why: lookUp(PYTHON_ACCEPTS, ours) }
  }
  return { who: 'refused by sigstore-python', said: refusal, why: lookUp(PYTHON_ALONE, refusal) }
}

function lookUp(table: Readonly<Record<string, string>>, said: string): string | undefined {
  const [known, why] = Object.entries(table).find(([text]) => said.includes(text)) ?? []
  return known === undefined ? undefined : `${known}: ${why}`
}
