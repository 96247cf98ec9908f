export const SETTING_NAMES = [
  'gitlab-url',
  'trusted-root',
  'tuf-url',
  'tuf-root',
  'policy',
  'signing-config',
  'fulcio-url',
  'rekor-url',
  'tsa-url',
] as const

export type SettingName = (typeof SETTING_NAMES)[number]

/** What one variable, or one file, says. */
export interface Setting {
  readonly value: string
  /** For people: a variable, or the path of a file. */
  readonly from: string
}

export type SettingGroup = { readonly [Name in SettingName]?: Setting }

/** Whatever no flag says: the environment, then files; what stands first counts. */
export type Settings = readonly SettingGroup[]

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings of these names, all of the first source that has any of them: the address of one Sigstore never meets
 * the keys of another by chance.
 */
export function groupOf(settings: Settings, names: readonly SettingName[]): SettingGroup {
  const group = settings.find((source) => names.some((name) => source[name] !== undefined)) ?? {}
  return Object.fromEntries(names.flatMap((name) => (group[name] === undefined ? [] : [[name, group[name]]])))
}

/** A job of GitLab has `CI_SERVER_URL`: its own GitLab is the one that is meant. Empty is not set. */
export function environmentSettings(env: Environment): SettingGroup {
  const setting = (from: string, value: string | undefined): Setting | undefined =>
    value ? { value, from } : undefined
  return given({
    'gitlab-url':
      setting('WHEELSEAL_GITLAB_URL', env['WHEELSEAL_GITLAB_URL']) ??
      setting('CI_SERVER_URL', env['CI_SERVER_URL']),
    'trusted-root': setting('WHEELSEAL_TRUSTED_ROOT', env['WHEELSEAL_TRUSTED_ROOT']),
    'tuf-url': setting('WHEELSEAL_TUF_URL', env['WHEELSEAL_TUF_URL']),
    'tuf-root': setting('WHEELSEAL_TUF_ROOT', env['WHEELSEAL_TUF_ROOT']),
    'signing-config': setting('WHEELSEAL_SIGNING_CONFIG', env['WHEELSEAL_SIGNING_CONFIG']),
    'fulcio-url': setting('WHEELSEAL_FULCIO_URL', env['WHEELSEAL_FULCIO_URL']),
    'rekor-url': setting('WHEELSEAL_REKOR_URL', env['WHEELSEAL_REKOR_URL']),
    'tsa-url': setting('WHEELSEAL_TSA_URL', env['WHEELSEAL_TSA_URL']),
  })
}

function given(settings: Readonly<Partial<Record<SettingName, Setting | undefined>>>): SettingGroup {
  return Object.fromEntries(Object.entries(settings).filter(([, setting]) => setting !== undefined))
}
