import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../../src/lint/arrange.ts'
import { lintProject, traps } from '../../src/lint/index.ts'
import { present, shared } from '../support/judges.ts'

const tutorial = join(shared, 'tutorial.md')

/** The tutorial's project, laid out as its reader has it: the blocks of one language, one after another. */
function project(): Readonly<Record<string, string>> {
  const text = readFileSync(tutorial, 'utf8')
  const blocks = (language: string): string =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))]
      .map(([, block]) => block)
      .join('\n')
  return {
    '.gitlab-ci.yml': blocks('yaml'),
    'pyproject.toml': blocks('toml'),
    'README.md': text.slice(
      text.indexOf('### Verify packages as a user'),
      text.indexOf('## Troubleshooting'),
    ),
  }
}

/** Of the traps of its kind: those that the tutorial does not have, or that only other projects can have. */
const NOT_HERE = ['C3', 'S6']

describe.runIf(present(tutorial))('lint of the tutorial', () => {
  it('reports each rule once for each file, at these', async () => {
    const { findings } = await lintProject(requestOf(project()))
    const byFile = (file: string): string =>
      findings
        .filter((finding) => finding.file === file)
        .map(({ rule }) => rule)
        .toSorted()
        .join(' ')
    expect(byFile('.gitlab-ci.yml')).toBe(
      'WS101 WS102 WS103 WS104 WS106 WS108 WS201 WS202 WS203 WS204 WS205 WS206 WS301 WS307 WS311 WS312 WS316 WS401 WS402 WS404 WS405 WS406 WS501 WS502 WS503 WS504 WS505 WS506 WS601 WS602 WS603 WS604 WS701 WS702 WS703 WS704',
    )
    expect(byFile('pyproject.toml')).toBe('WS605 WS606 WS607')
    expect(byFile('README.md')).toBe('WS204 WS311 WS313 WS315 WS316 WS501 WS502')
  })

  it('finds every trap that can be seen in it', async () => {
    const { findings } = await lintProject(requestOf(project()))
    const found = new Set(findings.map(({ rule }) => rule))
    const missed = traps.filter(({ place, by }) => place === 'lint' && !by.some((code) => found.has(code)))
    expect(missed.map(({ id }) => id).toSorted()).toEqual(NOT_HERE)
  })
})
