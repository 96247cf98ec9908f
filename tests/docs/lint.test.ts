import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lintPage, lintReference } from '../../scripts/lint-reference.ts'
import { requestOf } from '../../src/lint/arrange.ts'
import { lintProject, rules, traps } from '../../src/lint/index.ts'
import { root } from '../support/program.ts'

it('the page of the rules is what they say', () => {
  expect(readFileSync(lintPage, 'utf8')).toBe(lintReference())
})

it('all 46 traps have a place, and every rule and page that is named exists', () => {
  const ids = [...Array(22).keys()].map((index) => `S${index + 1}`)
  const others = [...Array(24).keys()].map((index) => `C${index + 1}`)
  expect(traps.map(({ id }) => id)).toEqual([...ids, ...others])
  for (const { id, place, by } of traps) {
    expect(by.length, id).toBeGreaterThan(0)
    for (const name of by) {
      const rule = rules.find(({ code }) => code === name)
      if (name.startsWith('WS')) expect(rule?.code, `${id} ${name}`).toBe(name)
      else expect(existsSync(join(root, 'docs', 'reference', name)), `${id} ${name}`).toBe(true)
      if (place === 'lint') expect(rule?.traps, `${id} ${name}`).toContain(id)
    }
  }
})

it('the rules name only traps that name them', () => {
  for (const { code, traps: ids } of rules)
    for (const id of ids) expect(traps.find((trap) => trap.id === id)?.by, `${code} ${id}`).toContain(code)
})

it('nothing is found in our own template', async () => {
  const text = readFileSync(join(root, 'templates', 'python-package.yml'), 'utf8')
  expect((await lintProject(requestOf({ '.gitlab-ci.yml': text }))).findings).toEqual([])
})
