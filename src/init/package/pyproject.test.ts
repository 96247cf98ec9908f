import fc from 'fast-check'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { amendPyproject } from './amend-pyproject.ts'

const names = { name: 'acme-tools', homepage: 'https://gitlab.com/acme/tools' }
const BACK_END = '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n'
const POETRY = '[build-system]\nrequires = ["poetry-core>=1.9"]\nbuild-backend = "poetry.core.masonry.api"\n'

function amended(text: string, files: readonly string[] = []): string {
  return amendPyproject(text, names, {
    hasFile: (path) => files.includes(path),
    hasModules: true,
    isEmpty: false,
  })
}

/** Nothing of these is changed: they build as they are. */
const COMPLETE: readonly (readonly [kind: string, text: string, files?: readonly string[]])[] = [
  ['a version of its own', `${BACK_END}\n[project]\nname = "a"\nversion = "1.0"\n`],
  [
    'setuptools_scm',
    '[build-system]\nrequires = ["setuptools", "setuptools_scm"]\n[project]\nname = "a"\ndynamic = ["version"]\n[tool.setuptools_scm]\n',
  ],
  [
    'hatch-vcs',
    '[build-system]\nrequires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"\n[project]\nname = "a"\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"\n',
  ],
  [
    'flit with the version of the module',
    '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "a"\ndynamic = ["version", "description"]\n',
  ],
  [
    'flit before PEP 621',
    '[build-system]\nrequires = ["flit_core<4"]\nbuild-backend = "flit_core.buildapi"\n[tool.flit.metadata]\nmodule = "a"\n',
  ],
  ['Poetry', `${POETRY}[tool.poetry]\nname = "a"\nversion = "1.0"\n`],
  [
    'poetry-dynamic-versioning',
    '[tool.poetry]\nname = "a"\nversion = "0.0.0"\n[tool.poetry-dynamic-versioning]\nenable = true\n[build-system]\nrequires = ["poetry-core", "poetry-dynamic-versioning"]\nbuild-backend = "poetry_dynamic_versioning.backend"\n',
  ],
  ['setup.py beside the settings of tools', '[tool.black]\nline-length = 99\n', ['setup.py']],
  ['setup.py, and a name in [project]', '[project]\nname = "a"\n', ['setup.py']],
  ['setup.cfg with a back end', BACK_END, ['setup.cfg']],
  ['dotted keys', `${BACK_END}[project]\nname = "a"\n"version" = '1'\nurls.Homepage = "https://a.example"\n`],
  [
    'names in tables of tools',
    `${BACK_END}[project]\nname="a"\nversion="1"\n[tool.x]\nname = "<x>"\nversion = "<y>"\n`,
  ],
]

describe('pyproject.toml stays as it is', () => {
  it.each(COMPLETE.map(([kind, text, files = []]) => ({ kind, text, files })))(
    'of $kind',
    ({ text, files }) => {
      for (const form of [text, text.replaceAll('\n', '\r\n'), `\uFEFF${text}`, text.trimEnd()])
        expect(amended(form, files)).toBe(form)
    },
  )
})

const LACKING: readonly (readonly [
  what: string,
  before: string,
  after: string,
  files?: readonly string[],
])[] = [
  [
    'the back end, behind everything else',
    '# mine\n[project] # the package\nname = "a"\nversion = "1.0"\n# end\n',
    `# mine\n[project] # the package\nname = "a"\nversion = "1.0"\n# end\n\n${BACK_END}`,
  ],
  [
    'the back end of Poetry',
    '[tool.poetry]\nname = "a"\nversion = "1.0"',
    `[tool.poetry]\nname = "a"\nversion = "1.0"\n\n${POETRY.trimEnd()}`,
  ],
  ['the back end of setup.cfg', '[tool.black]\n', `[tool.black]\n\n${BACK_END}`, ['setup.cfg']],
  [
    'everything but the settings of tools',
    '[tool.black]\r\n',
    `[tool.black]\r\n\r\n${BACK_END}\n[project]\nname = "acme-tools"\nversion = "0.1.0"\n`.replaceAll(
      /(?<!\r)\n/g,
      '\r\n',
    ),
  ],
  [
    'name and version, below the header',
    `${BACK_END}[project] # here\n# and so on\ndescription = "x"\n`,
    `${BACK_END}[project] # here\nname = "acme-tools"\nversion = "0.1.0"\n# and so on\ndescription = "x"\n`,
  ],
  [
    'what instructions leave in brackets',
    `${BACK_END}[project]\nname = "<my_package>" # here\nversion = "<1.0.0>"\nauthors = [{name = "<me>"}]\n[project.urls]\n"Homepage" = "https://gitlab.com/<me>"\nIssues = "<url>"\n`,
    `${BACK_END}[project]\nname = "acme-tools" # here\nversion = "1.0.0"\nauthors = [{name = "<me>"}]\n[project.urls]\n"Homepage" = "https://gitlab.com/acme/tools"\nIssues = "https://gitlab.com/acme/tools/-/issues"\n`,
  ],
  [
    'a version that is no version',
    `${BACK_END}[project]\nname = "a"\nversion = "<version>"\n`,
    `${BACK_END}[project]\nname = "a"\nversion = "0.1.0"\n`,
  ],
]

