import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { IncludeEntry } from '../target.ts'
import { amendPipeline, includedAlready, newPipeline } from './amend-pipeline.ts'

const entry: IncludeEntry = { kind: 'component', location: '$CI_SERVER_FQDN/a/b/c@1.0.0', inputs: [] }
const given: IncludeEntry = { ...entry, inputs: [['rekor-url', 'https://r.example']] }
const LINE = '- component: $CI_SERVER_FQDN/a/b/c@1.0.0'
const IN_BRACKETS = '{component: "$CI_SERVER_FQDN/a/b/c@1.0.0", inputs: {rekor-url: "https://r.example"}}'
const SIX = ['build', 'sign', 'verify', 'publish_signatures', 'publish', 'consumer_verification']
const REST = ['sign', 'verify', 'publish_signatures', 'publish', 'consumer_verification']
const lines = (names: readonly string[], indent = '  '): string =>
  names.map((name) => `${indent}- ${name}\n`).join('')

/** Of each style of `include`: before, after. What the pipeline has of stages is left out. */
const INCLUDES: readonly (readonly [what: string, before: string, after: string])[] = [
  ['nothing but a comment', '# later\n', `# later\ninclude:\n  ${LINE}\n`],
  ['an empty file', '', `include:\n  ${LINE}\n`],
  ['no include, but variables', 'variables:\n  A: b\n', `include:\n  ${LINE}\n\nvariables:\n  A: b\n`],
  [
    'a comment of the first key',
    '---\n# about it\nvariables: {}\n',
    `---\ninclude:\n  ${LINE}\n\n# about it\nvariables: {}\n`,
  ],
  [
    'a head and a comment of the first key',
    '# licence\n\n# about it\nvariables: {}\n',
    `# licence\n\ninclude:\n  ${LINE}\n\n# about it\nvariables: {}\n`,
  ],
  ['a byte order mark', '\uFEFFvariables: {}\n', `\uFEFFinclude:\n  ${LINE}\n\nvariables: {}\n`],
  ['lines that end with CR LF', 'variables: {}\r\n', `include:\r\n  ${LINE}\r\n\r\nvariables: {}\r\n`],
  [
    'a header with inputs',
    'spec:\n  inputs: {}\n---\nvariables: {}\n',
    `spec:\n  inputs: {}\n---\ninclude:\n  ${LINE}\n\nvariables: {}\n`,
  ],
  ['a name', 'include: a.yml # main\n', `include:\n  - a.yml # main\n  ${LINE}\n`],
  ['a name on its own line', 'include:\n  a.yml\n', `include:\n  - a.yml\n  ${LINE}\n`],
  ['a name in quotes', "include: 'a.yml'", `include:\n  - 'a.yml'\n  ${LINE}`],
  ['a map in braces', 'include: {local: a.yml}\n', `include:\n  - {local: a.yml}\n  ${LINE}\n`],
  ['nothing', 'include: # soon\nvariables: {}\n', `include: # soon\n  ${LINE}\nvariables: {}\n`],
  [
    'a map in lines',
    'include:\n  local: a.yml\n\n  rules:\n    - if: $A # b\n# end\n',
    `include:\n  - local: a.yml\n\n    rules:\n      - if: $A # b\n  ${LINE}\n# end\n`,
  ],
  [
    'a list',
    'include:\n  # one\n  - local: a.yml\n    # two\n    inputs:\n      b: |\n        c\n\n# end\nvariables: {}\n',
    `include:\n  # one\n  - local: a.yml\n    # two\n    inputs:\n      b: |\n        c\n  ${LINE}\n\n# end\nvariables: {}\n`,
  ],
  ['a list that is not indented', 'include:\n- a.yml\n', `include:\n- a.yml\n${LINE}\n`],
  ['a list without a last line break', 'include:\n    - a.yml', `include:\n    - a.yml\n    ${LINE}`],
  [
    'a list in brackets over lines',
    'include: [\n  a.yml, # one\n  {local: b.yml},\n]\n',
    `include: [\n  a.yml, # one\n  {local: b.yml}, {component: "$CI_SERVER_FQDN/a/b/c@1.0.0"},\n]\n`,
  ],
  ['an empty list', 'include: []\n', `include: [{component: "$CI_SERVER_FQDN/a/b/c@1.0.0"}]\n`],
]

