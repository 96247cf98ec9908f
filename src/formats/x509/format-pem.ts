import { encodeBase64 } from '../../base/index.ts'

/** LF and 64 columns, as OpenSSL, Go and cosign write it. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
