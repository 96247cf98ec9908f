import { expect, it } from 'vitest'
import type { RunReport } from '../client/index.ts'
import { runTable } from './run-table.ts'

type File = RunReport['files'][number]

const FILE = 'hello_tools-1.0.tar.gz'
const IDENTITY = 'https://seal.example/acme/tools//.gitlab-ci.yml@refs/heads/main'

function tableOf(file: Pick<File, 'isSigned' | 'isVerified' | 'verdict'>, columns = Infinity): string {
  const report = {
    files: [
      {
        ...file,
        fileName: FILE,
        version: '1.0',
        sizeBytes: 7,
        logIndex: file.isVerified ? 3 : undefined,
        url: `https://seal.example/${FILE}`,
      } as File,
    ],
    identity: IDENTITY,
    url: 'https://seal.example',
    visibility: 'public',
    data: '/data',
    pipeline: { projectId: 1 },
    source: { path: 'acme/tools' },
    user: 'ada',
  } as unknown as RunReport
  const lines = runTable(report, { program: 'wheelseal', columns })
  return lines.map((line) => (typeof line === 'string' ? line : line.text)).join('\n')
}

const unsigned = { isSigned: false, isVerified: false, verdict: `${FILE} is published but not signed` }
const refused = { isSigned: true, isVerified: false, verdict: `${FILE} is refused: why` }
const good = { isSigned: true, isVerified: true, verdict: '' }

it.each([
  ['wide', Infinity],
  ['narrow', 30],
])('a file that is published and not signed is called that, and no signer is named (%s)', (_how, columns) => {
  const table = tableOf(unsigned, columns)
  expect(table).toContain('not signed')
  expect(table).toContain(unsigned.verdict)
  expect(table).not.toMatch(/signed by|\bNO\b|NOT verified/)
})

it('a refused file and a good one are told apart', () => {
  expect(tableOf(refused)).toMatch(/not logged {2}NO\n/)
  expect(tableOf(refused)).toContain(refused.verdict)
  expect(tableOf(good)).toMatch(/ 3 {10}yes\n/)
  expect(tableOf(good)).toContain(`signed by ${IDENTITY}`)
})
