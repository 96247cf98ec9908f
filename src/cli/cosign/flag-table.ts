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
const rekorUrl = text('rekor-url', 'URL of the transparency log')
const globals = ['output-file', 'timeout', 'verbose']
const keys = ['key', 'sk', 'slot']

export const signBlobFlags: CommandFlags = {
  flags: [
    bool('b64', 'write signature and certificate in base64; --b64=false writes DER and PEM'),
    text('bundle', 'write signature, certificate and log entry to this file'),
    text('fulcio-url', 'URL of the certificate authority'),
    text('identity-token', 'the id token, or a file with it (default: $SIGSTORE_ID_TOKEN)'),
    bool('new-bundle-format', 'write a Sigstore bundle, as cosign 3 does'),
    text('oidc-issuer', 'accepted and ignored: the id token contains its issuer'),
    text('output', 'old name of --output-signature, which takes precedence'),
    text('output-certificate', 'write the certificate to this file'),
    text('output-signature', 'write the signature to this file instead of standard output'),
    rekorUrl,
    text('rfc3161-timestamp', 'write the timestamp to this file'),
    text('timestamp-server-url', 'URL of a timestamp authority, with its path'),
    text('trusted-root', 'trusted_root.json to verify the new signature with'),
    { ...bool('yes', 'agree that the identity is published in the log permanently'), short: 'y' },
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
    text(
      'certificate-chain',
      'PEM file of the certificate authority, root last, used in place of the trust root',
    ),
    text('certificate-identity', 'the expected identity in the certificate'),
    text('certificate-identity-regexp', 'a pattern that matches anywhere in the identity'),
    text('certificate-oidc-issuer', 'the expected OIDC issuer in the certificate'),
    text('certificate-oidc-issuer-regexp', 'a pattern that matches anywhere in the OIDC issuer'),
    bool('new-bundle-format', 'the bundle is a Sigstore bundle, as cosign 3 writes it'),
    bool('offline', 'do not ask the log; the bundle must contain the log entry'),
    rekorUrl,
    text('rfc3161-timestamp', 'file with an RFC 3161 timestamp of the signature'),
    text('signature', 'file with the signature, or the signature in base64'),
    text('timestamp-certificate-chain', 'PEM file of the timestamp authority, root included'),
    text('trusted-root', 'trusted_root.json, for Sigstore bundles (cosign 3)'),
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
    text('mirror', 'URL of the TUF repository (default: public Sigstore)'),
    text('root', 'file with the root to start from (default: public Sigstore)'),
  ],
  unsupported: [...globals, 'root-checksum', 'staging'],
}

/** These ask for less than verification is. */
export function isInsecure(name: string): boolean {
  return name.startsWith('insecure-') || name === 'private-infrastructure'
}
