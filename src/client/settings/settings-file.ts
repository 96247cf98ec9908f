import { basename, dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { describeError, utf8Decode, type Files } from '../../base/index.ts'
import { parseToml } from '../../formats/toml/index.ts'
import { settingsErrors } from './errors.ts'
import { SETTING_NAMES, type SettingGroup, type SettingName } from './settings.ts'

const MAX_BYTES = 1 << 20

const text = v.pipe(
  v.string('must be a string in quotes'),
  v.nonEmpty('must not be empty'),
  v.maxLength(1024, 'is too long'),
)
const url = v.pipe(text, v.check(isUrl, 'must be an http or https URL without user name'))
const firstRoot = v.pipe(
  text,
  v.check(
    (value) => !value.startsWith('sha256:') || /^sha256:[0-9a-f]{64}$/.test(value),
    'must be a file, or sha256: and 64 lower-case hex digits',
  ),
)

const keys = {
  'gitlab-url': v.optional(url),
  'trusted-root': v.optional(text),
  'tuf-url': v.optional(url),
  'tuf-root': v.optional(firstRoot),
  policy: v.optional(text),
  'signing-config': v.optional(text),
  'fulcio-url': v.optional(url),
  'rekor-url': v.optional(url),
  'tsa-url': v.optional(url),
} satisfies Record<SettingName, unknown>

const isOneRoot = v.check<Values, string>(
  (values) => values['trusted-root'] === undefined || values['tuf-url'] === undefined,
  'has trusted-root and tuf-url: use only one of these keys',
)
const hasFirstRoot = v.check<Values, string>(
  (values) => (values['tuf-url'] === undefined) === (values['tuf-root'] === undefined),
  'needs both of tuf-url and tuf-root, or neither',
)

type Values = { readonly [Name in SettingName]?: string | undefined }

const Table = v.pipe(v.strictObject(keys), isOneRoot, hasFirstRoot)
/** What a server reads in its own `wheelseal.toml` is passed over here, for whoever stands in its data directory. */
const Own = v.pipe(
  v.strictObject({
    ...keys,
    issuers: v.optional(v.unknown()),
    rekor: v.optional(v.unknown()),
    http: v.optional(v.unknown()),
    seals: v.optional(v.unknown()),
    registry: v.optional(v.unknown()),
    gates: v.optional(v.unknown()),
  }),
  isOneRoot,
  hasFirstRoot,
)
const Pyproject = v.looseObject({
  tool: v.optional(v.looseObject({ wheelseal: v.optional(Table) })),
})

/** `pyproject.toml` or `wheelseal.toml`; undefined where the first has no `[tool.wheelseal]`. Throws `client.settings` with the line. */
export async function readSettingsFile(
  path: string,
  files: Pick<Files, 'read'>,
): Promise<SettingGroup | undefined> {
  const toml = await readText(path, files)
  if (basename(path) === 'wheelseal.toml') return groupFrom(parsed(path, toml, Own), path)
  // The file of another tool's project is none of our business, be it right or not.
  if (!toml.includes('wheelseal')) return undefined
  const values = parsed(path, toml, Pyproject).tool?.wheelseal
  return values === undefined ? undefined : groupFrom(values, path)
}

async function readText(path: string, files: Pick<Files, 'read'>): Promise<string> {
  try {
    return utf8Decode(await files.read(path, MAX_BYTES))
  } catch (cause) {
    throw settingsErrors('client.settings', `${path}: ${describeError(cause)}`, { cause })
  }
}

function parsed<T>(path: string, toml: string, schema: v.GenericSchema<unknown, T>): T {
  const result = parseToml(toml, schema)
  if (result.ok) return result.value
  const { position, fact, hint } = result.complaint
  throw settingsErrors('client.settings', `${path}:${position}: ${fact}`, hint === undefined ? {} : { hint })
}

const PATHS: readonly SettingName[] = ['trusted-root', 'tuf-root', 'policy', 'signing-config']

/** Paths are relative to the file. */
function groupFrom(values: Values, path: string): SettingGroup {
  const rows = SETTING_NAMES.flatMap((name) => {
    const value = values[name]
    if (value === undefined) return []
    const isPath = PATHS.includes(name) && !value.startsWith('sha256:')
    return [[name, { value: isPath ? resolve(dirname(path), value) : value, from: path }] as const]
  })
  return Object.fromEntries(rows)
}

function isUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return ['https:', 'http:'].includes(protocol) && username === '' && password === ''
}
