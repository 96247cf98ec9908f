import { homedir } from 'node:os'
import { readSettings, type Settings } from '../client/settings/index.ts'
import { createCommandInput, foldersAbove } from '../host/index.ts'

/** Of the working directory: what is signed or verified does not say by whom or by what. Throws `client.settings`. */
export function settingsHere(env: NodeJS.ProcessEnv): Promise<Settings> {
  const folders = foldersAbove(process.cwd(), homedir())
  return readSettings({ env, folders, files: createCommandInput().files })
}