describe('pyproject.toml gets what it lacks', () => {
  it.each(LACKING.map(([what, before, after, files = []]) => ({ what, before, after, files })))(
    '$what',
    ({ before, after, files }) => {
      expect(amended(before, files)).toBe(after)
      expect(amended(after, files)).toBe(after)
    },
  )

  it.each([
    ['project = {}\n', 'has project.name, project.version', 'init.pyproject'],
    ['a = \n', 'pyproject.toml:1:', 'init.pyproject'],
    ['[tool.poetry]\npackage-mode = false\n', 'package-mode is false', 'init.not-a-package'],
  ])('but %j is refused', (text, fact, code) => {
    expect(() => amended(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(fact) }),
    )
  })

  it('and takes no address of any length for a placeholder', () => {
    const text = `${BACK_END}[project]\nname = "a"\nversion = "1"\n[project.urls]\nHome = "${'<'.repeat(900_000)}"\n`
    expect(amended(text)).toBe(text)
  })

  it('refuses a name that is none', () => {
    const none = { name: 'my project', homepage: undefined }
    const facts = { hasFile: () => false, hasModules: true, isEmpty: false }
    expect(() => amendPyproject('[project]\n', none, facts)).toThrow(
      expect.objectContaining({ code: 'init.name' }),
    )
  })
})

/** Parts of files of people, in any order. */
const PARTS = [
  '# a comment = "x" [project]\n',
  '\n',
  '[tool.a]\nb = """\n[project]\nname = "<x>"\n"""\n',
  "[tool.c]\nd = '''\n[build-system]\n'''\n",
  '[tool.e] # [project]\nf = [\n  "[project]", # g\n  "]",\n]\n',
  '[[tool.h]]\ni = {j = "[project]", k = 1979-05-27T07:32:00Z}\n',
  '[[tool.h]]\n"l.m" = 1e5\n\t\n',
]
const HEADS = [
  '[project]\n',
  '[project]\nname = "a"\n',
  '[ project ]\nversion = "<2.0>"\n',
  '[project] # name = "x"\ndynamic = ["version"]\n',
  '["project"]\nname = "<n>"\n',
  '',
]

const texts = fc
  .record({
    before: fc.shuffledSubarray(PARTS.filter((part) => !part.startsWith('[['))),
    after: fc.shuffledSubarray(PARTS.filter((part) => part.startsWith('[['))),
    head: fc.constantFrom(...HEADS),
    eol: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF'),
    isEnded: fc.boolean(),
  })
  .map(({ before, after, head, eol, mark, isEnded }) => {
    const text = [...before, head, ...after].join('')
    return mark + (isEnded ? text : text.replace(/\n+$/, '')).replaceAll('\n', eol)
  })

it('every line that is not replaced stays, in its order, and what tools say stays the same', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const made = amended(text)
      let at = 0
      for (const line of text.split('\n').filter((one) => !/^(?:name|version) = "<.*>"/.test(one))) {
        const found = made.indexOf(line, at)
        expect(found, line).toBeGreaterThanOrEqual(at)
        at = found + line.length
      }
      const [was, is] = [text, made].map((one) => parse(one.replace('\uFEFF', '')))
      expect(is!['tool']).toEqual(was!['tool'])
      expect(is!['project']).toMatchObject({ name: expect.stringMatching(/^(?:a|acme-tools)$/) })
      expect(is!['build-system']).toBeDefined()
      expect(amended(made)).toBe(made)
    }),
    { numRuns: 100 },
  )
})
