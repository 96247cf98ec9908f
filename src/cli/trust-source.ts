import type { Command } from 'commander'
import { readTrust, type TrustSource } from '../client/index.ts'
import { systemFiles } from '../host/index.ts'
import { createHttp } from '../net/index.ts'
import { dataFolder, DATA_HELP } from './server-options.ts'

/** The flags that say whose trust is meant. */
export function withSource(command: Command): Command {
  return command
    .option('--data <dir>', DATA_HELP)
    .option('--url <url>', 'a server, instead of a data directory')
    .option(
      '--fingerprint <sha256:hex>',
      'fingerprint of its TUF root, printed by up; required for another machine',
    )
}

export function trustOf(source: TrustSource): ReturnType<typeof readTrust> {
  return readTrust(source, {
    http: () => createHttp({ env: process.env, files: systemFiles }),
    defaultData: dataFolder({}),
  })
}
