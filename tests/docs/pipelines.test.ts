import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unsupported, type Fields } from '../../src/ciconfig/read/fields.ts'
import { globalFields, movedToDefault } from '../../src/ciconfig/read/pipeline.ts'
import { defaultFields, innerFields, jobFields } from '../../src/ciconfig/read/keywords.ts'
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
  [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name).toSorted()
const known = (fields: Fields): readonly string[] =>
  Object.keys(fields)
    .filter((name) => fields[name] !== unsupported && fields[name] !== movedToDefault)
    .toSorted()
const refused = (fields: Fields): readonly string[] =>
  Object.keys(fields)
    .filter((name) => fields[name] === unsupported)
    .toSorted()

describe('the page of the keywords of pipelines', () => {
  it('has those of the file', () => {
    expect(firstCells(ofFile)).toEqual(known(globalFields))
    expect(listed(ofFile, 'Refused: ')).toEqual(refused(globalFields))
    const moved = Object.entries(globalFields).filter(([, reader]) => reader === movedToDefault)
    expect(namesIn(ofFile.split('from the top level to `default`:')[1]?.split('\n')[0] ?? '')).toEqual(
      moved.map(([name]) => name).toSorted(),
    )
  })

  it('has those of default', () => {
    expect(listed(ofFile, 'Under `default`: ')).toEqual(known(defaultFields))
    expect(listed(ofFile, 'Refused under `default`: ')).toEqual(refused(defaultFields))
  })

  it('has those of a job', () => {
    // `extends` is carried out before a job is read by its table.
    expect(firstCells(ofJob)).toEqual([...known(jobFields), 'extends'].toSorted())
    expect(listed(ofJob, 'Refused: ')).toEqual(refused(jobFields))
    expect(known(jobFields).length).toBeGreaterThan(8)
  })

  it('has those within a keyword', () => {
    expect(firstCells(within)).toEqual(Object.keys(innerFields).toSorted())
    for (const [name, fields] of Object.entries(innerFields)) {
      const [, executed = '', not = ''] =
        new RegExp(`^\\| \`${name}\` \\|([^|]*)\\|([^|]*)\\|$`, 'm').exec(within) ?? []
      expect([name, namesIn(executed)]).toEqual([name, known(fields)])
      expect([name, namesIn(not)]).toEqual([name, refused(fields)])
    }
  })
})
