/**
 * Compares the native verification of P-256 with the curve library, case by case:
 *
 *     node tests/long/ecdsa.ts [--count 1000000] [--from 0] [--seed WORD] [--workers N]
 *
 * Case i of a seed is always the same, so a run goes on where another stopped: the same seed, `--from` what it printed.
 * The last line has the figures. The first difference ends the run with the case's number and input.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { encodeHex, sha256, utf8 } from '../../src/base/index.ts'
import { caseOf, CASES } from '../../src/formats/ecdsa/arrange.ts'
import { verifyInJavaScript, type UnverifiedSignature } from '../../src/formats/ecdsa/javascript.ts'
import { verifyP256Natively } from '../../src/formats/ecdsa/native-p256.ts'

interface Share {
  readonly seed: string
  readonly from: number
  readonly to: number
}

interface Figures {
  cases: number
  accepted: number
  undecided: number
  nativeMs: number
  libraryMs: number
}

const CHUNK = 5000
const KINDS = Object.keys(CASES)

function compare({ seed, from, to }: Share): Figures {
  const figures: Figures = { cases: 0, accepted: 0, undecided: 0, nativeMs: 0, libraryMs: 0 }
  for (let index = from; index < to; index += 1) compareOne(`${seed}/${index}`, index, figures)
  return figures
}

function compareOne(name: string, index: number, figures: Figures): void {
  const kind = KINDS[index % KINDS.length]!
  const { unverified, expected, isUndecided } = caseOf(kind, sha256(utf8(name)))
  const start = performance.now()
  const native = verifyP256Natively(unverified)
  const between = performance.now()
  const library = verifyInJavaScript('P-256', unverified)
  figures.libraryMs += performance.now() - between
  figures.nativeMs += between - start
  figures.cases += 1
  figures.accepted += library ? 1 : 0
  figures.undecided += native === undefined ? 1 : 0
  if (native === (isUndecided ? undefined : expected) && library === expected) return
  throw new Error(
    `case ${name}, ${kind}: native ${native}, library ${library}, expected ${expected}\n${show(unverified)}`,
  )
}

function show({ point, digest, compact }: UnverifiedSignature): string {
  return `point ${encodeHex(point)}\ndigest ${encodeHex(digest)}\nr, s ${encodeHex(compact)}`
}

/** Hands out one chunk after the other, so that what is printed as done is done without gaps. */
async function runAll(share: Share, workers: number): Promise<void> {
  const total: Figures = { cases: 0, accepted: 0, undecided: 0, nativeMs: 0, libraryMs: 0 }
  console.log(`ecdsa: cases ${share.from} to ${share.to} of the seed ${share.seed}`)
  const pool = Array.from(
    { length: workers },
    () => new Worker(new URL(import.meta.url), { workerData: true }),
  )
  for (let from = share.from; from < share.to; from += CHUNK * workers) {
    const answers = pool.map((worker, at) => {
      const start = Math.min(from + at * CHUNK, share.to)
      return ask(worker, { ...share, from: start, to: Math.min(start + CHUNK, share.to) })
    })
    for (const figures of await Promise.all(answers)) add(total, figures)
    console.log(`ecdsa: all equal so far; go on with --seed ${share.seed} --from ${share.from + total.cases}`)
  }
  await Promise.all(pool.map((worker) => worker.terminate()))
  console.log(
    `ecdsa: ${total.cases} cases of ${KINDS.length} kinds, 0 differences; ${total.accepted} accepted, ` +
      `${total.undecided} left to the library; native ${perSecond(total, 'nativeMs')}/s, ` +
      `library ${perSecond(total, 'libraryMs')}/s, ratio ${(total.libraryMs / total.nativeMs).toFixed(1)}`,
  )
}

function ask(worker: Worker, share: Share): Promise<Figures> {
  return new Promise((resolve, reject) => {
    worker.once('message', (figures: Figures) => {
      worker.off('error', reject)
      resolve(figures)
    })
    worker.once('error', reject)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(share)
  })
}

function add(total: Figures, more: Figures): void {
  for (const name of Object.keys(total) as (keyof Figures)[]) total[name] += more[name]
}

function perSecond(total: Figures, name: 'nativeMs' | 'libraryMs'): number {
  return Math.round((total.cases * 1000) / total[name])
}

if (isMainThread) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string', default: process.hrtime.bigint().toString(36) },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  })
  const from = Number(values.from)
  await runAll({ seed: values.seed, from, to: from + Number(values.count) }, Number(values.workers))
} else if (workerData === true) {
  parentPort?.on('message', (share: Share) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage(compare(share))
  })
}
