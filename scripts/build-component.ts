/**
 * Lays out the project of the component for GitLab's catalogue: `node scripts/build-component.ts --out DIR WHEEL…`.
 * The wheels are those that were published of this version: their digests are only known when they are built, and
 * become the default by which jobs install the program.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { manifest, root } from './build-program.ts'
import { componentPage, componentTemplate } from './component-reference.ts'

const NO_HASHES = /^( {4}wheelseal-hashes:\n(?: {6}.*\n)*? {6}default: )''$/m

/** With the digests of these wheels, which must be of this version. */
function released(template: string, wheels: readonly string[]): string {
  const hashes = wheels.map((path) => {
    if (!basename(path).startsWith(`wheelseal-${manifest.version}-`))
      throw new Error(`${basename(path)} is no wheel of wheelseal ${manifest.version}`)
    return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`
  })
  if (!NO_HASHES.test(template)) throw new Error('the template has no empty default of wheelseal-hashes')
  return template.replace(NO_HASHES, (_, head: string) => `${head}${hashes.toSorted().join(' ')}`)
}

/** The page of the component without its links, which lead to other pages of this repository. */
function readme(): string {
  return readFileSync(componentPage, 'utf8').replaceAll(/\[([^\]]+)\]\((?!https:|#)[^)]+\)/g, '$1')
}

/** The small package by which the component tests itself, in the version that a tag of the component names. */
function writeExample(folder: string): void {
  cpSync(join(root, 'examples', 'hello-tools'), folder, {
    recursive: true,
    filter: (path) => !/\.gitlab-ci\.yml$|egg-info|__pycache__|\/(?:dist|build)$/.test(path),
  })
  const path = join(folder, 'pyproject.toml')
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/^version = .*$/m, `version = "${manifest.version}"`),
  )
}

function layOut(out: string, wheels: readonly string[]): void {
  mkdirSync(join(out, 'templates'), { recursive: true })
  const template = released(readFileSync(componentTemplate, 'utf8'), wheels)
  writeFileSync(join(out, 'templates', 'python-package.yml'), template)
  writeFileSync(join(out, 'README.md'), readme())
  cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
  cpSync(join(root, 'templates', 'catalogue', 'gitlab-ci.yml'), join(out, '.gitlab-ci.yml'))
  writeExample(join(out, 'example'))
}

const { values, positionals } = parseArgs({
  options: { out: { type: 'string' } },
  allowPositionals: true,
})
if (values.out === undefined || positionals.length === 0)
  throw new Error('usage: node scripts/build-component.ts --out DIR WHEEL...')
layOut(resolve(values.out), positionals)
console.log(`laid out component python-package ${manifest.version}`)
