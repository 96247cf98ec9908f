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
const bool = (name: string, help: string): Flag => ({ name, kind: 'bool', help })
const rekorUrl = text('rekor-url', 'address of the transparency log')
const globals = ['output-file', 'timeout', 'verbose']
const keys = ['key', 'sk', 'slot']

export const signBlobFlags: CommandFlags = {
  flags: [
    bool('b64', 'write signature and certificate in base64; --b64=false for the bytes and PEM'),
    text('bundle', 'write all that verification needs to this file'),
    text('fulcio-url', 'address of the certificate authority'),
    text('identity-token', 'the id token, or a file with it; default: $SIGSTORE_ID_TOKEN'),
    bool('new-bundle-format', 'write the bundle in the form of cosign 3'),
    text('oidc-issuer', 'accepted and not used: the token itself says who issued it'),
    text('output', 'old name of --output-signature, which counts before it'),
    text('output-certificate', 'write the certificate to this file'),
    text('output-signature', 'write the signature to this file instead of standard output'),
    rekorUrl,
    text('rfc3161-timestamp', 'write the timestamp to this file'),
    text('timestamp-server-url', 'address of a timestamp authority, path included'),
    text('trusted-root', 'trusted_root.json by which the new seal is verified'),
    { ...bool('yes', 'agree that the identity is logged for ever'), short: 'y' },
  ],
  unsupported: [
    ...globals,
    ...keys,
    'certificate',
    'certificate-chain',
    'fulcio-auth-flow',
    'insecure-skip-verify',
    'issue-certificate',
    'oidc-client-id',
    'oidc-client-secret-file',
    'oidc-disable-ambient-providers',
    'oidc-provider',
    'oidc-redirect-url',
    'signing-algorithm',
    'signing-config',
    'timestamp-client-cacert',
    'timestamp-client-cert',
    'timestamp-client-key',
    'timestamp-server-name',
    'tlog-upload',
    'use-signing-config',
  ],
}

export const verifyBlobFlags: CommandFlags = {
  flags: [
    text('bundle', 'file with signature, certificate and log entry'),
    text('certificate', 'file with the certificate'),
    text('certificate-chain', 'PEM file of the authority, root last, in place of that of the trust root'),
    text('certificate-identity', 'who must have signed, exactly'),
    text('certificate-identity-regexp', 'a pattern that must match anywhere in the name of who signed'),
    text('certificate-oidc-issuer', 'which issuer must have vouched for that, exactly'),
    text('certificate-oidc-issuer-regexp', 'a pattern that must match anywhere in the issuer'),
    bool('new-bundle-format', 'read the bundle in the form of cosign 3'),
    bool('offline', 'ask nobody for the log entry'),
    rekorUrl,
    text('rfc3161-timestamp', 'file with a timestamp over the signature'),
    text('signature', 'file with the signature, or the signature in base64'),
    text('timestamp-certificate-chain', 'PEM file of the timestamp authority, with its root'),
    text('trusted-root', 'trusted_root.json; for bundles in the form of cosign 3'),
  ],
  unsupported: [
    ...globals,
    ...keys,
    'ca-intermediates',
    'ca-roots',
    'certificate-github-workflow-name',
    'certificate-github-workflow-ref',
    'certificate-github-workflow-repository',
    'certificate-github-workflow-sha',
    'certificate-github-workflow-trigger',
    'experimental-oci11',
    'insecure-ignore-sct',
    'insecure-ignore-tlog',
    'max-workers',
    'private-infrastructure',
    'sct',
    'use-signed-timestamps',
  ],
}

export const initializeFlags: CommandFlags = {
  flags: [
    text('mirror', 'address of the TUF repository; default: that of public Sigstore'),
    text('root', 'file with the root to start from; default: that of public Sigstore'),
  ],
  unsupported: [...globals, 'root-checksum', 'staging'],
}

/** These ask for less than verification is. */
export function isInsecure(name: string): boolean {
  return name.startsWith('insecure-') || name === 'private-infrastructure'
}
