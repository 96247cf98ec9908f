/**
 * `bench/run [start] [registry] [gate] [tsa] [fulcio] [rekor] [sign] [verify] [plan] [reads] [sandbox] [commands] [log] [pipeline]`: prints tables in Markdown; README.md says what they mean.
 *
 *   --runs N          runs of each side at each level (default 3)
 *   --clients 1,8,32  concurrent clients
 *   --seconds N       at most so long per run (default 4)
 *   --turns N         runs of each side of `sign`, `verify`, `plan`, `sandbox`, `commands` and of audits (default 20)
 *   --sizes N,N       entries in the logs of `reads` (default 1000,1000000)
 *   --names N         pages that are asked for before the memory of `gate` is read (default 100000)
 *   --parts a,b       of `gate`: warm,cold,installs,audit,memory (default all)
 *   --ours            without the stock servers
 *   --profile DIR     the server writes a CPU profile there
 *   --work DIR        use and keep this folder, which must be on the disk that is meant
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Row } from './compare.ts'
import { benchGate } from './gate.ts'
import { benchJobLog } from './job-log.ts'
import { startOurs } from './ours.ts'
import { benchPipeline } from './pipeline.ts'
import { benchPlan } from './plan.ts'
import { benchReads } from './reads.ts'
import { benchRegistry } from './registry.ts'
import { comparisonTable, machineLine } from './report.ts'
import { benchFulcio, benchRekor, benchTimestamps, type Setting } from './services.ts'
import { benchSandbox } from './sandbox.ts'
import { benchSmallCommands } from './small-commands.ts'
import { benchSign } from './sign.ts'
import { benchStart, benchStockMemory } from './start.ts'
import { benchVerify } from './verify.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '3' },
    clients: { type: 'string', default: '1,8,32' },
    seconds: { type: 'string', default: '4' },
    turns: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '1000,1000000' },
    names: { type: 'string', default: '100000' },
    parts: { type: 'string' },
    ours: { type: 'boolean', default: false },
    profile: { type: 'string' },
    work: { type: 'string' },
  },
})

/** What starts servers of its own, or none. */
const ALONE = ['plan', 'registry', 'gate', 'sandbox', 'commands', 'log', 'pipeline']
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name)
const numbers = (list: string): number[] => list.split(',').map(Number)
const print = (title: string, text: string): void => console.log(`## ${title}\n\n${text}\n`)

const turns = Number(values.turns)
const work = values.work ?? mkdtempSync(join(tmpdir(), 'wheelseal-bench-'))
mkdirSync(work, { recursive: true })
// PostgreSQL's own user has to reach its folder in it.
chmodSync(work, 0o755)
try {
  console.log(`${machineLine()}\n`)
  if (wanted('start')) print('Start and memory', await benchStart(work))
  if (wanted('registry')) await benchRegistry(shooting())
  if (wanted('gate')) await benchGate({ ...shooting(), turns, names: Number(values.names), ...parts() })
  if (wanted('plan')) print('Plans of a pipeline', await benchPlan(work, turns))
  if (wanted('sandbox')) print('Entering and leaving a job', await benchSandbox(work, turns))
  if (wanted('commands')) print('Small commands', await benchSmallCommands(work, turns))
  if (wanted('log')) print('A job that prints 1 GiB, pages at 100 a second', await benchJobLog(work))
  if (wanted('pipeline')) print('A whole pipeline', await benchPipeline(work, Number(values.runs)))
  if (needsServices()) await benchServices()
  if (wanted('reads')) {
    const text = await benchReads(work, join(work, 'data'), numbers(values.sizes))
    print('GET /api/v1/log/entries?logIndex=, random and warm, 1 client', text)
  }
} finally {
  if (values.work === undefined) rmSync(work, { recursive: true, force: true })
}

/** `wrk` is not asked to take longer than it has to. */
function shooting() {
  const seconds = Math.min(Number(values.seconds), 3)
  const nodeOptions = values.profile === undefined ? undefined : profiling(values.profile)
  return { work, runs: Number(values.runs), seconds, nodeOptions, print }
}

function parts() {
  return values.parts === undefined ? {} : { parts: values.parts.split(',') }
}

/** Whether something is measured that shares one server. */
function needsServices(): boolean {
  return positionals.length === 0 || positionals.some((name) => !ALONE.includes(name))
}

async function benchServices(): Promise<void> {
  const profile = values.profile === undefined ? {} : { nodeOptions: profiling(values.profile) }
  const ours = await startOurs(join(work, 'data'), profile)
  const setting: Setting = {
    work,
    ours,
    runs: Number(values.runs),
    maxSeconds: Number(values.seconds),
    clients: numbers(values.clients),
    withStock: !values.ours,
  }
  const compared = async (title: string, bench: (setting: Setting) => Promise<readonly Row[]>) =>
    print(title, comparisonTable(await bench(setting)))
  try {
    if (wanted('start') && !values.ours) {
      print('Stock servers, idle', await benchStockMemory(work, ours.data, ours.url))
    }
    if (wanted('tsa')) await compared('Timestamps, RFC 3161 in DER', benchTimestamps)
    if (wanted('fulcio')) await compared('Certificates, Fulcio v2', benchFulcio)
    if (wanted('rekor')) await compared('Entries, Rekor v1: durable, answered with proof', benchRekor)
    if (wanted('sign')) print('Signing two files', await benchSign(work, ours, turns))
    if (wanted('verify')) await benchVerify({ work, ours, runs: turns, print })
  } finally {
    await ours.stop()
  }
}

function profiling(folder: string): string {
  return `--cpu-prof --cpu-prof-dir=${folder}`
}
