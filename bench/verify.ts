/** Verification: one bundle warm, 1,000 files, one file cold with the stages of its start, and a large file. */
import { execFile, execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cosign3 } from '../tests/support/judges.ts'
import {
  builtExecutable,
  builtProgram,
  inTurn,
  medianAndRange,
  milliseconds,
  node,
  ratio,
  timeOf,
  timeOfAll,
} from './commands.ts'
import { type Ours, trialToken } from './ours.ts'
import { median, round, table } from './report.ts'
import { sealFiles, signArguments, warmCases, type SealedFiles } from './seals.ts'
import type { WarmResult, WarmSpec } from './verify-warm.ts'

interface VerifyBench {
  readonly work: string
  readonly ours: Ours
  readonly runs: number
  readonly print: (title: string, text: string) => void
}

const FILES = 1000
/** One process each, per run; the time of all files is scaled from it. */
const COSIGN_CALLS = 50
const LARGE_BYTES = 1 << 30

export async function benchVerify({ work, ours, runs, print }: VerifyBench): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const sealed = await sealFiles(ours, work, FILES)
  const large = await sealLargeFile(ours, sealed)
  const cases = await warmCases(ours, sealed, work)
  await ours.stop()
  print('One bundle of version 0.3, warm: time of a processor', await benchWarm(work, { cases, runs }))
  print('1,000 files of 20 kB with bundles', await benchMany(sealed, runs))
  print('One file, cold', await benchCold(sealed, runs))
  print('A file of 1 GiB', await benchLarge(sealed, large, runs))
}

async function benchWarm(work: string, spec: WarmSpec): Promise<string> {
  const file = join(work, 'warm.json')
  writeFileSync(file, JSON.stringify(spec))
  const program = join(import.meta.dirname, 'verify-warm.ts')
  // A core of its own, where that can be had: other threads of Node (garbage, compilers) count too.
  const { stdout } = await promisify(execFile)('taskset', ['-c', '1', node, program, file], {
    maxBuffer: 1 << 24,
  })
  return table(
    [
      'bundle',
      'wheelseal, ms (range)',
      '@sigstore/verify, ms (range)',
      'ratio',
      'signatures: P-384, P-256',
      'their bare time, ms',
      'of ours',
    ],
    (JSON.parse(stdout) as readonly WarmResult[]).map(({ name, ours, theirs, floorMs, signatures }) => [
      name,
      medianAndRange(ours, milliseconds),
      medianAndRange(theirs, milliseconds),
      ratio(theirs, ours),
      `${signatures['P-384']}, ${signatures['P-256']}`,
      milliseconds(floorMs),
      `${Math.round((100 * floorMs) / median(ours))} %`,
    ]),
  )
}

function verifyArguments({ trust, issuer }: SealedFiles, program = builtProgram()): readonly string[] {
  const root = join(trust, 'trusted_root.json')
  const who = ['--project', 'bench/bench', '--certificate-oidc-issuer', issuer]
  return [...program, 'verify', '--quiet', '--offline', '--trusted-root', root, ...who]
}

function cosignArguments({ trust, identity, issuer }: SealedFiles, name: string): readonly string[] {
  const who = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
  const root = ['--trusted-root', join(trust, 'trusted_root.json')]
  return [cosign3, 'verify-blob', ...root, ...who, '--bundle', `${name}.sigstore.json`, name]
}

async function benchMany(sealed: SealedFiles, runs: number): Promise<string> {
  const { folder: cwd, names } = sealed
  const calls = names.slice(0, COSIGN_CALLS).map((name) => ({ argv: cosignArguments(sealed, name), cwd }))
  const scale = names.length / calls.length
  const times = await inTurn(
    {
      executable: () => timeOf({ argv: [...verifyArguments(sealed, builtExecutable()), ...names], cwd }),
      ours: () => timeOf({ argv: [...verifyArguments(sealed), ...names], cwd }),
      cosign: async () => scale * (await timeOfAll(calls)),
    },
    runs,
  )
  return table(
    ['program', 'all files, ms (range)', 'cosign over it'],
    [
      ['executable, one process', medianAndRange(times.executable), ratio(times.cosign, times.executable)],
      ['on Node, one process', medianAndRange(times.ours), ratio(times.cosign, times.ours)],
      [
        `cosign 3.1.2, one process per file (${COSIGN_CALLS} measured, × ${scale})`,
        medianAndRange(times.cosign),
        '',
      ],
    ],
  )
}

