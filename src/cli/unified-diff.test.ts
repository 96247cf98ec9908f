import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const lines = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${index}`)

it('has three lines around each change, and one place for two that are near', () => {
  const before = `${lines(30).join('\n')}\n`
  const after = before
    .replace('line 3\n', 'line 3\nnew\n')
    .replace('line 9\n', '')
    .replace('line 29\n', 'line 29')
  expect(unifiedDiff({ path: 'a', before, after })).toEqual([
    '--- a/a',
    '+++ b/a',
    '@@ -2,12 +2,12 @@',
    ...[' line 1', ' line 2', ' line 3', '+new', ' line 4', ' line 5', ' line 6', ' line 7', ' line 8'],
    ...['-line 9', ' line 10', ' line 11', ' line 12'],
    '@@ -27,4 +27,4 @@',
    ...[' line 26', ' line 27', ' line 28', '-line 29', '+line 29', String.raw`\ No newline at end of file`],
  ])
  expect(unifiedDiff({ path: 'a', before, after: before })).toEqual([])
})

it('is one that git applies, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wheelseal-diff-'))
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', 'd\r'), { maxLength: 40 })
    .chain((parts) => fc.constantFrom(parts.join('\n'), `${parts.join('\n')}\n`))
  try {
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), text, (before, after) => {
        const place = join(folder, 'file')
        rmSync(place, { force: true })
        if (before !== undefined) writeFileSync(place, before)
        const diff = unifiedDiff({ path: 'file', before, after })
        if (diff.length > 0)
          execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
            cwd: folder,
            input: `${diff.join('\n')}\n`,
          })
        expect(diff.length === 0 ? (before ?? '') : readFileSync(place, 'utf8')).toBe(after)
      }),
      { numRuns: 40 },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('ends soon for files that have nothing in common', () => {
  const [before, after] = ['a', 'b'].map((name) => `${name}\n`.repeat(20_000))
  expect(unifiedDiff({ path: 'x', before, after: after! })).toHaveLength(40_003)
})

it('shows a change of more lines than a call may have arguments', () => {
  const diff = unifiedDiff({ path: 'a', before: '\n'.repeat(400_000), after: '' })
  expect(diff).toHaveLength(400_003)
})
