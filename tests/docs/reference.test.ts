import type { Command, Option } from 'commander'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { portRoutes, socketRoutes, withoutPatterns } from '../../src/server/served-routes.contract.ts'
import { exportTrust } from '../../src/client/index.ts'
import { errorKinds } from '../../src/base/index.ts'
import {
  initializeFlags,
  signBlobFlags,
  verifyBlobFlags,
  type Flag,
} from '../../src/cli/cosign/flag-table.ts'
import type { DeclaredRoute } from '../../src/http/index.ts'
import { root } from '../support/program.ts'

const api = readPage('http-api.md')
const configuration = readPage('configuration.md')
const face = readPage('cosign.md')

describe('the page of the HTTP API', () => {
  const [served = '', admin = ''] = api.split('\n## Admin socket')

  it('names every route of the port with the right that it declares, and no other', () => {
    expect(documentedRoutes(served)).toEqual(linesOf(portRoutes()))
  })

  it('names every route of the owner-only socket with the right that it declares, and no other', () => {
    expect(documentedRoutes(admin)).toEqual(linesOf(socketRoutes()))
  })

  it('explains every right, and no other', () => {
    const [, rights = ''] = /\n## Rights\n([^]*?)\n## /.exec(api) ?? []
    const explained = tableRows(rights).flatMap(([name = '']) =>
      name.startsWith('`') ? [unquote(name)] : [],
    )
    const declared = new Set([...portRoutes(), ...socketRoutes()].map(({ right }) => `${right}`))
    expect(explained.toSorted()).toEqual([...declared].toSorted())
  })

  it('names codes that exist, each with the status that it is answered with', async () => {
    for (const file of globSync('src/**/errors.ts', { cwd: root })) await import(join(root, file))
    const named = tableRows(api).flatMap(([status = '', code = '']) =>
      /^\d{3}$/.test(status) && code.startsWith('`') ? [{ status: Number(status), code: unquote(code) }] : [],
    )
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter(({ status, code }) => errorKinds().get(code)?.status !== status)).toEqual([])
  })
})

describe('the page of the configuration', () => {
  it('names every flag of every command with its default, and no other', async () => {
    const declared = (await declaredCommands()).flatMap((command) => flagsOf(command, 'wheelseal'))
    expect(declared.length).toBeGreaterThan(20)
    expect(documentedFlags('wheelseal ')).toEqual(declared.toSorted())
  })

  it('is right that every command has an example in its help', async () => {
    const leaves = (await declaredCommands()).flatMap((command) => leavesOf(command, 'wheelseal'))
    expect(leaves.length).toBeGreaterThan(10)
    const without = leaves.filter(({ command, path }) => {
      const [, examples = ''] = helpOf(command).split(/Examples?:/)
      return !examples.includes(path)
    })
    expect(without.map(({ path }) => path)).toEqual([])
  })

  it('names every flag of the cosign face, and no other', () => {
    const declared = [
      ...faceFlags('sign-blob', signBlobFlags),
      ...faceFlags('verify-blob', verifyBlobFlags),
      ...faceFlags('initialize', initializeFlags),
    ]
    expect(documentedFlags('cosign ', face).map((line) => line.split(' = ')[0])).toEqual(declared.toSorted())
  })

  it('names every file of the trust export', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wheelseal-docs-'))
    const files = await exportTrust({ url: 'http://127.0.0.1:1', ...trustTexts }, folder)
    await rm(folder, { recursive: true })
    expect(files.length).toBeGreaterThan(5)
    expect(
      files.map((file) => basename(file)).filter((name) => !configuration.includes(`\`${name}\``)),
    ).toEqual([])
  })

  it('names every variable that the code reads by its name', () => {
    const names = new Set(sources().flatMap((text) => [...text.matchAll(READ)].map(([, name = '']) => name)))
    expect(names.size).toBeGreaterThan(5)
    expect([...names].filter((name) => !configuration.includes(`\`${name}\``))).toEqual([])
  })
})

