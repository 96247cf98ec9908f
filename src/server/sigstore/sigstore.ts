import { utf8Decode, type Clock, type Entropy, type Log } from '../../base/index.ts'
import { clientTrustConfig, signingConfig, trustedRoot, trustFile } from '../../formats/sigstore/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import {
  createAuthority,
  createTokenCheck,
  type AcceptedIssuer,
  type Authority,
} from '../../trust/authority/index.ts'
import { createCtLog, type CtLog } from '../../trust/ct/index.ts'
import type { Issuer } from '../../trust/issuer/index.ts'
import { createRekor, type Rekor } from '../../trust/rekor/index.ts'
import { createTsa, type TimestampAuthority } from '../../trust/tsa/index.ts'
import type { TufRepository } from '../../trust/tuf/index.ts'
import { createAdmission } from './admission.ts'
import type { Instance } from '../data/data-directory.ts'
import { serverErrors } from '../errors.ts'
import { acceptedIssuers } from './id-tokens.ts'
import type { InstanceKeys } from '../keys/keys.ts'
import { rekorNames, type Logs } from './logs.ts'
import type { TrustFiles } from '../../http/index.ts'
import { instanceTrust } from './tuf-repository.ts'

/** The private Sigstore of an instance. */
export interface PrivateSigstore {
  readonly authority: Authority
  /** Whose id tokens the authority takes, the own issuer first. */
  readonly issuers: readonly AcceptedIssuer[]
  readonly rekor: Rekor
  readonly ct: CtLog
  readonly logs: Logs
  readonly tsa: TimestampAuthority
  readonly repository: TufRepository
  readonly material: TrustFiles
  /** DER: those under whose chains the CT log takes precertificates. */
  readonly ctRoots: readonly Uint8Array[]
  /** What takes no writes, in words; empty when all is well. */
  refusals(): readonly string[]
}

export interface SigstoreParts {
  readonly repository: TufRepository
  readonly log: Log
  readonly logs: Logs
  readonly instance: Instance
  readonly keys: InstanceKeys
  readonly issuer: Issuer
  readonly isJobRunning: (jobId: number) => Promise<boolean>
  readonly foreign: readonly AcceptedIssuer[]
  readonly rekorKeys: ReadonlySet<string>
  readonly clock: Clock
  readonly entropy: Entropy
}

export async function openSigstore(parts: SigstoreParts): Promise<PrivateSigstore> {
  const { logs, instance, keys, clock, repository } = parts
  const ct = createCtLog({ log: logs.ct, key: keys.ct })
  const issuers = acceptedIssuers(parts)
  const { authority, refusal } = createAdmission({
    authority: createAuthority({
      ...parts,
      chain: keys.chain,
      key: keys.intermediate,
      ct,
      verifyToken: createTokenCheck(issuers, clock),
    }),
    chain: keys.chain,
    keys: parts.rekorKeys,
  })
  const rekor = createRekor({
    ...rekorNames(instance),
    log: logs.rekor,
    key: keys.rekor,
    acceptsKey: refusal,
  })
  const tsa = createTsa({ ...parts, chain: keys.tsaChain, key: keys.tsa })
  const material = await trustMaterial(instance, keys, repository)
  return {
    authority,
    issuers,
    rekor,
    ct,
    logs,
    ctRoots: [keys.chain[1]],
    tsa,
    repository,
    material,
    refusals: () => refusalsOf(logs),
  }
}

function refusalsOf({ ct, rekor }: Logs): readonly string[] {
  const both = { 'CT log': ct.refusal(), Rekor: rekor.refusal() }
  return Object.entries(both).flatMap(([name, reason]) =>
    reason === undefined ? [] : [`${name}: ${reason}`],
  )
}

async function trustMaterial(
  instance: Instance,
  keys: InstanceKeys,
  repository: TufRepository,
): Promise<TrustFiles> {
  const trust = instanceTrust(instance, keys)
  const root = await repository.read('root.json')
  if (root === undefined) throw serverErrors('server.data-format', 'the TUF repository has no root.json')
  return {
    url: instance.url,
    fulcio: chainPem(keys.chain),
    rekor: publicKeyPem(trust.rekor),
    ctfe: publicKeyPem(trust.ct),
    tsa: chainPem(keys.tsaChain),
    trustedRoot: utf8Decode(trustFile(trustedRoot(trust))),
    signingConfig: utf8Decode(trustFile(signingConfig(trust))),
    trustConfig: utf8Decode(trustFile(clientTrustConfig(trust))),
    tufRoot: utf8Decode(root),
  }
}

function chainPem(chain: readonly Uint8Array[]): string {
  return chain.map((der) => certificatePem(der)).join('')
}
