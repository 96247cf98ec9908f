import { createHash, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { isoTime, utf8, type JsonValue } from '../../base/index.ts'
import { fingerprintOf, readMetadata, type MetadataSummary } from '../../formats/tuf/index.ts'
import { parsePublicKeyPem } from '../../formats/x509/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import type { VerifiedRepository } from '../../net/index.ts'
import { createFolderTufRepository } from '../../storage/folder/index.ts'
import { ROOT_KEYS, rootKeysIn, serverErrors } from '../../server/index.ts'

type Documents = VerifiedRepository['documents']

export interface TrustReport {
  readonly [member: string]: JsonValue
  readonly url: string
  readonly fingerprint: string
  /** Keys and certificates that verification starts from. */
  readonly trusted: readonly TrustedKey[]
  /** The next one first. */
  readonly expires: readonly Expiry[]
  /** Where the keys of the roots are, as far as this machine can tell; null for a server that was asked over its URL. */
  readonly rootKeys: { readonly [where: string]: readonly string[] } | null
}

export type TrustedKey = {
  readonly what: string
  readonly sha256: string
  /** Of a certificate; a bare key has none. */
  readonly from: string | null
  readonly until: string | null
}

export type Expiry = {
  readonly what: string
  readonly at: string
  /** The server signs it anew by itself. */
  readonly renewed: boolean
}

/** Of a data directory, which is taken at its word: it is this user's. */
export async function reportOfData(data: string, files: TrustFiles): Promise<TrustReport> {
  const here = await rootKeysIn(data)
  const elsewhere = ROOT_KEYS.filter((name) => !here.includes(name))
  return reportOf(files, await documentsOf(data), { here, elsewhere })
}

/** Of documents that were verified. */
export function reportOf(
  files: TrustFiles,
  documents: Documents,
  rootKeys: TrustReport['rootKeys'] = null,
): TrustReport {
  const trusted = trustedKeys(files)
  const certificates = trusted.flatMap(({ what, until }) =>
    until === null ? [] : [{ what, at: until, renewed: false }],
  )
  const expires = [...certificates, ...roleExpiries(documents)].toSorted((a, b) => (a.at < b.at ? -1 : 1))
  const fingerprint = fingerprintOf(utf8(files.tufRoot))
  return { url: files.url, fingerprint, trusted, expires, rootKeys }
}

const RENEWED = ['snapshot', 'timestamp']

function roleExpiries(documents: Documents): readonly Expiry[] {
  return (['root', 'targets', 'snapshot', 'timestamp'] as const).map((role) => ({
    what: `TUF ${role}`,
    at: readMetadata(documents[role], role).expires,
    renewed: RENEWED.includes(role),
  }))
}

function trustedKeys(files: TrustFiles): readonly TrustedKey[] {
  return [
    ...certificatesOf(files.fulcio, 'certificate authority'),
    bareKey('signature log (Rekor)', files.rekor),
    bareKey('certificate log (CT)', files.ctfe),
    ...certificatesOf(files.tsa, 'timestamp authority'),
  ]
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function certificatesOf(pem: string, subject: string): readonly TrustedKey[] {
  return (pem.match(BLOCK) ?? []).map((block) => {
    const certificate = new X509Certificate(block)
    const kind = certificate.subject === certificate.issuer ? 'root certificate' : 'signing certificate'
    return {
      what: `${subject}: ${kind}`,
      sha256: hash(certificate.raw),
      from: isoTime(certificate.validFromDate.getTime() / 1000),
      until: isoTime(certificate.validToDate.getTime() / 1000),
    }
  })
}

function bareKey(what: string, pem: string): TrustedKey {
  return { what, sha256: hash(parsePublicKeyPem(pem)), from: null, until: null }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function documentsOf(data: string): Promise<Documents> {
  const store = createFolderTufRepository(join(data, 'tuf'))
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await store.read(name)
    if (bytes === undefined)
      throw serverErrors('server.data-incomplete', `missing: ${join(data, 'tuf', name)}`)
    return bytes
  }
  const timestamp = await read('timestamp.json')
  const snapshot = await read(versioned(readMetadata(timestamp, 'timestamp'), 'snapshot.json'))
  const targets = await read(versioned(readMetadata(snapshot, 'snapshot'), 'targets.json'))
  return { root: await read('root.json'), timestamp, snapshot, targets }
}

function versioned({ meta }: MetadataSummary, name: string): string {
  return `${meta[name]?.version ?? 1}.${name}`
}
