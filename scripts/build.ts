/**
 * Builds the package that is published into `dist/`: `npm run build && npm pack ./dist`. The command line becomes a
 * few chunks that are loaded on demand; libraries stay dependencies, with the pins of this checkout.
 */
import { build } from 'esbuild'
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

rmSync(dist, { recursive: true, force: true })
await build({
  entryPoints: { wheelseal: join(root, 'src/cli/main.ts') },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  banner: { js: '#!/usr/bin/env node' },
})
chmodSync(join(dist, 'wheelseal.js'), 0o755)
for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'examples']) {
  cpSync(join(root, name), join(dist, name), { recursive: true })
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const { name, version, description, license, engines, dependencies } = manifest
const published = {
  name,
  version,
  description,
  license,
  type: 'module',
  bin: { wheelseal: 'wheelseal.js' },
  engines,
  dependencies,
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
console.log(`built wheelseal ${version} in dist/`)
