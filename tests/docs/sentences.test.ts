import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAst } from 'vitest/node'
import { errorKinds } from '../../src/base/index.ts'
import { root } from '../support/program.ts'

/** What made people read a sentence twice, and what is said instead. */
const BANNED: readonly (readonly [words: RegExp, instead: string])[] = [
  [/\bbrings?\b/i, 'has, contains'],
  [/\bbears? the name\b/i, 'has the name, was issued by'],
  [/\bbeside\b/i, 'next to, together with'],
  [/\bnobody\b/i, 'what does not happen: not checked, no network'],
  [/\b(?:any|some)body\b/i, 'who it is: the signer, other users'],
  [/\bwhoever\b/i, 'who it is, or regardless of'],
  [/\bvouch/i, 'signed, issued'],
  [/\bmint(?:s|ed)?\b/i, 'issue'],
  [/\bfor (?:tries|a try)\b/i, 'for tests'],
  [/\b(?:is|are) (?:about )?another\b|\banother one\b/i, 'a different …'],
  [/\bone of them\b.*\bgive\b|\bgive one of them\b/i, 'use only one of …'],
  [/\b(?:cosign|our|the) face\b/i, 'cosign compatibility, wheelseal cosign'],
  [/\bstands? (?:under|beside|in for|twice|where|there)\b/i, 'is in, occurs, replaces'],
  [/\bspel(?:t|led) (?:out|as|otherwise)\b/i, 'in the form of'],
  [/\bpassed over\b|\bpasses over\b/i, 'ignored'],
  [/(?<!\bthere )\b(?:is|are|be) no (?!longer\b)[a-z]/i, 'is not a'],
  [/\b(?:is|are) none\b/i, 'is not a'],
  [/\bmust hold\b|\ball hold\b/i, 'must be valid, must match'],
  [/(?<!inclusion )\bpromise[ds]?\b/i, 'signed entry timestamp (SET)'],
  [/\bnothing says\b|\bis said by\b/i, 'what to add'],
  [/\bis wanted\b/i, 'is expected'],
  [/\blets everybody\b/i, 'is readable by every user'],
  [/\bthis machine lacks\b/i, 'what failed, and what to check'],
  [/\bgoes by\b|\bby a way that\b|\bchannel that you trust\b/i, 'from a source that you trust'],
]

/** Why the sentence has to be read twice. */
function riddles(sentence: string): readonly string[] {
  return BANNED.flatMap(([words, instead]) => {
    const [found] = words.exec(sentence) ?? []
    return found === undefined ? [] : [`"${found}" (say: ${instead}) in: ${sentence.trim().slice(0, 160)}`]
  })
}

/** Tests and their arrangements are read by developers only. */
function isTest(path: string): boolean {
  return /\.(?:test|contract)\.ts$|\/arrange\.ts$|\/attacks\//.test(path)
}

/** Literals and templates with a space: what a user may come to read; a value in a template is an ellipsis. */
function sentencesOf(path: string): readonly string[] {
  const open: unknown[] = [parseAst(readFileSync(join(root, path), 'utf8'), { lang: 'ts' })]
  const found: string[] = []
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { type, value, quasis } = node as Node
    if (type === 'Literal' && typeof value === 'string') found.push(value)
    if (type === 'TemplateLiteral') found.push((quasis ?? []).map((part) => part.value.raw).join('…'))
    for (const child of Object.values(node as object)) if (isNode(child)) open.push(child)
  }
  return found.filter((text) => text.includes(' '))
}

interface Node {
  readonly type?: string
  readonly value?: unknown
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[]
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Without what is copied: lines of a shell, files, names in code. */
function proseOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return text
    .replaceAll(/^```.*?^```/gms, '')
    .replaceAll(/`[^`\n]*`/g, '`…`')
    .split('\n')
}

describe('sentences for users', () => {
  it('have no riddle in an error’s summary and hint', async () => {
    for (const file of globSync('src/**/errors.ts', { cwd: root })) await import(join(root, file))
    const rows = [...errorKinds().values()]
    expect(rows.length).toBeGreaterThan(220)
    expect(rows.flatMap(({ summary, hint }) => riddles(`${summary} ${hint}`))).toEqual([])
  })

  it('have no riddle in facts, reasons, helps and progress', () => {
    const paths = globSync('src/**/*.ts', { cwd: root }).filter((path) => !isTest(path))
    expect(paths.length).toBeGreaterThan(540)
    const all = paths.flatMap((path) => sentencesOf(path))
    expect(all.length).toBeGreaterThan(2400)
    expect(all.flatMap((sentence) => riddles(sentence))).toEqual([])
  })

  it('have no riddle in the pages', () => {
    const pages = globSync(['README.md', 'docs/**/*.md'], { cwd: root })
    expect(pages.length).toBeGreaterThan(20)
    expect(pages.flatMap(proseOf).flatMap((line) => riddles(line))).toEqual([])
  })

  it.each([
    'the seal brings no timestamp',
    'no trusted root or intermediate bears the name of its issuer',
    'there is no seal beside X',
    'the name is another one',
    'mint id tokens for tries',
    'give one of them',
    'The cosign face of wheelseal',
    'nothing says who must have signed',
    'the file is no bundle',
    'promised by a known log',
  ])('would find: %s', (sentence) => {
    expect(riddles(sentence)).not.toEqual([])
  })
})
