import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Rows such as `| 5 | what is done | what a crash leaves | a log is caught that |`, by their numbers. */
const rows = [...read('docs/design/log.md').matchAll(/^\| (\d+) \|.*\| ?([^|]*?) ?\|$/gm)].map(
  ([, step, broken = '']) => ({ step: Number(step), broken: broken.split('; ').filter(Boolean) }),
)
const steps = rows.map(({ step }) => step)

const stepsIn = (path: string): number[] =>
  [...read(path).matchAll(/(?:\/\/|\*) Step (\d+)\b/g)].map(([, step]) => Number(step))

describe('the life of an entry in docs/design/log.md', () => {
  it('has steps from 1 on without a gap', () => {
    expect(steps.length).toBeGreaterThan(10)
    expect(steps).toEqual(steps.map((_, at) => at + 1))
  })

  it('has the steps that stand in the code, and no others', () => {
    const files = [
      'src/log/*.ts',
      'src/trust/{rekor,ct}/*.ts',
      'src/http/{rekor,ct}.ts',
      'src/server/sigstore/logs.ts',
    ]
    const found = globSync(files, { cwd: root }).flatMap(stepsIn)
    expect([...new Set(found)].toSorted((a, b) => a - b)).toEqual(steps)
  })

  it('is in its order in the file of the write path, but for the last step, which wal.ts has', () => {
    const inOrder = steps.filter((step) => ![1, 9, 10, 16].includes(step))
    expect(stepsIn('src/log/sequencer.ts')).toEqual(inOrder)
    expect(stepsIn('src/log/wal.ts')).toEqual([16])
  })

  it('names each way in which the crash tests break a step', () => {
    const broken = [...read('src/log/crash/crash.test.ts').matchAll(/(\d+),\s*'([^']+)',\s*\w/g)]
    const listed = rows.flatMap(({ step, broken: ways }) => ways.map((way) => `${step}: ${way}`))
    expect(listed.toSorted()).toEqual(broken.map(([, step, way]) => `${step}: ${way}`).toSorted())
    expect(read('docs/design/log.md')).toContain('twelve protocols that are broken on purpose')
    expect(broken).toHaveLength(12)
  })

  it('is tried in as many histories as the page says', () => {
    const [, count = ''] = /\?\? ([\d_]+)\)/.exec(read('src/log/crash/crash.test.ts')) ?? []
    expect(read('docs/design/log.md')).toContain(
      `${Number(count.replaceAll('_', '')).toLocaleString('en')} histories`,
    )
  })
})
