import { homedir } from 'node:os'
import { Command } from 'commander'
import { readTrust, type TrustSource } from '../client/index.ts'
import { checkTrust } from '../client/trust-check/index.ts'
import { Secret } from '../base/index.ts'
import { systemClock, systemFiles, systemSpawn } from '../host/index.ts'
import { createHttp } from '../net/index.ts'
import { hasServer, withAdmin } from '../server/index.ts'
import { dataFolder } from './server-options.ts'
import { stopSignal } from './stop-signal.ts'
import { createTerminal, type Terminal } from './terminal.ts'
import { checkJson, checkLines, isAllRight } from './trust-check-report.ts'
import { withSource } from './trust-source.ts'

interface Options extends TrustSource {
  readonly client: readonly string[]
  readonly trust?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const HELP = `
Clients: cosign 2 and 3, sigstore-python, rekor-cli; those on the PATH, or those
of --client. Each signs an empty file and verifies its signature with the
variables and files of this user, and, if that fails, with a new export alone.
Copies of ~/.sigstore and the like are used: no file of yours is changed. A
client that is set to ask another address is not run that way, because the id
token would be sent there.

The signatures stay in the log. The id token is of no project, and comes from
the data directory of the instance; for another machine (--url) it is that of
SIGSTORE_ID_TOKEN. Without a token settings are compared and nothing is signed.

Examples:
  wheelseal trust check
  wheelseal trust check --url https://seal.example \\
    --fingerprint "$FINGERPRINT" --trust ./trust
  wheelseal trust check --client ~/bin/cosign-2.2.3 ~/bin/cosign-3.1.2

Exit: 0 every client signed and verified, 1 a client did not or none was found,
2 wrong usage.`

export function checkCommand(): Command {
  const command = new Command('check').description(
    'Checks that the stock clients of this machine are set up for an instance, and names the variable or file that is wrong.',
  )
  return withSource(command)
    .option('--client <path...>', 'programs to check, in place of those on the PATH', [])
    .option(
      '--trust <dir>',
      'the trust export that your commands name with --trusted-root, --signing-config and --trust-config (default: the folder of SIGSTORE_ROOT_FILE)',
    )
    .option('--json', 'print {"url":…,"clients":[…]}')
    .option('--quiet', 'print no progress')
    .addHelpText('after', HELP)
    .action(check)
}

async function check(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const http = createHttp({ env: process.env, files: systemFiles })
  const { files: trust } = await readTrust(options, { http: () => http, defaultData: dataFolder({}) })
  const report = await checkTrust(
    {
      trust,
      token: await idToken(options, trust.url),
      programs: options.client,
      exported: options.trust,
    },
    {
      http,
      spawn: systemSpawn,
      clock: systemClock,
      signal: stopSignal(),
      place: {
        env: process.env,
        home: homedir(),
        files: systemFiles,
      },
      onClient: (program) => progress(program, terminal),
    },
  )
  terminal.output(checkJson(report), () => checkLines(report, trust.url))
  if (!isAllRight(report)) process.exitCode = 1
}

function progress(program: string, terminal: Terminal): void {
  if (!terminal.isJson) terminal.say(`checking ${program}`)
}

/** Of no project where the instance is this user's own; else of whoever gave it in the environment. */
async function idToken(options: Options, url: string): Promise<Secret | undefined> {
  const data = options.data ?? dataFolder({})
  if (options.url === undefined || (await isHere(data, url)))
    return new Secret((await withAdmin(data, (admin) => admin.mintCheckToken())).token)
  const given = process.env['SIGSTORE_ID_TOKEN']
  return given ? new Secret(given) : undefined
}

async function isHere(data: string, url: string): Promise<boolean> {
  if (!(await hasServer(data))) return false
  return withAdmin(data, async (admin) => (await admin.trust()).url === url)
}