const trustTexts = {
  fulcio: '',
  rekor: '',
  ctfe: '',
  tsa: '',
  trustedRoot: '',
  signingConfig: '',
  trustConfig: '',
  tufRoot: '',
}
const READ = /\b(?:env|host)\['([A-Z][A-Z_]+)'\]/g

function readPage(name: string): string {
  return readFileSync(join(root, 'docs', 'reference', name), 'utf8')
}

function sources(): readonly string[] {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  return files.map((file) => readFileSync(join(root, file), 'utf8'))
}

/** Cells of all rows of all tables, heads included; a bar in a cell stands as `\|`. */
function tableRows(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll(String.raw`\|`, '|')))
}

function unquote(cell: string): string {
  return cell.replaceAll('`', '')
}

/** `| GET | `/a`, `/a/` | `anyone` …`: one route for each path of the second cell, with the first word of the third. */
function documentedRoutes(markdown: string): readonly string[] {
  const rows = tableRows(markdown).filter(([method = '']) => /^(?:GET|POST|PUT|PATCH|DELETE)$/.test(method))
  return rows
    .flatMap(([method, paths = '', right = '']) =>
      [...paths.matchAll(/`([^`]+)`/g)].map(
        ([, path]) => `${method} ${path} ${/^`([^`]+)`/.exec(right)?.[1]}`,
      ),
    )
    .toSorted()
}

function linesOf(routes: readonly DeclaredRoute[]): readonly string[] {
  return routes.map(({ method, path, right }) => `${method} ${withoutPatterns(path)} ${right}`).toSorted()
}

async function declaredCommands(): Promise<readonly Command[]> {
  const files = globSync('src/cli/*.ts', { cwd: root }).filter((file) => !/main\.ts$|\.test\.ts$/.test(file))
  const modules = await Promise.all(
    files.map((file) => import(join(root, file)) as Promise<{ command?: () => Command }>),
  )
  return modules.flatMap(({ command }) => (command === undefined ? [] : [command()]))
}

function flagsOf(command: Command, above: string): readonly string[] {
  const path = `${above} ${command.name()}`
  const own = command.options.map((option) => flagLine(path, option))
  return [...own, ...command.commands.flatMap((child) => flagsOf(child, path))]
}

interface Leaf {
  readonly path: string
  readonly command: Command
}

function leavesOf(command: Command, above: string): readonly Leaf[] {
  const path = `${above} ${command.name()}`
  if (command.commands.length === 0) return [{ path, command }]
  return command.commands.flatMap((child) => leavesOf(child, path))
}

/** With what stands behind the flags. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp()
  return text
}

/** Of a default that is stated by the code as a value; others are told in words. */
function flagLine(path: string, { long, short, defaultValue }: Option): string {
  const stated = typeof defaultValue === 'string' ? ` = ${defaultValue}` : ''
  return `${path} ${long ?? short}${stated}`
}

function faceFlags(command: string, { flags }: { readonly flags: readonly Flag[] }): readonly string[] {
  return flags.map(({ name }) => `cosign ${command} --${name}`)
}

/** Below a heading with the command in it, rows `| `--flag <value>` | default | …`; a default in backticks is a value. */
function documentedFlags(program: string, page = configuration): readonly string[] {
  const sections = page.split(/^#+ /m).filter((section) => section.startsWith(`\`${program}`))
  return sections
    .flatMap((section) => {
      const path = /^`([^`]+)`/.exec(section)?.[1]
      return tableRows(section)
        .filter(([flag = '']) => flag.startsWith('`-'))
        .map(([flag = '', standard = '']) => {
          const stated = /^`[^`]*`$/.test(standard) ? ` = ${unquote(standard)}` : ''
          return `${path} ${unquote(flag).split(' ')[0]}${stated}`
        })
    })
    .toSorted()
}
