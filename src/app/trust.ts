import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Clock, Entropy } from '../base/index.ts'
import {
  certificatePem,
  checkChain,
  parseCertificate,
  parseCertificatesPem,
  publicKeyPem,
} from '../formats/x509/index.ts'
import { createLog, openLog } from '../log/index.ts'
import { createLogStore, type Database } from '../storage/sqlite/index.ts'
import { createAuthority, type Authority } from '../trust/authority/index.ts'
import { createCtLog, CT_GENESIS } from '../trust/ct/index.ts'
import type { Issuer } from '../trust/issuer/index.ts'
import { createRekor, REKOR_GENESIS, type Rekor } from '../trust/rekor/index.ts'
import { createTimestamper, type Timestamper } from '../trust/timestamper/index.ts'
import type { Instance } from './data-directory.ts'
import { checkIdToken } from './id-tokens.ts'
import type { InstanceKeys } from './keys.ts'
import type { TrustMaterial } from './trust-files.ts'

/** The private Sigstore of an instance. */
export interface Trust {
  readonly authority: Authority
  readonly rekor: Rekor
  readonly timestamper: Timestamper
  readonly pem: TrustMaterial
}

export interface TrustParts {
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
  const rekor = createRekor({
    log: rekorLog,
    key: keys.rekor,
    treeId: BigInt(instance.rekorTreeId),
    name: new URL(instance.url).hostname,
    acceptsKey: (pem) => refusalOf(pem, keys.chain),
  })
  const timestamper = createTimestamper({ ...parts, chain: keys.tsaChain, key: keys.tsa })
  return { authority, rekor, timestamper, pem: trustMaterial(instance.url, keys) }
}

function trustMaterial(url: string, { chain, tsaChain, rekor, ct }: InstanceKeys): TrustMaterial {
  return {
    url,
    fulcio: chainPem(chain),
    rekor: publicPem(rekor),
    ctfe: publicPem(ct),
    tsa: chainPem(tsaChain),
  }
}

function chainPem(chain: readonly Uint8Array[]): string {
  return chain.map((der) => certificatePem(der)).join('')
}

function publicPem(key: KeyObject): string {
  return publicKeyPem(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}

/** The log takes entries only for certificates of our own authority, judged at the time at which they begin. */
function refusalOf(pem: string, chain: InstanceKeys['chain']): string | undefined {
  if (!pem.startsWith('-----BEGIN CERTIFICATE-----'))
    return 'this log takes entries with a certificate, not with a bare key'
  const [leaf] = parseCertificatesPem(pem)
  if (leaf === undefined) return 'there is no certificate'
  const [intermediate, root] = chain.map((der) => parseCertificate(der))
  if (intermediate === undefined || root === undefined) return 'the authority has no chain'
  const result = checkChain({
    leaf,
    intermediates: [intermediate],
    roots: [root],
    atSeconds: leaf.notBeforeSeconds,
  })
  return result.ok ? undefined : `the certificate is not from this authority: ${result.reason}`
}
