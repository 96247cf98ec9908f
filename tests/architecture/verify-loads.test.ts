import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/program.ts'

const source = join(root, 'src')
const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm

/** Everything that is loaded before the command has looked at its arguments; what `import()` loads is not. */
function loadedWith(entry: string): { readonly files: Set<string>; readonly libraries: Set<string> } {
  const [files, libraries, todo] = [new Set<string>(), new Set<string>(), [join(source, entry)]]
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (files.has(relative(source, file))) continue
    files.add(relative(source, file))
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATEMENT)) {
      if (specifier.startsWith('.')) todo.push(join(dirname(file), specifier))
      else if (!specifier.startsWith('node:')) libraries.add(specifier.split('/')[0] ?? '')
    }
  }
  return { files, libraries }
}

describe('wheelseal verify', () => {
  const { files, libraries } = loadedWith('cli/verify.ts')
  const rooms = new Set([...files].map((file) => file.split('/')[0] ?? ''))

  it('loads the rooms that decide, and neither the server nor the network', () => {
    expect(files.size).toBeGreaterThan(60)
    expect([...rooms].toSorted()).toEqual(['base', 'cli', 'client', 'formats', 'host', 'identity', 'verify'])
    expect(
      [...files]
        .filter((file) => file.startsWith('client/'))
        .every((file) => /^client\/(?:verify|settings)\//.test(file)),
    ).toBe(true)
  })

  it('loads no library that only some verifications need', () => {
    expect(libraries).toContain('commander')
    for (const name of ['tuf-js', 're2js', 'smol-toml', 'hono', 'kysely', 'pino', 'yaml'])
      expect(libraries).not.toContain(name)
  })
})
