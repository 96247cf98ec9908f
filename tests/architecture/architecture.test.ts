import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkArchitecture } from '../../scripts/architecture.ts'
import { root } from '../support/program.ts'

describe('the check of the arrows between rooms', () => {
  it('passes the source, and has read it', () => {
    const report = checkArchitecture(join(root, 'src'))
    expect(report.problems).toEqual([])
    expect(report.files).toBeGreaterThan(100)
    expect(report.imports).toBeGreaterThan(report.files)
  })

  it('names each broken arrow and each circle of the broken tree', () => {
    const report = checkArchitecture(join(import.meta.dirname, 'broken'))
    expect(report.problems.toSorted()).toEqual([
      'base/left.ts → base/right.ts → base/left.ts: an import circle',
      'base/up.ts imports log/index.ts: base may not import log',
      'base/uses-test.ts imports base/arrange.ts: the product imports a test',
      'cellar/index.ts: cellar is not a room of scripts/rooms.ts',
      'client/verify/index.ts imports server/index.ts: client may not import server',
      'log/dynamic.ts: a dynamic import must name its file in single quotes',
      'log/first.ts → log/second.ts → log/third.ts → log/first.ts: an import circle',
      'log/inside.ts imports base/secret.ts: rooms are imported through their index.ts',
      'storage/folder/index.ts imports storage/sql/index.ts: folders of storage do not import each other',
      'storage/sql/index.ts imports storage/sqlite/log.ts: folders of storage do not import each other',
      'storage/sqlite/index.ts imports storage/sql/table.ts: folders are imported through their index.ts',
      'storage/sqlite/log.ts imports log/index.ts: storage may not import log',
      'trust/ct/index.ts imports trust/rekor/index.ts: folders of trust do not import each other',
    ])
  })

  it('refuses a tree in which it saw nothing', () => {
    expect(checkArchitecture(join(import.meta.dirname, 'missing')).problems).toEqual([
      'nothing was read: is the folder right?',
    ])
  })
})
