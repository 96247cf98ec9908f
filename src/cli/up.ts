import { Command } from 'commander'
import { DEFAULT_LISTEN, startServer } from '../app/index.ts'
import { jsonLog } from '../host/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'
import { createTerminal } from './terminal.ts'

interface Options {
  readonly data?: string
  readonly listen?: string
  readonly config?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export function command(): Command {
  return new Command('up')
    .description('Starts all services: one process, one port, one data directory. SIGTERM or Ctrl-C ends it.')
    .option('--data <dir>', DATA_HELP)
    .option(
      '--listen <host:port>',
      `address, fixed at the first start; port 0 chooses one (default: ${DEFAULT_LISTEN})`,
    )
    .option(
      '--config <file>',
      'configuration (default: wheelseal.toml in the data directory, where there is one)',
    )
    .option('--json', 'print one line of JSON when ready')
    .option('--quiet', 'print nothing but failures')
    .addHelpText('after', '\nExample: wheelseal up --data ./data --listen 127.0.0.1:7711')
    .action(up)
}

async function up(options: Options): Promise<void> {
  const terminal = createTerminal(options)
  const log = await jsonLog()
  const server = await startServer({
    data: dataFolder(options),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.config === undefined ? {} : { config: options.config }),
    log: options.quiet === true ? { ...log, event: () => undefined } : log,
  })
  const { url, data } = server
  if (options.quiet !== true || terminal.isJson) {
    terminal.output({ ready: true, url, pid: process.pid }, () => guide(url, data))
  }
  await untilStopped()
  await server.close()
}

/** How the stock clients are aimed here. */
function guide(url: string, data: string): string {
  const packages = `${url}/api/v4/projects/ID/packages`
  return [
    `ready at ${url}, data in ${data} (Ctrl-C ends it)`,
    '',
    `  project  wheelseal project create GROUP/NAME --data ${data}   (prints the ID)`,
    `  cosign   wheelseal trust export --data ${data} --out trust && . ./trust/cosign.env`,
    `           then --fulcio-url=${url} --rekor-url=${url}`,
    `  twine    --repository-url ${packages}/pypi`,
    `  pip      --index-url ${packages}/pypi/simple`,
    `  curl     --upload-file F ${packages}/generic/NAME/VERSION/F`,
    '',
  ].join('\n')
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as nobody listens any more. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
}
