import { describe, expect, it } from 'vitest'
import { textSources, examinePipeline, type Node, type ScalarNode } from '../../ciconfig/index.ts'
import { FileText } from './file-text.ts'
import { shellBlocks } from './markdown.ts'
import { snippetOfScalar, type Snippet } from './snippet.ts'
import { tomlPlaces } from './toml-places.ts'

const own = (text: string, path = 'a'): FileText => new FileText(path, text, { isOwn: true })

function placesOf(snippet: Snippet, words: readonly string[]): readonly string[] {
  const { file, text } = snippet
  return words.map((word) => {
    const at = snippet.origin(text.indexOf(word))
    const { line, column } = file.position(at)
    expect(file.text.slice(at, at + word.length)).toBe(word)
    return `${line}:${column}`
  })
}

async function scriptOf(text: string): Promise<readonly ScalarNode[]> {
  const { root } = await examinePipeline({
    file: 'a',
    sources: textSources(new Map([['a', text]])),
    variables: { predefined: [], project: [], pipeline: [] },
  })
  const job: Node | undefined = root.entries.get('job')?.value
  const script = job?.kind === 'map' ? job.entries.get('script')?.value : undefined
  return (script?.kind === 'list' ? script.items : [script]) as readonly ScalarNode[]
}

describe('the places of a script', () => {
  it.each<[string, string, { readonly words: readonly string[]; readonly places: readonly string[] }]>([
    ['a plain line', 'job:\n  script:\n    - one two\n', { words: ['one', 'two'], places: ['3:7', '3:11'] }],
    [
      'a block',
      'job:\n  script:\n    - |\n      one\n        two\n\n      three',
      { words: ['one', 'two', 'three'], places: ['4:7', '5:9', '7:7'] },
    ],
    [
      'a folded block',
      'job:\n  script:\n    - >-\n      one\n      two\n',
      { words: ['one', 'two'], places: ['4:7', '5:7'] },
    ],
    [
      'double quotes',
      'job:\n  script: ["a \\"b\\" c"]\n',
      { words: ['a', 'b', 'c'], places: ['2:13', '2:17', '2:21'] },
    ],
    ['single quotes', "job:\n  script: ['it''s one']\n", { words: ['one'], places: ['2:19'] }],
    [
      'a plain text of two lines',
      'job:\n  script:\n    - one\n      two\n',
      { words: ['one', 'two'], places: ['3:7', '4:7'] },
    ],
    ['an anchor', 'job:\n  script: &x |\n    one\n', { words: ['one'], places: ['3:5'] }],
  ])('in %s are those of the file', async (_, yaml, { words, places }) => {
    const [node] = await scriptOf(yaml)
    expect(placesOf(snippetOfScalar(own(yaml), node as ScalarNode), words)).toEqual(places)
  })

  it('with inputs put in are right before them and on the next line', async () => {
    const yaml =
      'spec:\n  inputs:\n    x:\n      default: abcdef\n---\njob:\n  script: |\n    one $[[ inputs.x ]] two\n    three\n'
    const [node] = await scriptOf(yaml)
    expect(placesOf(snippetOfScalar(own(yaml), node as ScalarNode), ['one', 'three'])).toEqual(['8:5', '9:5'])
  })
})

describe('the shell blocks of a page', () => {
  it('are fenced ones of shells, what is typed in sessions, and indented lines with a prompt', () => {
    const page = [
      '```sh',
      'one',
      '```',
      '1. In a list',
      '',
      '   ```shell',
      '   two',
      '   ```',
      '```python',
      'three',
      '```',
      '```console',
      '$ four \\',
      '  five',
      'output',
      '```',
      '',
      '    $ six',
      '    output',
    ].join('\n')
    const blocks = shellBlocks(own(page))
    expect(blocks.map(({ text }) => text)).toEqual(['one', '   two', 'four \\\n  five', 'six'])
    expect(
      blocks.map((block, index) => placesOf(block, [['one', 'two', 'five', 'six'][index] ?? ''])),
    ).toEqual([['2:1'], ['7:4'], ['14:3'], ['18:7']])
  })
})

it('the places of TOML keys are told past strings, arrays and comments of many lines', () => {
  const text = [
    'top = 1 # c',
    '[project]',
    'name = "a # b" # c',
    'text = """',
    '[not]',
    'name = 2',
    '"""',
    'list = [ # c',
    '  "x]",',
    '  ["inside"],',
    ']',
    "version = 'v'",
    'urls.Home = "u"',
    '[tool."a.b"]',
    'x = {y = 1}',
  ].join('\n')
  const places = tomlPlaces(text)
  const shown = [...places].map(([path, { valueAt, valueEnd }]) => [path, text.slice(valueAt, valueEnd)])
  expect(Object.fromEntries(shown)).toMatchObject({
    top: '1',
    'project.name': '"a # b"',
    'project.version': "'v'",
    'project.urls.Home': '"u"',
    'project.list': '[',
    'tool.a.b.x': '{y = 1}',
  })
  expect(places.has('project.not')).toBe(false)
})
