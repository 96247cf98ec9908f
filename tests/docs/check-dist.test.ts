import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorKinds } from '../../src/base/index.ts'
import { DISTRIBUTION_LIMITS } from '../../src/formats/python/archive/index.ts'
import { root } from '../support/program.ts'

const page = readFileSync(join(root, 'docs', 'reference', 'check-dist.md'), 'utf8')
const MIB = 2 ** 20

describe('docs/reference/check-dist.md', () => {
  it('has every code with its meaning, and no other', () => {
    const listed = [...page.matchAll(/^\| \[`(distribution\.[a-z-]+)`\]\(errors\.md#\1\) \| (.*) \|$/gm)]
    const declared = [...errorKinds()].filter(([code]) => code.startsWith('distribution.'))
    expect(listed.map(([, code, meaning]) => [code, meaning])).toEqual(
      declared.map(([code, { summary }]) => [code, summary]),
    )
    expect(declared.length).toBeGreaterThan(15)
  })

  it('tells the limits', () => {
    const limits = DISTRIBUTION_LIMITS
    const rows = [...page.matchAll(/^\| (?!limit|code)([^|`[]+) \| ([^|]+) \|$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    const text = (count: number): string => count.toLocaleString('en')
    expect(rows).toEqual([
      ['members', text(limits.maxMembers)],
      [
        'all paths together, the directory of a zip, and all pax headers of a tar',
        `${limits.maxDirectoryBytes / MIB} MiB`,
      ],
      ['one path', `${text(limits.maxPathBytes)} bytes, ${limits.maxPathDepth} folders deep`],
      ['unpacked', `${limits.maxUnpackedBytes / 1024 / MIB} GiB`],
      [`unpacked to packed, above ${limits.ratioFromBytes / MIB} MiB unpacked`, `${limits.maxRatio} to 1`],
      ['METADATA or PKG-INFO', `${limits.maxMetadataBytes / MIB} MiB`],
      ['RECORD', `${limits.maxRecordBytes / MIB} MiB`],
      ['WHEEL', `${limits.maxWheelFileBytes / 1024} KiB`],
      ['entry_points.txt', `${limits.maxEntryPointsBytes / MIB} MiB`],
      ['one pax header or long path of a tar', `${limits.maxPaxBytes / 1024} KiB`],
    ])
  })
})
