/** The whole program as one file, `wheelseal.mjs`, and `start.mjs`, which the package starts. */
import { build, type Plugin } from 'esbuild'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShippedFile } from '../src/host/index.ts'
import { lazyImports } from './build-lazily.ts'
import { noticesOf } from './build-notices.ts'

export const root = join(import.meta.dirname, '..')

interface Manifest {
  readonly version: string
  readonly [field: string]: unknown
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

const SHIPPED: readonly ShippedFile[] = [
  'package.json',
  'docs/reference/errors.md',
  'examples/hello-tools/.gitlab-ci.yml',
]

const shippedFiles: Plugin = {
  name: 'shipped-files',
  setup(builder) {
    const texts = SHIPPED.map((name) => [name, shippedText(name)])
    builder.onLoad({ filter: /[\\/]src[\\/]host[\\/]shipped-files\.ts$/ }, () => ({
      contents: `const texts = ${JSON.stringify(Object.fromEntries(texts))}
export const shippedFile = (name) => texts[name]`,
    }))
  },
}

const besideProgram: Plugin = {
  name: 'beside-program',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './wheelseal.mjs', external: true }))
  },
}

/** Of the manifest only what the program reads: its dependencies are in the file. */
function shippedText(name: ShippedFile): string {
  const text = readFileSync(join(root, name), 'utf8')
  return name === 'package.json' ? JSON.stringify({ version: manifest.version }) : text
}

const NODE_CHECK = `const [a,b,c]=process.versions.node.split('.').map(Number)
if(!((a===22&&(b>22||(b===22&&c>=2)))||(a===24&&b>=15)||a>=26)){
console.error('wheelseal: error: Node '+process.version+' is too old\\nhint: use Node 22.22.2 or newer, 24.15 or newer, or 26')
process.exit(1)}`

export const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  legalComments: 'none',
  metafile: true,
} as const

export async function buildProgram(dist: string): Promise<void> {
  const program = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: join(dist, 'wheelseal.mjs'),
    minify: true,
    plugins: [lazyImports, shippedFiles],
    banner: { js: `#!/usr/bin/env node\n${NODE_CHECK}` },
  })
  writeFileSync(join(dist, 'wheelseal.mjs'), noticesOf(root, program.metafile), { flag: 'a' })
  await build({
    ...common,
    entryPoints: ['src/cli/start.ts'],
    outfile: join(dist, 'start.mjs'),
    plugins: [besideProgram],
    banner: { js: '#!/usr/bin/env node' },
  })
  for (const name of ['wheelseal.mjs', 'start.mjs']) chmodSync(join(dist, name), 0o755)
}
