import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../support/program.ts'

const source = join(root, 'src')
const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm

it('wheelseal lint loads the rooms that read, and neither the server, the services nor the network', () => {
  const [files, libraries, todo] = [new Set<string>(), new Set<string>(), [join(source, 'cli/lint.ts')]]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (files.has(relative(source, file))) continue
    files.add(relative(source, file))
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATEMENT)) {
      if (specifier.startsWith('.')) todo.push(join(dirname(file), specifier))
      else if (!specifier.startsWith('node:')) libraries.add(specifier)
    }
  }
  expect(files.size).toBeGreaterThan(60)
  const rooms = new Set([...files].map((file) => file.split('/')[0] ?? ''))
  expect([...rooms].toSorted()).toEqual([
    'base',
    'ciconfig',
    'cli',
    'client',
    'formats',
    'host',
    'lint',
    'storage',
  ])
  const stored = [...files].filter((file) => file.startsWith('storage/'))
  expect(stored.every((file) => /^storage\/(?:git\/|errors)/.test(file))).toBe(true)
  for (const name of ['hono', 'kysely', 'pino', 'tuf-js', 'valibot', 'jose'])
    expect(libraries).not.toContain(name)
})