/** Stages are differences between commands that end earlier and later, of the executable and on Node. */
async function benchCold(sealed: SealedFiles, runs: number): Promise<string> {
  const { folder: cwd, names } = sealed
  const nameOf = (run: number): string => names[run % names.length] ?? ''
  const stages = (program: readonly string[]) => ({
    version: () => timeOf({ argv: [...program, '--version'], cwd }),
    help: () => timeOf({ argv: [...program, 'verify', '--help'], cwd }),
    verify: (run: number) => timeOf({ argv: [...verifyArguments(sealed, program), nameOf(run)], cwd }),
  })
  const [executable, onNode] = [stages(builtExecutable()), stages(builtProgram())]
  const times = await inTurn(
    {
      bare: () => timeOf({ argv: [node, '-e', '0'], cwd }),
      version: executable.version,
      versionOnNode: onNode.version,
      versionOfCosign: () => timeOf({ argv: [cosign3, 'version'], cwd }),
      help: executable.help,
      helpOnNode: onNode.help,
      verify: executable.verify,
      verifyOnNode: onNode.verify,
      cosign: (run) => timeOf({ argv: cosignArguments(sealed, nameOf(run)), cwd }),
    },
    runs,
  )
  const row = (
    what: string,
    own: readonly number[],
    ...[onNodeToo, theirs]: readonly (readonly number[])[]
  ) => [
    what,
    medianAndRange(own),
    onNodeToo === undefined ? '' : medianAndRange(onNodeToo),
    theirs === undefined ? '' : medianAndRange(theirs),
    theirs === undefined ? '' : over(own, theirs),
  ]
  return table(
    ['what', 'executable, ms (range)', 'on Node', 'cosign 3.1.2', 'executable over cosign'],
    [
      ['nothing (`node -e 0`)', '', medianAndRange(times.bare), '', ''],
      row('`--version`', times.version, times.versionOnNode, times.versionOfCosign),
      row('`verify --help`: what the command needs is loaded', times.help, times.helpOnNode),
      row(
        '`verify FILE`: trust root and file are read, every check',
        times.verify,
        times.verifyOnNode,
        times.cosign,
      ),
    ],
  )
}

function over(own: readonly number[], theirs: readonly number[]): string {
  return `${(median(own) / median(theirs)).toFixed(2)}×`
}

async function sealLargeFile(ours: Ours, { folder: cwd, trust }: SealedFiles): Promise<string> {
  const name = 'large.bin'
  const file = openSync(join(cwd, name), 'w')
  const part = Buffer.alloc(1 << 20, 'wheelseal')
  for (let at = 0; at < LARGE_BYTES; at += part.length) writeSync(file, part)
  closeSync(file)
  const env = { SIGSTORE_ID_TOKEN: trialToken(ours) }
  await timeOf({ argv: [...builtProgram(), ...signArguments(trust), '--no-legacy', name], cwd, env })
  return name
}

async function benchLarge(sealed: SealedFiles, large: string, runs: number): Promise<string> {
  const { folder: cwd } = sealed
  const memoryFile = join(cwd, 'memory')
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(memoryHook(memoryFile))}` }
  const memory: number[] = []
  const times = await inTurn(
    {
      ours: async () => {
        const ms = await timeOf({ argv: [...verifyArguments(sealed), large], cwd, env })
        memory.push(Number(readFileSync(memoryFile, 'utf8')) / 1024)
        return ms
      },
      openssl: () => timeOf({ argv: ['openssl', 'dgst', '-sha256', large], cwd }),
    },
    runs,
  )
  return table(
    ['program', 'ms (range)', 'speed of openssl', 'memory (RSS at most), MiB'],
    [
      [
        'wheelseal verify, start and checks included',
        medianAndRange(times.ours),
        ratio(times.openssl, times.ours),
        round(Math.max(...memory)),
      ],
      ['openssl dgst -sha256', medianAndRange(times.openssl), '', ''],
    ],
  )
}

function memoryHook(file: string): string {
  const peak = 'String(process.resourceUsage().maxRSS)'
  return `import { writeFileSync } from 'node:fs';process.on('exit', () => writeFileSync('${file}', ${peak}))`
}
