import { decodeHex } from '../base/index.ts'
import {
  type FirstRoot,
  type SealChoice,
  type Target,
  type TrustChoice,
  type VerifyPlan,
} from '../app/verify/index.ts'
import { expectationOf } from './verify-expectation.ts'
import { atMostOne, wrong, type Environment, type VerifyFlags } from './verify-usage.ts'

const DIGEST = /^sha256:([0-9a-f]{64})$/

/** What is meant by the flags. Throws `app.verify-flags`, `app.verify-expectation`: both are wrong usage. */
export async function planOf(
  files: readonly string[],
  flags: VerifyFlags,
  env: Environment,
): Promise<VerifyPlan> {
  for (const [name, value] of Object.entries(flags))
    if (value === '') throw wrong(`--${dashed(name)} has no value`)
  const targets = files.map(targetOf)
  const plan = {
    targets,
    seal: sealChoice(flags),
    trust: trustChoice(flags, env),
    expectation: await expectationOf(flags, env),
    network: flags.offline === true ? 'none' : 'allowed',
  } as const
  checkTargets(plan)
  return plan
}

function targetOf(text: string): Target {
  if (!text.startsWith('sha256:')) return { kind: 'file', path: text }
  const [, hex] = DIGEST.exec(text) ?? []
  if (hex === undefined)
    throw wrong('a digest is sha256: and 64 digits in lower-case hex', 'write ./ before the name of a file')
  return { kind: 'digest', sha256: decodeHex(hex), text }
}

function checkTargets({ targets, seal, expectation }: VerifyPlan): void {
  if (seal.kind !== 'beside' && targets.length > 1)
    throw wrong(
      `one seal is named for ${targets.length} files`,
      'leave it out: seals are found beside their files',
    )
  if (!targets.some(({ kind }) => kind === 'digest')) return
  if (seal.kind === 'beside')
    throw wrong(
      'a digest has no file beside which its seal could be',
      'add --bundle, or --signature and --certificate',
    )
  if (expectation.kind === 'policy-file')
    throw wrong(
      'a policy file goes by the names of packages, and a digest has none',
      'name the file, or say with --project who must have signed',
    )
}

function sealChoice({ bundle, signature, certificate, provenance, key }: VerifyFlags): SealChoice {
  atMostOne({ '--bundle': bundle, '--signature': signature, '--provenance': provenance })
  if (bundle !== undefined) return { kind: 'bundle', path: bundle }
  if (provenance !== undefined) return { kind: 'provenance', path: provenance }
  if (signature === undefined) {
    if (certificate !== undefined) throw wrong('a certificate and no signature', 'add --signature FILE')
    return { kind: 'beside' }
  }
  if (certificate !== undefined) return { kind: 'pair', signature, certificate }
  if (key === undefined) throw wrong('a signature and no certificate', 'add --certificate FILE')
  return { kind: 'pair', signature }
}

/** A flag before every variable, so that no variable stands beside a flag that it contradicts. */
export function trustChoice(
  flags: Pick<VerifyFlags, 'trustedRoot' | 'tufUrl' | 'tufRoot'>,
  env: Environment,
): TrustChoice {
  const { trustedRoot, tufUrl, tufRoot } = flags
  atMostOne({ '--trusted-root': trustedRoot, '--tuf-url': tufUrl })
  if (trustedRoot !== undefined) return { kind: 'file', path: trustedRoot }
  if (tufUrl !== undefined || tufRoot !== undefined) return tufChoice(tufUrl, tufRoot)
  const file = env['WHEELSEAL_TRUSTED_ROOT']
  if (file !== undefined && file !== '') return { kind: 'file', path: file }
  const [url, root] = [env['WHEELSEAL_TUF_URL'], env['WHEELSEAL_TUF_ROOT']].map((value) => value || undefined)
  return url === undefined && root === undefined ? { kind: 'public' } : tufChoice(url, root)
}

function tufChoice(url: string | undefined, root: string | undefined): TrustChoice {
  if (url === undefined) throw wrong('a first root and no repository', 'add --tuf-url URL')
  if (root === undefined)
    throw wrong(
      'a TUF repository and no root to start from',
      'add --tuf-root FILE, or --tuf-root sha256:HEX, from a channel that you trust',
    )
  return { kind: 'tuf', url, root: firstRoot(root) }
}

function firstRoot(text: string): FirstRoot {
  if (!text.startsWith('sha256:')) return { kind: 'file', path: text }
  const [, sha256] = DIGEST.exec(text) ?? []
  if (sha256 === undefined) throw wrong('--tuf-root is no digest: sha256: and 64 digits in lower-case hex')
  return { kind: 'digest', sha256 }
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
