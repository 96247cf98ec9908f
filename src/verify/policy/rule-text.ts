import type { RuleTable } from './policy-schema.ts'

/** A rule as a policy file has it: `[[rules]]` with its identities, and a line break at its end. */
export function ruleText({ names = [], require: requires = [], any_of: identities = [] }: RuleTable): string {
  const head = [`[[rules]]`, `names = ${listText(names)}`]
  if (requires.length > 0) head.push(`require = ${listText(requires)}`)
  const tables = identities.map((identity) => [
    '',
    '[[rules.any_of]]',
    ...Object.entries(identity).map(([key, value]) => `${key} = ${valueText(value)}`),
  ])
  return `${[...head, ...tables.flat()].join('\n')}\n`
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return listText(value as readonly string[])
  return typeof value === 'string' ? stringText(value) : String(value)
}

function listText(values: readonly string[]): string {
  return `[${values.map(stringText).join(', ')}]`
}

/** A basic string of TOML: JSON's, but that it has no raw DEL. */
function stringText(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`)
}
