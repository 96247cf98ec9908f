import * as v from 'valibot'
import { decodeBase64, describeError, parseJson, utf8Decode, type Http } from '../../base/index.ts'
import { certificatePem, publicKeyPem } from '../../formats/x509/index.ts'
import { fingerprintOf } from '../../formats/tuf/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { errorWords, fetchTufRepository, netErrors, type VerifiedRepository } from '../../net/index.ts'
import { clientErrors } from '../errors.ts'
import { isLoopback, parseServerUrl } from '../../server/index.ts'

export interface RemoteTrust {
  readonly files: TrustFiles
  readonly documents: VerifiedRepository['documents']
}

export interface RemoteRequest {
  /** Of the server, as this machine reaches it. */
  readonly url: string
  /** `sha256:HEX` of a TUF root. May be left out for this machine itself. */
  readonly fingerprint?: string | undefined
  readonly http: Http
}

const MAX_ROOT_BYTES = 512 * 1024
const TARGETS = { root: 'trusted_root.json', config: 'signing_config.v0.2.json' }

/**
 * What a server is to be trusted for, signed under the root whose fingerprint is known. Throws `client.fingerprint`,
 * `client.fingerprint-mismatch`, `net.tuf`, `net.reply`, and what the Http port throws.
 */
export async function fetchTrust({ url: text, fingerprint, http }: RemoteRequest): Promise<RemoteTrust> {
  const url = parseServerUrl(text)
  const wanted = fingerprint === undefined ? undefined : parseFingerprint(fingerprint)
  if (wanted === undefined && !isLoopback(new URL(url).hostname))
    throw clientErrors('client.fingerprint', `${url} is not on this machine: add --fingerprint`)
  const repository = `${url}/tuf`
  const root = await fetchRoot(http, repository, wanted)
  const names = Object.values(TARGETS)
  const { documents, targets } = await fetchTufRepository({ http, url: repository, root, targets: names })
  const target = (name: string): string => utf8Decode(targets.get(name) ?? new Uint8Array())
  return { documents, files: trustFiles(target, documents) }
}

/** The newest, or the first one, from which the client follows to the newest: fingerprints outlive changes of the root. */
async function fetchRoot(http: Http, repository: string, wanted: string | undefined): Promise<Uint8Array> {
  const newest = await fetchDocument(http, `${repository}/root.json`)
  if (wanted === undefined || fingerprintOf(newest) === wanted) return newest
  const first = await fetchDocument(http, `${repository}/1.root.json`)
  if (fingerprintOf(first) === wanted) return first
  throw clientErrors(
    'client.fingerprint-mismatch',
    `the TUF root of ${repository} has fingerprint ${fingerprintOf(newest)}, not ${wanted}`,
  )
}

async function fetchDocument(http: Http, url: string): Promise<Uint8Array> {
  const response = await http.request({ method: 'GET', url })
  if (response.status === 200) return response.bytes(MAX_ROOT_BYTES)
  throw netErrors('net.reply', `${url} answered HTTP ${response.status}: ${await errorWords(response)}`)
}

const Key = v.object({
  rawBytes: v.string(),
  validFor: v.optional(v.object({ end: v.optional(v.string()) })),
})
const Log = v.object({ baseUrl: v.string(), publicKey: Key })
const Authority = v.object({
  certChain: v.object({ certificates: v.array(v.object({ rawBytes: v.string() })) }),
})
const TrustedRoot = v.object({
  tlogs: v.array(Log),
  ctlogs: v.array(Log),
  certificateAuthorities: v.array(Authority),
  timestampAuthorities: v.array(Authority),
})

/** The files of the export, all from the two that are signed. */
function trustFiles(target: (name: string) => string, documents: RemoteTrust['documents']): TrustFiles {
  const [rootText, configText] = [target(TARGETS.root), target(TARGETS.config)]
  try {
    const root = v.parse(TrustedRoot, parseJson(rootText))
    const log = current(root.tlogs)
    const config = {
      mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
      trustedRoot: parseJson(rootText),
      signingConfig: parseJson(configText),
    }
    return {
      url: log.baseUrl,
      fulcio: chainsPem(root.certificateAuthorities),
      rekor: publicKeyPem(decodeBase64(log.publicKey.rawBytes)),
      ctfe: publicKeyPem(decodeBase64(current(root.ctlogs).publicKey.rawBytes)),
      tsa: chainsPem(root.timestampAuthorities),
      trustedRoot: rootText,
      signingConfig: configText,
      trustConfig: `${JSON.stringify(config, null, 2)}\n`,
      tufRoot: utf8Decode(documents.root),
    }
  } catch (cause) {
    throw netErrors('net.reply', `${TARGETS.root}: ${describeError(cause)}`, { cause })
  }
}

/** cosign 2 takes one key for each log: the newest whose time has not ended. */
function current<T extends v.InferOutput<typeof Log>>(logs: readonly T[]): T {
  const log = logs.findLast(({ publicKey }) => publicKey.validFor?.end === undefined) ?? logs.at(-1)
  if (log === undefined) throw new Error('it lists no log')
  return log
}

function chainsPem(authorities: readonly v.InferOutput<typeof Authority>[]): string {
  const certificates = authorities.flatMap(({ certChain }) => certChain.certificates)
  return certificates.map(({ rawBytes }) => certificatePem(decodeBase64(rawBytes))).join('')
}

/** One spelling. Throws `client.fingerprint`. */
function parseFingerprint(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text
  throw clientErrors('client.fingerprint', `'${text.slice(0, 100)}' is not sha256: followed by 64 hex digits`)
}
