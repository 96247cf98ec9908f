import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { cosign2, cosign3, present, twine } from '../support/judges.ts'
import { isExecutable, root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { ELSEWHERE, PAGES, type Page } from './pages.ts'

const LONG_MS = 400_000
/** Where the pages have an instance. */
const USUAL = '127.0.0.1:7711'
const docs = join(root, 'docs')

/** What a shell does not stop at by itself: it says the line that failed, wherever it stands. */
const HEAD = `set -eE -o pipefail
trap 'echo "the page stops at: $BASH_COMMAND" >&2' ERR
dists() { python3 "$CHECKOUT/tests/docs/distributions.py" "$@"; }`

/** `reference/lint.md` is made of the examples of the rules, bad ones too, which src/lint/rules/rules.test.ts tries. */
const pages = globSync('**/*.md', { cwd: docs }).filter((path) => path !== 'reference/lint.md')

describe('the pages of the documentation', () => {
  it.each(pages)('%s has no command in a block that nothing runs', (path) => {
    const prose = readFileSync(join(docs, path), 'utf8').replaceAll(/^```[^]*?^```$/gm, '')
    expect(prose.match(/^ {4}\S.*$/gm)).toBeNull()
  })

  it('are all run, by this test or by one that is named', () => {
    const withLines = pages.filter((path) => linesOf(path) !== '')
    expect(withLines.toSorted()).toEqual(
      [...PAGES.map(({ path }) => path), ...Object.keys(ELSEWHERE)].toSorted(),
    )
    for (const [page, test] of Object.entries(ELSEWHERE))
      expect(readFileSync(join(root, test), 'utf8')).toContain(page.split('/').at(-1))
  })

  it.each(PAGES)(
    '$path has nothing left out that it does not have',
    ({ path, leftOut = [], between = [] }) => {
      const text = `\n${linesOf(path)}`
      for (const lines of [...leftOut.map((one) => one.lines), ...between.map((one) => one.line)])
        expect(text.split(`\n${lines}\n`)).toHaveLength(2)
      for (const [test] of leftOut.flatMap(({ because }) => [...because.matchAll(/tests\/\S+\.ts/g)]))
        expect(existsSync(join(root, test))).toBe(true)
    },
  )
})

describe.runIf(present(cosign2, cosign3, twine))('every line of a page, in its order in one shell', () => {
  const ofThisRun = PAGES.filter(({ isLong = false }) => isLong === isExecutable)
  it.each(ofThisRun)('runs: $path', { timeout: LONG_MS }, async (page) => {
    const { path: folder, remove } = await temporaryFolder()
    try {
      const { code, stdout, stderr } = await follow(page, folder)
      expect(code, `${stdout}\n${stderr}`).toBe(0)
    } finally {
      await remove()
    }
  })
})

/** The page in a folder of its own, below a home of its own, with the tools that it names on the PATH. */
async function follow(page: Page, folder: string): Promise<Outcome> {
  const script = (host: string): string =>
    `${HEAD}\n${page.before.replaceAll(USUAL, host)}\n${shellOf(page, host)}`
  await makeHome(folder)
  if (page.startsServices === true) return shell(script(await ownAddress()), folder, {})
  const server = await startServer(join(folder, 'data'))
  try {
    await server.admin('project', 'create', 'acme/tools', '--visibility', 'public')
    return await shell(script(new URL(server.url).host), folder, { WHEELSEAL_DATA: server.data })
  } finally {
    await server.stop()
  }
}

/** The lines with the address of these services in place of the usual one. */
function shellOf({ path, leftOut = [], between = [] }: Page, host: string): string {
  let text = `\n${linesOf(path)}`
  for (const { lines } of leftOut) text = text.replace(`\n${lines}\n`, '\n')
  for (const { line, first } of between) text = text.replace(`\n${line}\n`, `\n${first}\n${line}\n`)
  return text.replaceAll(USUAL, host).replaceAll('wheelseal up ', `wheelseal up --listen ${host} `)
}

function linesOf(path: string): string {
  const text = readFileSync(join(docs, path), 'utf8')
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block).join('')
}

async function makeHome(folder: string): Promise<void> {
  for (const name of ['2', '3', 'home', 'work', 'home/.cache', 'home/.config'])
    await mkdir(join(folder, name))
  await symlink(cosign2, join(folder, '2', 'cosign'))
  await symlink(cosign3, join(folder, '3', 'cosign'))
  await symlink(wheelseal, join(folder, '2', 'wheelseal'))
  await symlink(twine, join(folder, '2', 'twine'))
  await mkdir(join(folder, 'home', '.cache', 'wheelseal'))
  await symlink(dirname(dirname(cosign2)), join(folder, 'home', '.cache', 'wheelseal', 'judges'))
  // Only this file knows which index this machine reaches.
  const pip = join(homedir(), '.config', 'pip')
  if (existsSync(pip)) await symlink(pip, join(folder, 'home', '.config', 'pip'))
}

function shell(script: string, folder: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const path = `${join(folder, '2')}:${process.env['PATH']}`
  return runProgram(['bash', '-c', script], {
    cwd: join(folder, 'work'),
    env: {
      PATH: path,
      HOME: join(folder, 'home'),
      CHECKOUT: root,
      COSIGN_3: join(folder, '3'),
      XDG_CACHE_HOME: undefined,
      XDG_DATA_HOME: undefined,
      ...env,
    },
  })
}
