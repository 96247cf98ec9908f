import { utf8, type JsonValue } from '../../base/index.ts'
import { TIMESTAMP_PATH, trustedRoot, validity, type InstanceTrust } from './format-trusted-root.ts'

/**
 * `signing_config.v0.2.json`. Fulcio's major version is 1 for every client, whichever API it calls; any selector but
 * `ANY` is refused by sigstore-js.
 */
export function signingConfig(trust: InstanceTrust): { readonly [member: string]: JsonValue } {
  const validFor = validity(trust)
  const operator = new URL(trust.url).host
  const service = (path = ''): JsonValue => [
    { url: `${trust.url}${path}`, majorApiVersion: 1, validFor, operator },
  ]
  const timestamps = { tsaUrls: service(TIMESTAMP_PATH), tsaConfig: { selector: 'ANY' } }
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: service(),
    oidcUrls: service(),
    rekorTlogUrls: service(),
    rekorTlogConfig: { selector: 'ANY' },
    ...(trust.tsaChain === undefined ? {} : timestamps),
  }
}

/** `trust_config.json`, both in one file: sigstore-python's `--trust-config`. */
export function clientTrustConfig(trust: InstanceTrust): { readonly [member: string]: JsonValue } {
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: trustedRoot(trust),
    signingConfig: signingConfig(trust),
  }
}

/** A document as a file, for people too. */
export function trustFile(document: JsonValue): Uint8Array {
  return utf8(`${JSON.stringify(document, null, 2)}\n`)
}
