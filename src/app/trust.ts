import { utf8Decode, type Clock, type Entropy, type Log } from '../base/index.ts'
import { clientTrustConfig, signingConfig, trustedRoot, trustFile } from '../formats/trustroot/index.ts'
import {
  certificatePem,
  checkChain,
  parseCertificate,
  parseCertificatesPem,
  publicKeyPem,
  type ChainRequest,
} from '../formats/x509/index.ts'
import { createLog, openLog } from '../log/index.ts'
import { createLogStore, type Database } from '../storage/sqlite/index.ts'
import { createAuthority, type Authority } from '../trust/authority/index.ts'
import { createCtLog, CT_GENESIS } from '../trust/ct/index.ts'
import type { Issuer } from '../trust/issuer/index.ts'
import { createRekor, REKOR_GENESIS, type Rekor } from '../trust/rekor/index.ts'
import { createTimestamper, type Timestamper } from '../trust/timestamper/index.ts'
import type { RootRepository } from '../trust/rootrepo/index.ts'
import type { Instance } from './data-directory.ts'
import { appErrors } from './errors.ts'
import { checkIdToken } from './id-tokens.ts'
import type { InstanceKeys } from './keys.ts'
import type { TrustFiles } from '../http/index.ts'
import { instanceTrust, openTrustRepository } from './trust-repository.ts'

/** The private Sigstore of an instance. */
export interface Trust {
  readonly authority: Authority
  readonly rekor: Rekor
  readonly timestamper: Timestamper
  readonly repository: RootRepository
  readonly material: TrustFiles
  /** False when one of the logs takes no more entries. */
  isReady(): boolean
}

export interface TrustParts {
  /** The data directory. */
  readonly path: string
  readonly log: Log
  readonly database: Database
  readonly instance: Instance
  readonly keys: InstanceKeys
  readonly issuer: Issuer
  readonly isJobRunning: (jobId: number) => Promise<boolean>
  readonly clock: Clock
  readonly entropy: Entropy
}

const CT = 'ct'
const REKOR = 'rekor'

/** Both logs of a new instance, each with its genesis leaf. */
export async function createTrustLogs(database: Database, clock: Clock): Promise<void> {
  await createLog({ store: createLogStore(database, CT), clock }, CT_GENESIS)
  await createLog({ store: createLogStore(database, REKOR), clock }, REKOR_GENESIS)
}

/** Throws `log.missing`. */
export async function openTrust(parts: TrustParts): Promise<Trust> {
  const { database, instance, keys, clock } = parts
  const ctLog = await openLog({ store: createLogStore(database, CT), clock })
  const rekorLog = await openLog({ store: createLogStore(database, REKOR), clock })
  const authority = createAuthority({
    ...parts,
    chain: keys.chain,
    key: keys.intermediate,
    ct: createCtLog({ log: ctLog, key: keys.ct }),
    verifyToken: (token) => checkIdToken(token, parts),
  })
  const [intermediate, root] = keys.chain
  const authorityChain = { intermediates: [parseCertificate(intermediate)], roots: [parseCertificate(root)] }
  const rekor = createRekor({
    log: rekorLog,
    key: keys.rekor,
    treeId: BigInt(instance.rekorTreeId),
    name: new URL(instance.url).hostname,
    acceptsKey: (pem) => refusalOf(pem, authorityChain),
  })
  const timestamper = createTimestamper({ ...parts, chain: keys.tsaChain, key: keys.tsa })
  const repository = await openTrustRepository(parts.path, keys.tuf, parts)
  const material = await trustMaterial(instance, keys, repository)
  const isReady = (): boolean => ctLog.takesEntries() && rekorLog.takesEntries()
  return { authority, rekor, timestamper, repository, material, isReady }
}

async function trustMaterial(
  instance: Instance,
  keys: InstanceKeys,
  repository: RootRepository,
): Promise<TrustFiles> {
  const trust = instanceTrust(instance, keys)
  const root = await repository.read('root.json')
  if (root === undefined) throw appErrors('app.data-format', 'the TUF repository has no root.json')
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

type AuthorityChain = Pick<ChainRequest, 'intermediates' | 'roots'>

/** The log takes entries only for certificates of our own authority, judged at the time at which they begin. */
function refusalOf(pem: string, authority: AuthorityChain): string | undefined {
  if (!pem.startsWith('-----BEGIN CERTIFICATE-----'))
    return 'this log takes entries with a certificate, not with a bare key'
  const [leaf] = parseCertificatesPem(pem)
  if (leaf === undefined) return 'there is no certificate'
  const result = checkChain({ leaf, ...authority, atSeconds: leaf.notBeforeSeconds })
  return result.ok ? undefined : `the certificate is not from this authority: ${result.reason}`
}
