import { groupOf, type SettingGroup, type Settings } from '../client/settings/index.ts'
import { decodeHex } from '../base/index.ts'
import { sealedFile } from '../formats/sigstore/index.ts'
import {
  STANDARD_INPUT,
  type FirstRoot,
  type Origin,
  type SealChoice,
  type Target,
  type TrustChoice,
  type VerifyPlan,
} from '../client/verify/index.ts'
import { expectationOf } from './verify-expectation.ts'
import { atMostOne, wrong, type VerifyFlags } from './verify-usage.ts'

const DIGEST = /^sha256:([0-9a-f]{64})$/

/** What is meant by flags and settings. Throws `client.verify-flags`, `client.verify-expectation`: both are wrong usage. */
export async function planOf(
  files: readonly string[],
  flags: VerifyFlags,
  settings: Settings,
): Promise<VerifyPlan> {
  for (const [name, value] of Object.entries(flags))
    if (value === '') throw wrong(`--${dashed(name)} has no value`)
  const { targets, leftOut } = targetsOf(files)
  const { trust, origins } = trustChoice(flags, settings)
  const expected = await expectationOf(flags, settings)
  const plan = {
    targets,
    seal: sealChoice(flags),
    trust,
    expectation: expected.expectation,
    network: flags.offline === true ? 'none' : 'allowed',
    origins: [...origins, ...expected.origins],
    leftOut,
  } as const
  checkTargets(plan)
  return plan
}

/** What is named to be verified. Throws `client.verify-flags`. */
export function targetsOf(files: readonly string[]): Pick<VerifyPlan, 'targets' | 'leftOut'> {
  const leftOut = sealsAmong(files)
  return { targets: files.filter((file) => !leftOut.includes(file)).map(targetOf), leftOut }
}

/** For `dist/*`. What has no file among the others is no seal of them, and is verified as whatever it is. */
function sealsAmong(files: readonly string[]): readonly string[] {
  const named = new Set(files)
  return files.filter((file) => {
    const sealed = sealedFile(file)
    return sealed !== undefined && named.has(sealed)
  })
}

function targetOf(text: string): Target {
  if (!text.startsWith('sha256:')) return { kind: 'file', path: text }
  const [, hex] = DIGEST.exec(text) ?? []
  if (hex === undefined)
    throw wrong(
      'a digest is sha256: and 64 lower-case hex digits',
      'for a file of this name write ./ before it',
    )
  return { kind: 'digest', sha256: decodeHex(hex), text }
}

function checkTargets({ targets, seal, expectation }: VerifyPlan): void {
  if (seal.kind === 'pair' && targets.length > 1)
    throw wrong(
      `one signature is given for ${targets.length} files`,
      'leave the flag out: the signatures next to each file are used',
    )
  const isPiped = targets.some((target) => target.kind === 'file' && target.path === STANDARD_INPUT)
  if (isPiped && seal.kind === 'beside')
    throw wrong(
      'standard input has no folder to look for a signature',
      'add --bundle, or --signature and --certificate; for a file named - write ./-',
    )
  if (!targets.some(({ kind }) => kind === 'digest')) return
  if (seal.kind === 'beside')
    throw wrong(
      'a digest has no folder to look for a signature',
      'add --bundle, or --signature and --certificate',
    )
  if (expectation.kind === 'policy-file')
    throw wrong(
      'a policy file needs the package name, which a digest does not have',
      'use the file in place of its digest, or --project in place of the policy',
    )
}

function sealChoice({ bundle, signature, certificate, provenance, key }: VerifyFlags): SealChoice {
  atMostOne({ '--bundle': bundle, '--signature': signature, '--provenance': provenance })
  atMostOne({ '--bundle': bundle, '--certificate': certificate, '--provenance': provenance })
  if (bundle !== undefined) return { kind: 'bundle', path: bundle }
  if (provenance !== undefined) return { kind: 'provenance', path: provenance }
  if (signature === undefined) {
    if (certificate !== undefined) throw wrong('--certificate needs --signature', 'add --signature FILE')
    return key === undefined ? { kind: 'beside' } : { kind: 'beside', of: 'key' }
  }
  if (certificate !== undefined) return { kind: 'pair', signature, certificate }
  if (key === undefined) throw wrong('--signature needs --certificate', 'add --certificate FILE')
  return { kind: 'pair', signature }
}

/** All of it by flags, or by one variable or file: what names a trust root never stands beside what contradicts it. */
export function trustChoice(
  flags: Pick<VerifyFlags, 'trustedRoot' | 'tufUrl' | 'tufRoot'>,
  settings: Settings,
): { readonly trust: TrustChoice; readonly origins: readonly Origin[] } {
  const { trustedRoot, tufUrl, tufRoot } = flags
  atMostOne({ '--trusted-root': trustedRoot, '--tuf-url': tufUrl })
  atMostOne({ '--trusted-root': trustedRoot, '--tuf-root': tufRoot })
  const byFlags = flagGroup({ 'trusted-root': trustedRoot, 'tuf-url': tufUrl, 'tuf-root': tufRoot })
  const group = groupOf([byFlags, ...settings], ['trusted-root', 'tuf-url', 'tuf-root'])
  const { 'trusted-root': file, 'tuf-url': url, 'tuf-root': root } = group
  if (file !== undefined)
    return { trust: { kind: 'file', path: file.value }, origins: [{ name: 'trusted-root', ...file }] }
  const origins = Object.entries(group).map(([name, setting]) => ({
    name,
    value: setting.value,
    from: setting.from,
  }))
  if (origins.length > 0) return { trust: tufChoice(url?.value, root?.value), origins }
  const byDefault = { name: 'trusted-root', value: 'public Sigstore', from: 'default' }
  return { trust: { kind: 'public' }, origins: [byDefault] }
}

function flagGroup(flags: Readonly<Record<string, string | undefined>>): SettingGroup {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, { value, from: `--${name}` }]))
}

function tufChoice(url: string | undefined, root: string | undefined): TrustChoice {
  if (url === undefined) throw wrong('--tuf-root needs --tuf-url', 'add --tuf-url URL')
  if (root === undefined)
    throw wrong(
      '--tuf-url needs --tuf-root',
      'add --tuf-root FILE or --tuf-root sha256:HEX, from a source that you trust',
    )
  return { kind: 'tuf', url, root: firstRoot(root) }
}

function firstRoot(text: string): FirstRoot {
  if (!text.startsWith('sha256:')) return { kind: 'file', path: text }
  const [, sha256] = DIGEST.exec(text) ?? []
  if (sha256 === undefined) throw wrong('--tuf-root is not a digest: sha256: and 64 lower-case hex digits')
  return { kind: 'digest', sha256 }
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
