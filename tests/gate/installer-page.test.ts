import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, openGatePage, type GatePage } from '../support/gate-page.ts'
import { makeEnvironment } from '../support/installer-place.ts'
import { hatch, pdm, pipCompile, poetry, present, python, uv } from '../support/judges.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const PAGE = 'install-through-a-gate.md'
const whole = readFileSync(join(root, 'docs', 'how-to', PAGE), 'utf8')

/** Every line of the page, with the stock clients; and what they print for a refusal. */
describe.runIf(present(python, uv, pdm, poetry, hatch, pipCompile))(
  'the page of whoever installs through a gate',
  () => {
    const blocks = blocksOf(PAGE, 'sh')
    let page: GatePage
    let sentence = ''

    beforeAll(async () => {
      page = await openGatePage()
      await page.start(`wheelseal gate up --upstream ${page.upstream.url} --policy policy.toml`)
      const tools = join(page.folder, 'tools')
      await mkdir(tools)
      // Of the project's own environment: nothing is installed into the machine's.
      const pip = '#!/bin/sh\nexec own/bin/python -m pip "$@"\n'
      await writeFile(join(tools, 'pip'), pip, { mode: 0o755 })
      const programs = { uv, pdm, poetry, hatch, 'pip-compile': pipCompile, wheelseal }
      for (const [name, path] of Object.entries(programs)) await symlink(path, join(tools, name))
      const [shown = ''] = blocksOf(PAGE, 'text')
      sentence = page.here(shown).trim()
    }, LONG_MS)
    afterAll(() => page.close())

    /** In a project of its own that wants `requirement`, in a home of its own. */
    async function follow(block: string, name: string, requirement = 'demo'): Promise<Outcome> {
      const project = join(page.folder, `${name}-${requirement}`)
      const home = join(project, 'home')
      await mkdir(home, { recursive: true })
      await writeFile(join(project, 'pyproject.toml'), projectFor(requirement))
      await writeFile(join(project, 'requirements.in'), `${requirement}\n`)
      const venv = join(project, 'own')
      await makeEnvironment({ home, project, venv, remove: () => Promise.resolve() }, python)
      const unset = Object.fromEntries(Object.keys(process.env).map((one) => [one, undefined]))
      const env = {
        ...unset,
        HOME: home,
        PIP_REQUIRE_VIRTUALENV: '1',
        PATH: [join(page.folder, 'tools'), process.env['PATH']].join(':'),
        COLUMNS: '2000',
        NO_COLOR: '1',
        TERM: 'dumb',
        LANG: 'C.UTF-8',
        UV_PYTHON: python,
        UV_PYTHON_DOWNLOADS: 'never',
        HATCH_PYTHON: python,
        PDM_CHECK_UPDATE: 'false',
        POETRY_VIRTUALENVS_IN_PROJECT: 'true',
        PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
      }
      return runProgram(['bash', '-ec', page.here(block)], { cwd: project, env })
    }

    /** By the first program of a block, but for what sets an index. */
    const blockOf = (line: RegExp): string => blocks.find((block) => line.test(block)) ?? ''
    const CLIENTS: readonly (readonly [name: string, line: RegExp, refusal: string])[] = [
      ['pip', /^pip install/m, 'ERROR: 403 Client Error: SENTENCE for url: '],
      [
        'pip-tools',
        /^pip-compile/m,
        'pip._internal.exceptions.NetworkConnectionError: 403 Client Error: SENTENCE for url: ',
      ],
      ['uv', /^uv sync/m, 'cause: Server message: refused by gate prod, SENTENCE'],
      ['pdm', /^pdm install/m, "[UnpackError]: Download failed: Client error '403 SENTENCE' for url "],
      ['poetry', /^poetry install/m, '403 Client Error: SENTENCE for url: '],
      ['hatch', /^hatch run/m, 'ERROR: 403 Client Error: SENTENCE for url: '],
    ]

    it('has no line for a shell but those that are run here', () => {
      expect(blocks).toHaveLength(CLIENTS.length + 1)
    })

    it.each(CLIENTS)('sets up %s in one line, and falls back', { timeout: LONG_MS }, async (name, line) => {
      const { code, stdout, stderr } = await follow(blockOf(line), name)
      expect(code, `${stdout}\n${stderr}`).toBe(0)
      expect(chosenIn(join(page.folder, `${name}-demo`))).toEqual(['1.1'])
    })

    // hatch shows what its pip says.
    it.each(CLIENTS.filter(([name]) => name !== 'hatch'))(
      'has the words that %s prints for a refusal',
      { timeout: LONG_MS },
      async (name, line, refusal) => {
        const { code, stdout, stderr } = await follow(
          blockOf(line).replace('install demo\n', 'install demo==2.0\n'),
          name,
          'demo==2.0',
        )
        expect(code).not.toBe(0)
        const said = `${stdout}\n${stderr}`
        const told = withoutChance(said)
        expect(told, said).toContain(withoutChance(refusal.replace('SENTENCE', sentence)))
        const shownAt = refusal.split('SENTENCE')[0] ?? ''
        expect(whole).toContain(shownAt)
      },
    )

    it('has the words of uv for what another package needs', { timeout: LONG_MS }, async () => {
      const { stderr } = await follow(blockOf(/^uv sync/m), 'uv', 'needs-demo')
      expect(withoutChance(stderr)).toContain(
        withoutChance(`Because demo==2.0 was yanked (reason: ${sentence})`),
      )
      expect(whole).toContain('Because demo==2.0 was yanked (reason: ')
    })

    it('cleans the cache of uv', { timeout: LONG_MS }, async () => {
      const cleaned = await follow(blockOf(/^uv cache/m), 'uv')
      expect(cleaned, cleaned.stderr).toMatchObject({ code: 0 })
    })
  },
)

/** What was installed, or locked by pip-compile, each once. */
function chosenIn(project: string): readonly string[] {
  const names = readdirSync(project, { recursive: true, encoding: 'utf8' })
  const installed = names.flatMap((name) => /(?:^|\/)demo-([\d.]+)\.dist-info$/.exec(name)?.[1] ?? [])
  const compiled = names.includes('requirements.txt')
    ? readFileSync(join(project, 'requirements.txt'), 'utf8')
    : ''
  const locked = [...compiled.matchAll(/^demo==([\d.]+)/gm)].map(([, version = '']) => version)
  return [...new Set([...installed, ...locked])]
}

/** Times and ids of refusals. */
function withoutChance(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME').replaceAll(/why\/[0-9a-f]{8}/g, 'why/ID')
}

function projectFor(requirement: string): string {
  return `[project]
name = "consumer"
version = "0"
requires-python = ">=3.9"
dependencies = ["${requirement}"]

[tool.poetry]
package-mode = false

[tool.pdm]
distribution = false

[tool.hatch.envs.default]
skip-install = true
path = ".hatch"
dependencies = ["${requirement}"]
`
}
