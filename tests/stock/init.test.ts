import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python } from '../support/judges.ts'
import { isExecutable, root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { MORE_SDISTS, SDISTS, STYLE_SDISTS, unpackedSdist, type Sdist } from '../support/sdists.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 600_000

/** Five, of which one is rehearsed over the executable; `.ci/long` has twenty and rehearses each. */
const isAll = process.env['WHEELSEAL_PROJECTS'] === 'all'
const projects = isAll ? [...SDISTS, ...MORE_SDISTS, ...STYLE_SDISTS] : SDISTS
const one = isExecutable ? projects.filter(({ fileName }) => fileName.startsWith('pastel')) : []
const rehearsed = isAll ? projects : one

let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

function run(argv: readonly string[], cwd: string): Promise<Outcome> {
  const path = `${dirname(wheelseal)}:${process.env['PATH']}`
  return runProgram(argv, {
    cwd,
    env: { PATH: path, XDG_STATE_HOME: join(folder.path, 'state'), CI: undefined },
  })
}

/** Every file of a project by its path. */
async function bytesOf(place: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.map(async (file) => [file, (await readFile(file)).toString('base64')] as const)),
  )
}

/** `RULE FILE:LINE` of each finding. */
async function findings(place: string): Promise<readonly string[]> {
  const { stdout } = await run([wheelseal, 'lint', '--json'], place)
  const { findings: found } = JSON.parse(stdout) as {
    findings: readonly { rule: string; file: string; places: readonly { line: number }[] }[]
  }
  return found.flatMap(({ rule, file, places }) => places.map(({ line }) => `${rule} ${file}:${line}`))
}

describe.runIf(present(python))('wheelseal init, in projects of people', () => {
  it.each(projects)(
    'changes one file of $fileName ($kind), and takes it back',
    { timeout: LONG_MS },
    async (sdist) => {
      const place = await unpackedSdist(sdist, folder.path)
      const [before, found] = [await bytesOf(place), await findings(place)]
      const made = await run([wheelseal, 'init', '--for', 'gitlab.com', '--yes'], place)
      expect(made.code, made.stderr).toBe(0)
      expect(made.stdout.split('\n').filter((line) => /^(?:[-+]{3}) /.test(line))).toEqual([
        '--- /dev/null',
        '+++ b/.gitlab-ci.yml',
      ])
      expect(await findings(place)).toEqual(found)
      const again = await run([wheelseal, 'init', '--yes'], place)
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to change') })
      expect(await run([wheelseal, 'init', '--undo'], place)).toMatchObject({ code: 0 })
      expect(await bytesOf(place)).toEqual(before)
    },
  )

  it.each(rehearsed)(
    'has $fileName released, by the lines of start-signing.md',
    { timeout: LONG_MS },
    async (sdist) => {
      const place = await cloned(await unpackedSdist(sdist, folder.path), sdist)
      const lines = (await page()).replace('wheelseal rehearse', 'wheelseal rehearse --json')
      const typed = ['python3', join(root, 'tests', 'support', 'answered.py'), 'y', 'bash', '-ec', lines]
      const { code, stdout } = await run(typed, place)
      expect(code, stdout).toBe(0)
      const result = stdout.split(/\r?\n/).find((line) => line.startsWith('{"event":"result"'))
      expectReleased(result ?? stdout, sdist)
    },
  )
})

/**
 * What a reader of the page has: a clone from gitlab.com, with an identity, whose commits have the tag of the version.
 * `PKG-INFO` and the folder egg-info at the top are made with an sdist and in no repository: hatchling would put two of
 * the first into its own, and a build changes the second.
 */
async function cloned(sources: string, { fileName }: Sdist): Promise<string> {
  const place = `${sources}-cloned`
  await cp(sources, place, { recursive: true })
  for (const name of await readdir(place))
    if (name === 'PKG-INFO' || name.endsWith('.egg-info')) await rm(join(place, name), { recursive: true })
  const version = /-([0-9][^-]*)\.tar\.gz$/.exec(fileName)?.[1] ?? ''
  const commands = `git init -q -b main; git config user.name Ada; git config user.email ada@example.com
    git remote add origin https://gitlab.com/acme/tools.git; printf '#!/bin/sh\\ngit tag -f ${version}' >.git/hooks/post-commit; chmod +x .git/hooks/post-commit
    git add -f .; git commit -qm first`
  expect(await run(['sh', '-ec', commands], place)).toMatchObject({ code: 0 })
  return place
}

async function page(): Promise<string> {
  const text = await readFile(join(root, 'docs', 'how-to', 'start-signing.md'), 'utf8')
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block).join('')
}

function expectReleased(result: string, { wheel }: Sdist): void {
  const { pipeline, files } = JSON.parse(result) as {
    pipeline: { jobs: readonly { name: string; state: string }[] }
    files: readonly { fileName: string; isVerified: boolean }[]
  }
  expect(pipeline.jobs.map(({ name, state }) => `${name} ${state}`)).toEqual(
    STAGES.map((name) => `${name} success`),
  )
  expect(files.some(({ fileName }) => wheel.test(fileName))).toBe(true)
  expect(files.every(({ isVerified }) => isVerified)).toBe(true)
}