function withoutStages(text: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  return text.replace(`stages:\n${lines(['build', 'test', 'deploy', ...REST])}\n`.replaceAll('\n', eol), '')
}

describe('include', () => {
  it.each(INCLUDES)('is added to %s', (_what, before, after) => {
    const made = amendPipeline(before, entry, [])
    expect(withoutStages(made)).toBe(after)
    expect(() => parse(made.split(/^---$/m).at(-1) ?? '')).not.toThrow()
  })

  it('has inputs, in lines and in brackets', () => {
    expect(newPipeline(given)).toContain(
      `include:\n  ${LINE}\n    inputs:\n      rekor-url: https://r.example\n`,
    )
    const before = 'stages: [build]\ninclude: [a.yml]\n'
    expect(amendPipeline(before, given, [])).toContain(`include: [a.yml, ${IN_BRACKETS}]\n`)
  })

  it.each([
    ['x: &x [a.yml]\ninclude: *x\n', '2:1: include is shared with other places'],
    ['include: &x\n  - a.yml\n', '1:1: include is shared with other places'],
    ['include: !reference [.x, include]\n', '1:1: include is shared with other places'],
    ['include: >-\n  a.yml\n', '1:10: include goes over several lines'],
    ['{"include": "a.yml"}\n', '1:1: the file is written as one map in braces'],
    ['- a\n', '1:1: the file is not a map'],
    ['a: [\n', '2:1: '],
    ['a: 1\n b: 2\n', ''],
  ])('of %j is refused', (before, fact) => {
    expect(() => amendPipeline(before, entry, [])).toThrow(
      expect.objectContaining({
        code: 'init.pipeline',
        message: expect.stringContaining(`.gitlab-ci.yml:${fact}`),
      }),
    )
  })

  it.each([
    'include: [{component: $CI_SERVER_FQDN/other/place/python-package@~latest}]\n',
    'include:\n  - local: /.gitlab/python-package.yml\n',
    'include: .gitlab/python-package.yml\n',
  ])('is there already: %j', (text) => {
    expect(includedAlready(text)).toMatch(/python-package/)
  })

  it('of something else is not ours', () => {
    expect(
      includedAlready('include:\n  - component: a.example/b/c/python@1\n  - local: x.yml\n'),
    ).toBeUndefined()
  })
})

const STAGES: readonly (readonly [what: string, before: string, after: string])[] = [
  [
    'at the end',
    'stages:\n  - build\n  - test # all\n',
    `stages:\n  - build\n  - test # all\n${lines(REST)}`,
  ],
  ['in brackets', 'stages: [test, deploy]\n', `stages: [test, deploy, ${SIX.join(', ')}]\n`],
  ['of an empty list', 'stages: []\n', `stages: [${SIX.join(', ')}]\n`],
  [
    'before one that comes later',
    'stages:\n- build\n- publish\n- report\n',
    `stages:\n- build\n${lines(REST.slice(0, 3), '')}- publish\n- report\n- consumer_verification\n`,
  ],
  [
    'before the first',
    'stages:\n  - publish\n',
    `stages:\n${lines(SIX.slice(0, 4))}  - publish\n  - consumer_verification\n`,
  ],
  [
    'before the first, in brackets',
    'stages: [sign]\n',
    `stages: [build, sign, ${REST.slice(1).join(', ')}]\n`,
  ],
  ['where all are there', `stages: [${SIX.join(', ')}]\n`, `stages: [${SIX.join(', ')}]\n`],
]

