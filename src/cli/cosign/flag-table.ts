/** One flag of cosign that the face has. */
export interface Flag {
  /** Its long name; the variable is `COSIGN_` and the name in capitals. */
  readonly name: string
  readonly short?: string
  readonly kind: 'text' | 'bool'
  readonly help: string
}

export interface CommandFlags {
  readonly flags: readonly Flag[]
  /** Flags of cosign's command that the face does not have: named in the refusal, also when a variable sets them. */
  readonly unsupported: readonly string[]
}

/** cosign reads the old names as the new ones (cmd/cosign/cli/commands.go). */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['cert', 'certificate'],
  ['cert-chain', 'certificate-chain'],
  ['cert-identity', 'certificate-identity'],
  ['cert-oidc-issuer', 'certificate-oidc-issuer'],
  ['output-cert', 'output-certificate'],
])

const text = (name: string, help: string): Flag => ({ name, kind: 'text', help })
const rekorUrl = text('rekor-url', 'address of the transparency log')
const globals = ['output-file', 'timeout', 'verbose']

export const signBlobFlags: CommandFlags = {
  flags: [
    text('fulcio-url', 'address of the certificate authority'),
    text('identity-token', 'the id token, or a file with it; default: $SIGSTORE_ID_TOKEN'),
    text('oidc-issuer', 'accepted and not used: the token itself says who issued it'),
    text('output-certificate', 'write the certificate to this file'),
    text('output-signature', 'write the signature to this file instead of standard output'),
    rekorUrl,
    { name: 'yes', short: 'y', kind: 'bool', help: 'agree that the identity is logged for ever' },
  ],
  unsupported: [
    ...globals,
    'b64',
    'bundle',
    'insecure-skip-verify',
    'issue-certificate',
    'key',
    'oidc-client-id',
    'oidc-client-secret-file',
    'oidc-disable-ambient-providers',
    'oidc-provider',
    'oidc-redirect-url',
    'output',
    'rfc3161-timestamp',
    'sk',
    'slot',
    'timestamp-client-cacert',
    'timestamp-client-cert',
    'timestamp-client-key',
    'timestamp-server-name',
    'timestamp-server-url',
    'tlog-upload',
  ],
}

export const verifyBlobFlags: CommandFlags = {
  flags: [
    text('certificate', 'file with the certificate'),
    text('certificate-identity', 'who must have signed, exactly'),
    text('certificate-oidc-issuer', 'which issuer must have vouched for that, exactly'),
    rekorUrl,
    text('signature', 'file with the signature, or the signature in base64'),
  ],
  unsupported: [
    ...globals,
    'bundle',
    'certificate-chain',
    'certificate-github-workflow-name',
    'certificate-github-workflow-ref',
    'certificate-github-workflow-repository',
    'certificate-github-workflow-sha',
    'certificate-github-workflow-trigger',
    'certificate-identity-regexp',
    'certificate-oidc-issuer-regexp',
    'experimental-oci11',
    'insecure-ignore-sct',
    'insecure-ignore-tlog',
    'key',
    'max-workers',
    'offline',
    'private-infrastructure',
    'rfc3161-timestamp',
    'sct',
    'sk',
    'slot',
    'timestamp-certificate-chain',
  ],
}

/** These ask for less than verification is. */
export function isInsecure(name: string): boolean {
  return name.startsWith('insecure-') || name === 'private-infrastructure'
}
