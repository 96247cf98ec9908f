/** Writes the table of inputs of docs/reference/component.md: `node scripts/component-reference.ts`. A test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from './build-program.ts'

export const componentPage: string = join(root, 'docs', 'reference', 'component.md')
export const componentTemplate: string = join(root, 'templates', 'python-package.yml')

/** `spec:inputs:NAME`, as all inputs of the component are written. */
export interface ComponentInput {
  readonly description: string
  readonly type: 'string' | 'array'
  readonly default: string | readonly string[]
  readonly options?: readonly string[]
  readonly regex?: string
}

export function componentInputs(template: string): Readonly<Record<string, ComponentInput>> {
  const header = parseAllDocuments(template)[0]?.toJS() as {
    readonly spec: { readonly inputs: Readonly<Record<string, ComponentInput>> }
  }
  return header.spec.inputs
}

const TABLE = /^\| input \| type \|[^]*?\n(?!\|)/m

/** The page with the table of this template. */
export function componentReference(page: string, template: string): string {
  const rows = Object.entries(componentInputs(template)).map(
    ([name, input]) =>
      `| \`${name}\` | ${input.type} | ${shown(input.default)} | ${allowed(input)} | ${input.description} |`,
  )
  const table = ['| input | type | default | allowed | meaning |', '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  )
  // A function: the patterns have `$` in them.
  return page.replace(TABLE, () => table)
}

function allowed({ options, regex }: ComponentInput): string {
  if (options !== undefined) return options.map(shown).join(', ')
  return regex === undefined ? 'any' : shown(regex)
}

function shown(value: string | readonly string[]): string {
  if (typeof value !== 'string') return `\`${JSON.stringify(value)}\``
  return value === '' ? 'empty' : `\`${value.replaceAll('|', '\\|')}\``
}

if (import.meta.main)
  writeFileSync(
    componentPage,
    componentReference(readFileSync(componentPage, 'utf8'), readFileSync(componentTemplate, 'utf8')),
  )
