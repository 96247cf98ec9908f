import { join } from 'node:path'
import type { Files } from '../../base/index.ts'
import { environmentSettings, type Environment, type SettingGroup, type Settings } from './settings.ts'

const FILES = ['pyproject.toml', 'wheelseal.toml'] as const
/** At the top of an unpacked sdist. */
const UNPACKED = 'PKG-INFO'

export interface SettingsPlace {
  readonly env: Environment
  /** The nearest first, as `foldersAbove` of `host/` gives them: of the working directory, never of what is verified. */
  readonly folders: readonly string[]
  readonly files: Pick<Files, 'exists' | 'read'>
}

/**
 * The environment, then the files of the first folder that has any, `pyproject.toml` before `wheelseal.toml`. Ends
 * before an unpacked distribution, which does not say by which keys distributions are verified. Throws `client.settings`.
 */
export async function readSettings({ env, folders, files }: SettingsPlace): Promise<Settings> {
  for (const folder of folders) {
    if (await files.exists(join(folder, UNPACKED))) break
    const groups = await settingsIn(folder, files)
    if (groups.length > 0) return [environmentSettings(env), ...groups]
  }
  return [environmentSettings(env)]
}

async function settingsIn(folder: string, files: SettingsPlace['files']): Promise<readonly SettingGroup[]> {
  const groups: SettingGroup[] = []
  for (const name of FILES) {
    const path = join(folder, name)
    if (!(await files.exists(path))) continue
    // Loaded here: most have none of them, and a TOML parser costs the start.
    const { readSettingsFile } = await import('./settings-file.ts')
    const group = await readSettingsFile(path, files)
    if (group !== undefined) groups.push(group)
  }
  return groups
}
