import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conductOf, unsupported, type Fields } from '../../src/ciconfig/read/fields.ts'
import { globalFields, movedFields } from '../../src/ciconfig/read/pipeline.ts'
import { defaultFields, innerFields, jobFields } from '../../src/ciconfig/read/keywords.ts'
import { ruleFields } from '../../src/ciconfig/read/rules.ts'
import { workflowFields } from '../../src/ciconfig/read/workflow.ts'
import { includeFields } from '../../src/ciconfig/sources/include-entries.ts'
import { inputFields } from '../../src/ciconfig/sources/inputs.ts'
import { root } from '../support/program.ts'

const page = readFileSync(join(root, 'docs', 'reference', 'pipelines.md'), 'utf8')
const [, ofFile = '', ofJob = '', within = ''] = page.split(/^## .*$/m)

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name).toSorted()
/** The names that a line of the page lists. */
const listed = (section: string, start: string): readonly string[] =>
  namesIn(
    section
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.slice(start.length)
      .split('. ')[0] ?? '',
  )
const firstCells = (section: string): readonly string[] =>
  [...section.matchAll(/^\| `([\w:]+)` \|/gm)].map(([, name = '']) => name).toSorted()
const inner = {
  ...innerFields,
  ...ruleFields,
  workflow: workflowFields,
  include: includeFields,
  'spec:inputs': inputFields,
}
const namesOf = (fields: Fields, isWanted: (name: string) => boolean): readonly string[] =>
  Object.keys(fields).filter(isWanted).toSorted()
const conduct = (fields: Fields, wanted: 'refused by run' | 'without effect'): readonly string[] =>
  namesOf(fields, (name) => conductOf.get(fields[name] ?? unsupported) === wanted)
const refused = (fields: Fields): readonly string[] => namesOf(fields, (name) => fields[name] === unsupported)
const executed = (fields: Fields): readonly string[] =>
  namesOf(fields, (name) => fields[name] !== unsupported && !conductOf.has(fields[name] ?? unsupported))

describe('the page of the keywords of pipelines', () => {
  it('has those of the file', () => {
    const moved = Object.keys(movedFields)
    const own = executed(globalFields).filter((name) => !moved.includes(name))
    expect(firstCells(ofFile)).toEqual(own)
    expect(listed(ofFile, 'Refused: ')).toEqual(refused(globalFields))
    expect(namesIn(ofFile.split('and the same as under `default`:')[1]?.split('\n')[0] ?? '')).toEqual(
      moved.toSorted(),
    )
  })

  it('has those of default', () => {
    expect(listed(ofFile, 'Under `default`: ')).toEqual(executed(defaultFields))
    expect(listed(ofFile, 'Refused by run under `default`: ')).toEqual(
      conduct(defaultFields, 'refused by run'),
    )
    expect(listed(ofFile, 'Without effect under `default`: ')).toEqual(
      conduct(defaultFields, 'without effect'),
    )
  })

  it('has those of a job', () => {
    // `extends` is carried out before a job is read by its table.
    expect(firstCells(ofJob)).toEqual([...executed(jobFields), 'extends'].toSorted())
    expect(listed(ofJob, 'Refused by run: ')).toEqual(conduct(jobFields, 'refused by run'))
    expect(listed(ofJob, 'Without effect: ')).toEqual(conduct(jobFields, 'without effect'))
    expect(executed(jobFields).length).toBeGreaterThan(8)
  })

  it('has those within a keyword', () => {
    expect(firstCells(within)).toEqual(Object.keys(inner).toSorted())
    for (const [name, fields] of Object.entries(inner)) {
      const cells = new RegExp(`^\\| \`${name}\` \\|([^|]*)\\|([^|]*)\\|([^|]*)\\|$`, 'm').exec(within) ?? []
      const [, carriedOut = '', not = '', without = ''] = cells
      expect([name, namesIn(carriedOut)]).toEqual([name, executed(fields)])
      expect([name, namesIn(not)]).toEqual([name, conduct(fields, 'refused by run')])
      expect([name, namesIn(without)]).toEqual([name, conduct(fields, 'without effect')])
    }
  })
})
