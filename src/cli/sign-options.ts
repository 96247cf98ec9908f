import type { Command } from 'commander'

/** What `sign` and `attest` ask alike: as whom, where, and verified by what. */
export function addServiceOptions(command: Command): Command {
  return command
    .option('--identity-token-file <file>', 'file with the id token, - for standard input')
    .option('--fulcio-url <url>', 'URL of the certificate authority (Fulcio)')
    .option('--rekor-url <url>', 'URL of the transparency log (Rekor)')
    .option('--signing-config <file>', 'signing_config.json with the URLs of all services')
    .option('--trusted-root <file>', 'trusted_root.json to verify with before anything is written')
}

/** For the help of both. */
export const TOKEN_HELP = `
The id token is read from SIGSTORE_ID_TOKEN. A GitLab job gets it with:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
`
