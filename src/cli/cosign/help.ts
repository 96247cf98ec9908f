import type { CommandFlags, Flag } from './flag-table.ts'

export const OVERVIEW = `cosign compatibility of wheelseal: commands and flags of cosign 2.2.3, with the
same files.

Usage:
  cosign sign-blob [flags] FILE...
  cosign verify-blob [flags] FILE
  cosign initialize [--mirror URL] [--root FILE]
  cosign version [--json]
  cosign install DIR    (installs wheelseal into DIR as cosign)

Example:
  cosign verify-blob --signature F.sig --certificate F.crt \\
    --certificate-identity ID --certificate-oidc-issuer URL F

The file - is standard input. Every flag can also be set by its environment
variable, such as COSIGN_REKOR_URL. The trust root is that of
SIGSTORE_ROOT_FILE, SIGSTORE_REKOR_PUBLIC_KEY, SIGSTORE_CT_LOG_PUBLIC_KEY_FILE
and, for timestamps, SIGSTORE_TSA_CERTIFICATE_FILE ('wheelseal trust export'
writes these files), else that of 'cosign initialize', else public Sigstore.
`

export interface Described {
  readonly usage: string
  readonly example: string
  readonly table: CommandFlags
}

export function commandHelp({ usage, example, table }: Described): string {
  const flags = table.flags.map(flagLine).join('')
  return `Usage:\n  cosign ${usage}\n\nFlags:\n${flags}\nExample:\n  cosign ${example}\n`
}

function flagLine({ name, short, kind, help }: Flag): string {
  const spelled = `${short === undefined ? '' : `-${short}, `}--${name}${kind === 'text' ? ' VALUE' : ''}`
  return `  ${spelled.padEnd(34)} ${help}\n`
}
