/**
 * What clients' commands are told by no flag: the environment, then `[tool.wheelseal]` of `pyproject.toml`, then
 * `wheelseal.toml`, of the nearest folder that has one.
 *
 * Call `readSettings`, then `groupOf` for what belongs together. Every setting says where it is from, so that a command
 * can say so too. Not here: the server's `wheelseal.toml`, which is in its data directory (`server/configuration/configuration.ts`).
 */
export { readSettings, type SettingsPlace } from './read-settings.ts'
export {
  environmentSettings,
  groupOf,
  type Environment,
  type Setting,
  type SettingGroup,
  type SettingName,
  type Settings,
} from './settings.ts'
