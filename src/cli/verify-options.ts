import type { Command } from 'commander'

export function addTrustOptions(verify: Command): void {
  verify
    .option('--trusted-root <file>', 'trusted_root.json of the Sigstore instance that signed')
    .option('--tuf-url <url>', 'TUF repository with the trust root of a private Sigstore')
    .option('--tuf-root <file|sha256:hex>', 'the first root.json of the TUF repository, or its digest')
}

export function addIdentityOptions(verify: Command): void {
  verify
    .option('--certificate-identity <name>', 'the expected identity in the certificate')
    .option('--certificate-identity-regexp <pattern>', 'an RE2 pattern for the whole identity')
    .option('--certificate-oidc-issuer <url>', 'the expected OIDC issuer in the certificate')
    .option('--certificate-oidc-issuer-regexp <pattern>', 'an RE2 pattern for the whole OIDC issuer')
    .option('--project <group/name>', 'the expected GitLab project, whose pipeline signed')
    .option(
      '--ref <ref>',
      'with --project: a branch, or a full ref such as refs/tags/v* (default: the branch main)',
    )
    .option('--policy <file>', 'policy file: who may sign which packages (docs/reference/policy.md)')
}
