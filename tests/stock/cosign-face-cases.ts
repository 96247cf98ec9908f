import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from './cosign-face-material.ts'

/** One call of both programs; what the texts mean stands at the head of the table. */
export interface FaceCase {
  readonly what: string
  readonly argv: string
  readonly judge: Exclude<Program, 'our face'>
  /** The exit codes, of the judge and ours. */
  readonly codes: readonly [judge: number, ours: number]
  readonly difference?: string
  readonly isInitialized: boolean
  readonly stdin?: string
  readonly env: Readonly<Record<string, string>>
  readonly over: readonly string[]
  readonly writes?: readonly string[]
  readonly stdout?: 'sig' | 'raw'
  /** Calls that must verify. */
  readonly verifies: readonly string[]
}

const PROOFS: Readonly<Record<string, string>> = {
  pair: 'verify-blob --signature {out}/a.sig --certificate {out}/a.crt {who} file',
  bytes: 'verify-blob --signature {out}/a.raw --certificate {out}/a.pem {who} file',
  bundle: 'verify-blob --bundle {out}/a.bundle --offline {who} file',
  timestamp:
    'verify-blob --bundle {out}/a.bundle --rfc3161-timestamp {out}/a.tsr --timestamp-certificate-chain tsa.pem {who} file',
}

const table = readFileSync(join(import.meta.dirname, 'cosign-face-cases.txt'), 'utf8')
const lines = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

export const cases: readonly FaceCase[] = readTable()

function readTable(): readonly FaceCase[] {
  const found: FaceCase[] = []
  let head = readHead('1 1')
  for (const line of lines) {
    const [, inBrackets] = /^\[(.*)\]$/.exec(line) ?? []
    if (inBrackets !== undefined) head = readHead(inBrackets)
    else found.push({ ...head, ...readCase(line) })
  }
  return found
}

function readCase(line: string): Pick<FaceCase, 'what' | 'argv'> {
  const [, what, argv] = /^([^:]+):(?: (.*))?$/.exec(line) ?? []
  if (what === undefined) throw new Error(`not a case: ${line}`)
  return { what, argv: argv ?? '' }
}

function readHead(text: string): Omit<FaceCase, 'what' | 'argv'> {
  const [judgeCode, ourCode, ...settings] = text.split(' ')
  const given = new Map(settings.map((setting) => pairOf(setting)))
  const listOf = (name: string): readonly string[] | undefined =>
    given
      .get(name)
      ?.split(',')
      .filter((word) => word !== '')
  const writes = listOf('writes')
  return {
    codes: [Number(judgeCode), Number(ourCode)],
    judge: given.get('judge') === 'cosign-3.1.2' ? 'cosign 3.1.2' : 'cosign 2.2.3',
    isInitialized: given.has('initialized'),
    env: Object.fromEntries([...given].filter(([name]) => /^[A-Z_]+$/.test(name))),
    over: listOf('over') ?? [],
    verifies: (listOf('verifies') ?? []).map((name) => PROOFS[name] ?? ''),
    ...(writes === undefined ? {} : { writes }),
    ...textOf('difference', given),
    ...textOf('stdin', given),
    ...textOf('stdout', given),
  }
}

function textOf(name: string, given: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const value = given.get(name)
  return value === undefined ? {} : { [name]: value }
}

function pairOf(setting: string): readonly [string, string] {
  const [name = '', ...value] = setting.split('=')
  return [name, value.join('=')]
}
