import type { Command } from 'commander'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { portRoutes, socketRoutes } from '../../src/server/served-routes.contract.ts'
import { errorKinds } from '../../src/base/index.ts'
import { root } from '../support/program.ts'

/** What pages say of the code that can be compared with it: files, tests, tables, codes, routes. */
const pages = [...globSync('docs/**/*.md', { cwd: root }), 'README.md', 'CONTRIBUTING.md'].toSorted()
const design = pages.filter((page) => page.startsWith('docs/design/'))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What stands between backticks, outside of blocks of code. */
function quoted(page: string): readonly string[] {
  const prose = read(page).replaceAll(/^```.*?^```/gms, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)
}

let sources = ''
let codes: ReadonlySet<string>
beforeAll(async () => {
  const files = globSync('src/**/*.ts', { cwd: root })
  sources = files
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => read(file))
    .join('\n')
  for (const file of files.filter((path) => path.endsWith('errors.ts'))) await import(join(root, file))
  codes = new Set(errorKinds().keys())
})

describe.each(pages)('%s', (page) => {
  it('names files and folders of the repository that are there', () => {
    const paths = quoted(page).filter((text) =>
      /^(?:src|tests|scripts|bench|docs|examples|\.ci)\/[\w./*-]*$/.test(text),
    )
    const isThere = (path: string): boolean => globSync(path, { cwd: root }).length > 0
    expect(paths.filter((path) => !isThere(path))).toEqual([])
  })

  it('links to pages that are there', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, to = '']) => to,
    )
    expect(links.filter((to) => !existsSync(join(root, dirname(page), to)))).toEqual([])
  })

  it('names codes of errors that exist', () => {
    const rooms = new Set([...codes].map((code) => code.split('.')[0]))
    const named = quoted(page).filter((text) => /^[a-z0-9]+\.[a-z]+(?:-[a-z]+)*$/.test(text))
    const ours = named.filter((text) => rooms.has(text.split('.')[0]) && !ENDINGS.test(text))
    const isKey = (text: string): boolean =>
      read('docs/reference/configuration.md').includes(`\n| \`${text}\` |`)
    expect(ours.filter((code) => !codes.has(code) && !sources.includes(code) && !isKey(code))).toEqual([])
  })
})

describe('the hints of errors', () => {
  const hints = (): readonly string[] => [...errorKinds().values()].map(({ hint }) => hint)

  it('name commands that exist', async () => {
    const named = [
      ...hints()
        .join('\n')
        .matchAll(/[`']wheelseal ([a-z][a-z -]*)/g),
    ]
    const words = named.map(([, text = '']) => text.split(/ -| [A-Z]/)[0]?.trim() ?? '')
    expect(words.length).toBeGreaterThan(5)
    // Read by its own parser, as cosign's is.
    const commands = new Set([...(await commandPaths()), 'cosign'])
    expect(words.filter((word) => !commands.has(word))).toEqual([])
  })

  it('name pages that are there', () => {
    const named = hints().flatMap((hint) => hint.match(/docs\/[\w/-]+\.md/g) ?? [])
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('send nobody to a backup of the whole directory, whose logs would be forks, nor to a replica', () => {
    const whole = /restore the (?:data )?directory|from one backup|restore keys and|replica/
    expect(hints().filter((hint) => whole.test(hint))).toEqual([])
    // Whatever else comes from a backup is one named thing, or the sentence forbids it.
    const narrow = /restore only (?:the|this|what is named)|never restored from a backup/
    const wide = hints().filter((hint) => /\bbackups?\b/.test(withoutCommands(hint)) && !narrow.test(hint))
    expect(wide).toEqual([])
  })
})

function withoutCommands(hint: string): string {
  return hint.replaceAll(/'wheelseal [^']*'/g, '')
}

/** `trust export` and all others. */
async function commandPaths(): Promise<ReadonlySet<string>> {
  const files = globSync('src/cli/*.ts', { cwd: root }).filter((file) => !/main\.ts$|\.test\.ts$/.test(file))
  const modules = await Promise.all(
    files.map((file) => import(join(root, file)) as Promise<{ command?: () => Command }>),
  )
  const pathsOf = (command: Command, above: string): readonly string[] => {
    const path = `${above}${command.name()}`
    return [path, ...command.commands.flatMap((child) => pathsOf(child, `${path} `))]
  }
  return new Set(modules.flatMap(({ command }) => (command === undefined ? [] : pathsOf(command(), ''))))
}

/** Of files, which have a dot too. */
const ENDINGS = /\.(?:toml|json|db|pem|ts|md|py|yml|env|sock|pub|crt|sig|sigstore)$/

describe.each(design)('%s', (page) => {
  it('names tables and columns that the code has', () => {
    const names = quoted(page).filter((text) => /^[a-z]+(?:_[a-z]+)+$/.test(text))
    expect(names.filter((name) => !new RegExp(String.raw`\b${name}\b`).test(sources))).toEqual([])
  })

  it('names tests that are in the file beside which it names them', () => {
    const missing = testLines(page).flatMap(({ files, titles }) => {
      const texts = files.map((file) => read(file)).join('\n')
      return titles.filter((title) => !texts.includes(title))
    })
    expect(missing).toEqual([])
  })

  it('names routes that are served', () => {
    const served = routePatterns()
    const named = quoted(page).flatMap(
      (text) => /^(?:(?:GET|POST|PUT|PATCH|DELETE) )?(\/[a-z][\w./:-]*)$/.exec(text)?.[1] ?? [],
    )
    const routes = named.filter((path) => !/^\/(?:dev|etc|opt|proc|usr|var)\b/.test(path))
    expect(routes.filter((path) => !served.some((pattern) => pattern.startsWith(path)))).toEqual([])
  })
})

interface TestLine {
  readonly files: readonly string[]
  readonly titles: readonly string[]
}

/** `- `FILE`, `FILE`: "title"; "title"`, of which a line may have several. */
function testLines(page: string): readonly TestLine[] {
  const parts = read(page)
    .split('\n')
    .filter((line) => line.startsWith('- `'))
    .flatMap((line) => line.split(/(?<=\.) (?=`)/))
  return parts.flatMap((part) => {
    const files = [...part.matchAll(/`((?:src|tests)\/[\w./-]+\.test\.ts)`/g)].map(([, file = '']) => file)
    const titles = [...part.matchAll(/"([^"]{8,})"/g)].map(([, title = '']) => title)
    return files.length > 0 && titles.length > 0 ? [{ files, titles }] : []
  })
}

function routePatterns(): readonly string[] {
  return [...portRoutes(), ...socketRoutes()].map(({ path }) => path)
}