describe('stages', () => {
  it.each(STAGES)('are added %s', (_what, before, after) => {
    expect(amendPipeline(`include: [a.yml]\n${before}`, entry, [])).toBe(
      `include: [a.yml, {component: "$CI_SERVER_FQDN/a/b/c@1.0.0"}]\n${after}`,
    )
  })

  it('are written where the file has jobs and no stages, those of included files too', () => {
    const made = amendPipeline('test:\n  script: pytest\n', entry, [])
    expect(made).toBe(
      `include:\n  ${LINE}\n\nstages:\n${lines(['build', 'test', 'deploy', ...REST])}\ntest:\n  script: pytest\n`,
    )
    expect(amendPipeline('include: a.yml\n', entry, ['lint', 'publish'])).toContain(
      `stages:\n${lines(['lint', ...SIX])}`,
    )
  })

  it.each([
    ['stages: [publish, build]\n', 'these stages must have this order'],
    ['x: &x build\nstages: [*x]\n', 'stages is not a list of names'],
    ['stages: !reference [.a, stages]\n', 'stages is not a list of names'],
  ])('of %j are refused', (before, fact) => {
    expect(() => amendPipeline(before, entry, [])).toThrow(fact)
  })
})

/** Sections of files of people, in any order. */
const sections = fc
  .record({
    include: fc.constantFrom(
      '',
      'include: a.yml # one\n',
      'include: {local: a.yml}\n',
      'include: [a.yml, {local: b.yml}] # two\n',
      'include:\n# one\n- local: a.yml\n\n# end\n',
      'include:\n    - local: a.yml # "x"\n      rules:\n        - if: $A\n\n',
      'include:\n  local: a.yml\n  inputs:\n    b: >\n      c\n\n      d\n\n',
    ),
    stages: fc.constantFrom(
      '',
      'stages: [test, build] # all\n',
      'stages:\n  - test\n  # then\n  - publish\n',
      'stages: []\n',
    ),
    rest: fc.shuffledSubarray([
      '# about the job\ntest:\n  stage: test\n  script: |\n    include: x\n    stages: y\n\n',
      '.x: &x\n  image: "b"\n\n',
      'variables: {A: b}\n',
      '\n# nothing\n\n',
    ]),
    order: fc.integer({ min: 0, max: 5 }),
    eol: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF'),
    isEnded: fc.boolean(),
  })
  .map(({ include, stages, rest, order, eol, mark, isEnded }) => {
    const parts = [include, stages, ...rest]
    const text = [...parts.slice(order), ...parts.slice(0, order)].join('')
    return mark + (isEnded ? text : text.replace(/\n+$/, '')).replaceAll('\n', eol)
  })

const read = (text: string) => (parse(text, { merge: false }) ?? {}) as Record<string, unknown>

function expectAdded(text: string, made: string): void {
  const { include: had = [], stages: hadStages = [], ...before } = read(text)
  const { include, stages = [], ...after } = read(made)
  expect(after).toEqual(before)
  const component = { component: given.location, inputs: Object.fromEntries(given.inputs) }
  expect(include).toEqual([...[had].flat(), component])
  const [was, is] = [hadStages, stages] as readonly (readonly string[])[]
  expect(is!.filter((name) => was!.includes(name))).toEqual(was)
  if (is!.length > 0) expect(is!.filter((name) => SIX.includes(name))).toEqual(SIX)
}

function expectSameForm(text: string, made: string): void {
  for (const comment of text.match(/#[^\r\n]*/g) ?? []) expect(made).toContain(comment)
  const isEnded = (one: string): boolean => /^\uFEFF?$|\n$/.test(one)
  // What is written at the end of a file that has comments alone ends its last line.
  const isAtEnd = Object.keys(read(text)).length === 0
  expect(isEnded(made)).toBe(isAtEnd || isEnded(text))
  if (text.includes('\r\n')) expect(made).not.toMatch(/(?<!\r)\n/)
}

it('leaves every other key as it is, whatever the file is like, and the entry is the last of include', () => {
  fc.assert(
    fc.property(sections, (text) => {
      const made = amendPipeline(text, given, [])
      expectAdded(text, made)
      expectSameForm(text, made)
    }),
    { numRuns: 60 },
  )
})
