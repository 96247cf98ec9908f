import type { Command } from 'commander'

/** What `sign` and `attest` ask alike: as whom, where, and verified by what. */
export function addServiceOptions(command: Command): Command {
  return command
    .option('--identity-token-file <file>', 'the id token in a file, - for standard input')
    .option('--fulcio-url <url>', 'the certificate authority')
    .option('--rekor-url <url>', 'the transparency log')
    .option('--signing-config <file>', 'signing_config.json with the addresses of all services')
    .option('--trusted-root <file>', 'verify by this trusted_root.json before anything is written')
}

/** For the help of both. */
export const TOKEN_HELP = `
The id token is that of SIGSTORE_ID_TOKEN. A GitLab job has it with:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
`
