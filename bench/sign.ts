/** `wheelseal sign` of two files, and cosign 2.2.3 called for each, both with the services of one instance of ours. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cosign2 } from '../tests/support/judges.ts'
import {
  builtExecutable,
  builtProgram,
  inTurn,
  medianAndRange,
  ratio,
  timeOf,
  timeOfAll,
  type Call,
} from './commands.ts'
import { trialToken, type Ours } from './ours.ts'
import { table } from './report.ts'
import { exportTrust, signArguments } from './seals.ts'

const FILES = ['demo-1.0-py3-none-any.whl', 'demo-1.0.tar.gz'] as const

export async function benchSign(work: string, ours: Ours, runs: number): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const trust = await exportTrust(ours, join(work, 'trust'))
  const cwd = join(work, 'signed')
  mkdirSync(cwd, { recursive: true })
  for (const name of FILES) writeFileSync(join(cwd, name), name)
  const env = environment(ours, trust)
  const calls = FILES.map((name): Call => ({ argv: cosignArguments(ours, name), cwd, env }))
  const times = await inTurn(
    {
      executable: () => timeOf({ argv: [...builtExecutable(), ...signArguments(trust), ...FILES], cwd, env }),
      ours: () => timeOf({ argv: [...builtProgram(), ...signArguments(trust), ...FILES], cwd, env }),
      cosign: () => timeOfAll(calls),
    },
    runs,
  )
  return table(
    ['program', 'two files, ms (range)', 'over cosign'],
    [
      [
        'executable: bundles with timestamps, .sig and .crt, all verified',
        medianAndRange(times.executable),
        ratio(times.executable, times.cosign),
      ],
      ['the same on Node', medianAndRange(times.ours), ratio(times.ours, times.cosign)],
      ['cosign 2.2.3 sign-blob, twice', medianAndRange(times.cosign), ''],
    ],
  )
}

/** The same token for both, read from the environment, and the trust files that cosign 2 is told of there. */
function environment(ours: Ours, trust: string): Readonly<Record<string, string>> {
  return {
    SIGSTORE_ID_TOKEN: trialToken(ours),
    SIGSTORE_ROOT_FILE: join(trust, 'fulcio.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(trust, 'rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(trust, 'ctfe.pub'),
  }
}

function cosignArguments({ url }: Ours, name: string): readonly string[] {
  const services = ['--fulcio-url', url, '--rekor-url', url]
  const out = ['--output-signature', `${name}.cosign.sig`, '--output-certificate', `${name}.cosign.crt`]
  return [cosign2, 'sign-blob', '--yes', ...services, ...out, name]
}
