/**
 * `wheelseal/sign`: seals distributions from a program of one's own.
 *
 *     const [seal] = await sealDigests([{ name: 'demo-1.0.tar.gz', sha256 }], {
 *       token: process.env['SIGSTORE_ID_TOKEN'] ?? '',
 *       services: { fulcioUrl, rekorUrl, tsaUrl },
 *       trustRoot: trustRootFromJson(await readFile('trusted_root.json', 'utf8')),
 *     })
 *     await writeFile('demo-1.0.tar.gz.sigstore.json', seal.bundle)
 *
 * One key in memory, one certificate and one log entry per file, as `wheelseal sign` does it; nothing is written. The
 * services are asked over this machine's network (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`), or over `http` where it
 * is given. `trustRootFromJson` is that of `wheelseal/verify`. `signBlobs` is the same over one's own ports. Importing
 * does nothing.
 */
import { Secret, type Clock, type Http } from '../../base/index.ts'
import { writeCertificateFile, writeSignatureFile } from '../../formats/sigstore/index.ts'
import { systemClock, systemEntropy, systemFiles } from '../../host/index.ts'
import { createFulcioClient, createHttp, createRekorClient, createTimestampClient } from '../../net/index.ts'
import { bundleOf, signBlobs, type Blob, type SignedBlob, type SignRequest } from '../../sign/index.ts'
import type { TrustRoot } from '../../verify/index.ts'

export {
  readToken,
  signBlobs,
  type SignedBlob,
  type SignRequest,
  type TokenIdentity,
} from '../../sign/index.ts'
export type { CertificateSource, EntryLog, TimestampSource } from '../../sign/index.ts'
export { trustRootFromJson, trustRootFromPem, type TrustRoot } from '../../verify/index.ts'
export { Secret, WheelsealError, type Clock, type Http } from '../../base/index.ts'
export type { Blob }

export interface SealingServices {
  readonly fulcioUrl: string
  readonly rekorUrl: string
  /** The whole address, path included; where it is given, every signature is stamped. */
  readonly tsaUrl?: string
}

export interface SealingOptions {
  /** An OIDC id token. */
  readonly token: string
  /** Whom the token must be meant for. Default: `sigstore`. */
  readonly audience?: string
  readonly services: SealingServices
  /** Where it is given, every seal is verified before it is returned. */
  readonly trustRoot?: TrustRoot
  readonly http?: Http
  readonly clock?: Clock
}

/** One seal in both forms. */
export interface SealTexts {
  readonly name: string
  readonly logIndex: number
  /** Sigstore bundle 0.3, JSON. */
  readonly bundle: string
  /** As cosign 2.2.3 writes them: base64, and base64 over PEM. */
  readonly signature: string
  readonly certificate: string
}

/**
 * The seals of these digests (`sha256`: 32 bytes), in their order, all or none. Throws WheelsealError with a stable
 * code: `sign.…` for the token and what the services made, `net.…` for what they said or did not say.
 */
export async function sealDigests(
  blobs: readonly Blob[],
  options: SealingOptions,
): Promise<readonly SealTexts[]> {
  const signed = await signBlobs(requestOf(blobs, options))
  return signed.map(textsOf)
}

function requestOf(blobs: readonly Blob[], options: SealingOptions): SignRequest {
  const { token, audience, services, trustRoot } = options
  const http = options.http ?? createHttp({ env: process.env, files: systemFiles })
  const clock = options.clock ?? systemClock
  const to = (url: string) => ({ url, http, clock, entropy: systemEntropy })
  return {
    blobs,
    token: new Secret(token),
    clock,
    authority: createFulcioClient(to(services.fulcioUrl)),
    log: createRekorClient(to(services.rekorUrl)),
    ...(audience === undefined ? {} : { audience }),
    ...(services.tsaUrl === undefined ? {} : { timestamps: createTimestampClient(to(services.tsaUrl)) }),
    ...(trustRoot === undefined ? {} : { trustRoot }),
  }
}

function textsOf(signed: SignedBlob): SealTexts {
  const { blob, signature, leaf, entry } = signed
  return {
    name: blob.name,
    logIndex: entry.logIndex,
    bundle: `${JSON.stringify(bundleOf(signed))}\n`,
    signature: Buffer.from(writeSignatureFile(signature)).toString(),
    certificate: Buffer.from(writeCertificateFile(leaf)).toString(),
  }
}
