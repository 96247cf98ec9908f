/**
 * Builds what is published into `dist/` (or `--out DIR`): `npm run build && npm pack ./dist`. The whole program is one
 * file, `wheelseal.mjs`, that needs nothing but Node; the package starts it and adds the library's entry points. The same
 * sources and libraries give the same bytes, wherever they stand.
 */
import { build } from 'esbuild'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { declarations } from './build-declarations.ts'
import { buildProgram, common, manifest, root } from './build-program.ts'
import { packedReadme } from './build-readme.ts'

const { values } = parseArgs({ options: { out: { type: 'string' } } })
const dist = values.out === undefined ? join(root, 'dist') : resolve(values.out)

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
await buildProgram(dist)
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
// What is built beside the package is none of it: npm pack takes everything else.
writeFileSync(join(dist, '.npmignore'), 'wheelseal-*\nwheelseal.licenses.txt\n*.whl\n')
console.log(`built wheelseal ${version} in ${dist}`)
