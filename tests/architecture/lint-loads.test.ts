import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../support/program.ts'

const source = join(root, 'src')
const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm

/** What a command loads when it is started, by its imports. */
function loadedBy(command: string): { readonly files: readonly string[]; readonly libraries: Set<string> } {
  const [files, libraries, todo] = [new Set<string>(), new Set<string>(), [join(source, command)]]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (files.has(relative(source, file))) continue
    files.add(relative(source, file))
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATEMENT)) {
      if (specifier.startsWith('.')) todo.push(join(dirname(file), specifier))
      else if (!specifier.startsWith('node:')) libraries.add(specifier)
    }
  }
  return { files: [...files], libraries }
}

const READING = ['base', 'ciconfig', 'cli', 'client', 'formats', 'host', 'lint', 'storage']

it.each([
  ['lint', READING],
  ['init', [...READING, 'init'].toSorted()],
])(
  'wheelseal %s loads the rooms that read, and neither the server, the services nor the network',
  (name, rooms) => {
    const { files, libraries } = loadedBy(`cli/${name}.ts`)
    expect(files.length).toBeGreaterThan(60)
    expect([...new Set(files.map((file) => file.split('/')[0] ?? ''))].toSorted()).toEqual(rooms)
    const stored = files.filter((file) => file.startsWith('storage/'))
    expect(stored.every((file) => /^storage\/(?:git\/|errors)/.test(file))).toBe(true)
    for (const library of ['hono', 'kysely', 'pino', 'tuf-js', 'valibot', 'jose'])
      expect(libraries).not.toContain(library)
  },
)
