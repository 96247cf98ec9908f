/**
 * Builds what is published into `dist/` (or `--out DIR`): `npm run build && npm pack ./dist`. The whole program is one
 * file, `wheelseal.mjs`, that needs nothing but Node; the package starts it and adds the library's entry points. The same
 * sources and libraries give the same bytes, wherever they stand.
 */
import { build, type Plugin } from 'esbuild'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ShippedFile } from '../src/host/index.ts'
import { declarations } from './build-declarations.ts'
import { lazyImports } from './build-lazily.ts'
import { noticesOf } from './build-notices.ts'
import { packedReadme } from './build-readme.ts'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { out: { type: 'string' } } })
const dist = values.out === undefined ? join(root, 'dist') : resolve(values.out)

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

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  legalComments: 'none',
  metafile: true,
} as const

interface Manifest {
  readonly version: string
  readonly [field: string]: unknown
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

async function buildProgram(): Promise<void> {
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

/** Names of the entry points, and their sources. Libraries stay dependencies: whoever uses ours may use them too. */
const library = { verify: 'src/verify/index.ts', sign: 'src/client/library/sign.ts' }

/** Answers the dependencies of the package: what the library imports, at the pins of this checkout. */
async function buildLibrary(): Promise<Readonly<Record<string, string>>> {
  const { metafile } = await build({
    ...common,
    entryPoints: library,
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'library-[hash]',
    splitting: true,
    packages: 'external',
  })
  declarations(root, { entries: Object.values(library), out: join(dist, 'types') })
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => packageOf(path)),
  )
  const pins = manifest.dependencies as Readonly<Record<string, string>>
  return Object.fromEntries(Object.entries(pins).filter(([name]) => imported.includes(name)))
}

function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

function entryPoint(name: keyof typeof library): object {
  return { types: `./types/${library[name].replace(/^src\/(.*)\.ts$/, '$1.d.ts')}`, default: `./${name}.mjs` }
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
await buildProgram()
const dependencies = await buildLibrary()
const COPIED = [
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'docs/design',
  'docs/how-to',
  'docs/reference',
  'examples',
  'schemas',
]
for (const name of COPIED) cpSync(join(root, name), join(dist, name), { recursive: true })
writeFileSync(join(dist, 'README.md'), packedReadme(readFileSync(join(root, 'README.md'), 'utf8')))

const { name, version, description, license, engines } = manifest
const published = {
  name,
  version,
  description,
  license,
  type: 'module',
  bin: { wheelseal: 'start.mjs' },
  exports: {
    './verify': entryPoint('verify'),
    './sign': entryPoint('sign'),
    './package.json': './package.json',
  },
  engines,
  dependencies,
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
console.log(`built wheelseal ${version} in ${dist}`)
