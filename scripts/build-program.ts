/**
 * The whole program out of `src/`: as one file for Node, `wheelseal.mjs`, with `start.mjs`, which the package starts; and
 * as modules for the compiler of the executables.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShippedFile } from '../src/host/index.ts'
import { insideProgram, pythonLayerProgram } from '../src/runner/sandbox/program.ts'
import { lazyBuiltins, lazyLibraries } from './build-lazily.ts'
import { comment, noticesOf } from './build-notices.ts'

export const root: string = join(import.meta.dirname, '..')

interface Manifest {
  readonly version: string
  readonly [field: string]: unknown
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

export const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  legalComments: 'none',
  metafile: true,
} as const

const SHIPPED: readonly ShippedFile[] = [
  'package.json',
  'docs/reference/errors.md',
  'templates/python-package.yml',
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

/** What a sandbox runs inside of it is Python, as text. */
const insideTexts: Plugin = {
  name: 'inside-texts',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]runner[\\/]sandbox[\\/]program\.ts$/ }, () => ({
      contents: [
        `export const insideProgram = () => ${JSON.stringify(insideProgram())}`,
        `export const pythonLayerProgram = () => ${JSON.stringify(pythonLayerProgram())}`,
      ].join('\n'),
    }))
  },
}

/** Of the manifest only what the program reads: its dependencies are in the file. */
function shippedText(name: ShippedFile): string {
  if (name !== 'package.json') return readFileSync(join(root, name), 'utf8')
  return JSON.stringify({ version: manifest.version, ...commit() })
}

/** Nothing outside of a clone, as in an unpacked archive of the sources, unless `WHEELSEAL_COMMIT` names it. */
function commit(): { readonly commit?: string } {
  const named = process.env['WHEELSEAL_COMMIT']
  if (named !== undefined) return { commit: named }
  try {
    const argv = ['rev-parse', '--short=12', 'HEAD']
    return {
      commit: execFileSync('git', argv, {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim(),
    }
  } catch {
    return {}
  }
}

const program = {
  ...common,
  entryPoints: ['src/cli/main.ts'],
  minify: true,
  // Named by code of libraries that is never run; a compiler would write its own folder in its place.
  define: { __dirname: '"/"' },
} satisfies BuildOptions

/** In a block of its own: the program behind it has names as short. */
const NODE_CHECK = `{const [a,b,c]=process.versions.node.split('.').map(Number)
if(!((a===22&&(b>22||(b===22&&c>=2)))||(a===24&&b>=15)||a>=26)){
console.error('wheelseal: error: Node '+process.version+' is too old\\nhint: use Node 22.22.2 or newer, 24.15 or newer, or 26')
process.exit(1)}}`

const besideProgram: Plugin = {
  name: 'beside-program',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './wheelseal.mjs', external: true }))
  },
}

export async function buildProgram(dist: string): Promise<void> {
  await buildSingleFile(join(dist, 'wheelseal.mjs'))
  await build({
    ...common,
    entryPoints: ['src/cli/start.ts'],
    outfile: join(dist, 'start.mjs'),
    plugins: [besideProgram],
    banner: { js: '#!/usr/bin/env node' },
  })
  for (const name of ['wheelseal.mjs', 'start.mjs']) chmodSync(join(dist, name), 0o755)
}

/** With the licences of the libraries in it behind it. */
async function buildSingleFile(outfile: string): Promise<void> {
  const { metafile } = await build({
    ...program,
    outfile,
    plugins: [lazyBuiltins, lazyLibraries, shippedFiles, insideTexts],
    banner: { js: `#!/usr/bin/env node\n${NODE_CHECK}` },
  })
  writeFileSync(outfile, comment(noticesOf(root, metafile)), { flag: 'a' })
}

/**
 * `main.mjs` and what it loads on demand, in files of their own: an executable reads only the compiled code that a
 * command needs. Modules of Node's stay imports, since Bun loads its own faster than what would put them off. Answers
 * the licences of the libraries in them.
 */
export async function buildModules(outdir: string): Promise<string> {
  const { metafile } = await build({
    ...program,
    outdir,
    splitting: true,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    plugins: [lazyLibraries, shippedFiles, insideTexts],
  })
  for (const { entryPoint = '', exports } of Object.values(metafile.outputs))
    if (entryPoint.startsWith('node_modules/') && exports.join() === 'default')
      refuseNames(packageOf(entryPoint))
  return noticesOf(root, metafile)
}

/** In a file of its own, what was CommonJS has no names: one that is taken from `import()` would be undefined. */
function refuseNames(library: string): void {
  const taken = new RegExp(`\\{ (?!default\\b)[^}]*\\} = await import\\('${library}[/']`)
  for (const file of globSync('src/**/*.ts', { cwd: root }))
    if (taken.test(readFileSync(join(root, file), 'utf8')))
      throw new Error(`${file} takes names from import('${library}'), which is CommonJS: take its default`)
}

function packageOf(path: string): string {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? path
}
