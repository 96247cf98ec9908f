import { describe, expect, it } from 'vitest'
import { expand, resolveVariables, tooLargeForEnvironment } from './variables.ts'

const variable = (key: string, value: string, flags: { raw?: boolean; file?: boolean } = {}) => ({
  key,
  value,
  masked: false,
  raw: false,
  file: false,
  ...flags,
})

describe('expanding the variables of a job', () => {
  it.each([
    ['$A/x', '1/x'],
    ['${A}x', '1x'],
    ['$Ax', ''],
    ['a$', 'a$'],
    ['$$A', '$A'],
    ['$B', '$A'],
    ['$(date)', '$(date)'],
  ])('writes %s as %s', (text, expected) => {
    const values = new Map([
      ['A', '1'],
      ['B', '$A'],
    ])
    expect(expand(text, values)).toBe(expected)
  })

  it('leaves raw and file variables alone and lets the later of two win', () => {
    const { values, files } = resolveVariables({
      job: [
        variable('X', 'old'),
        variable('RAW', '$CI_PROJECT_DIR', { raw: true }),
        variable('PEM', 'a $X', { file: true }),
        variable('X', '$CI_PROJECT_DIR/new'),
        variable('Y', '$PEM'),
      ],
      runner: { CI_PROJECT_DIR: '/p' },
      fileFolder: '/p.tmp',
    })
    expect(Object.fromEntries(values)).toEqual({
      X: '/p/new',
      RAW: '$CI_PROJECT_DIR',
      PEM: '/p.tmp/PEM',
      Y: '/p.tmp/PEM',
      CI_PROJECT_DIR: '/p',
    })
    expect(files).toEqual([{ name: 'PEM', content: 'a $X' }])
  })

  it.each(['../evil', 'a b', '1A', '', 'A-B', 'A=B'])(
    'leaves out a variable named %j and says so',
    (name) => {
      const { values, files, warnings } = resolveVariables({
        job: [variable(name, 'secret-value', { file: true })],
        runner: {},
        fileFolder: '/p.tmp',
      })
      expect([values.size, files.length, warnings.length]).toEqual([0, 0, 1])
      expect(warnings[0]).not.toContain('secret-value')
    },
  )

  it('does not let a job name the folders that only the runner knows', () => {
    const job = [variable('CI_PROJECT_DIR', '/etc')]
    const { values } = resolveVariables({ job, runner: { CI_PROJECT_DIR: '/p' }, fileFolder: '/p.tmp' })
    expect(values.get('CI_PROJECT_DIR')).toBe('/p')
  })

  it('names the variable that no process could be given', () => {
    expect(tooLargeForEnvironment(new Map([['A', 'x'.repeat(131_070)]]))).toBe('A')
    expect(tooLargeForEnvironment(new Map([['A', 'x'.repeat(131_069)]]))).toBeUndefined()
  })
})
