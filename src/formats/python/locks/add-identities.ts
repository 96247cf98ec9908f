import { isDeepStrictEqual } from 'node:util'
import { lockErrors } from './errors.ts'
import type { AttestationIdentity } from './lock.ts'
import { lockFormat, lockText, type LockText } from './read-lock.ts'
import { readPylock } from './pylock.ts'
import { blocksOf, parseTomlLock } from './toml-lock.ts'

const KEY = 'attestation-identities'

/**
 * The text of a `pylock.toml` with identities for packages, by their index, that have none; every other byte is as it
 * was. Throws `lock.identities` for
 * another format, where a package has the table already, and where the packages are no tables under headers.
 */
export function addIdentities(
  { path, bytes }: LockText,
  added: ReadonlyMap<number, readonly AttestationIdentity[]>,
): string {
  if (lockFormat(path) !== 'pylock')
    throw lockErrors('lock.identities', `${path} has no place for identities`)
  const text = lockText({ path, bytes })
  const before = readPylock(parseTomlLock(path, text))
  const blocks = blocksOf(text, 'packages')
  if (blocks.length !== before.distributions.length)
    throw lockErrors('lock.identities', `${path}: its packages are not all under headers [[packages]]`)
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n'
  const parts: string[] = []
  let from = 0
  for (const [index, identities] of [...added].toSorted(([a], [b]) => a - b)) {
    const block = blocks[index]
    if (block === undefined || before.distributions[index]?.identities !== undefined)
      throw lockErrors('lock.identities', `${path}: package ${index + 1} has identities already`)
    const at = lastLineEnd(text, block.end)
    parts.push(text.slice(from, at), text[at - 1] === '\n' ? '' : eol, tablesOf(identities, eol))
    from = at
  }
  const after = parts.join('') + text.slice(from)
  requireMeant({ path, text, after, added })
  return after
}

/** Past the last line of a block that says something: comments and blank lines may belong to what follows. */
function lastLineEnd(text: string, end: number): number {
  let at = end
  for (;;) {
    const start = text.lastIndexOf('\n', at - 2) + 1
    const line = text.slice(start, at).trim()
    if ((line !== '' && !line.startsWith('#')) || start === 0) return at
    at = start
  }
}

/** JSON's strings are strings of TOML too, once DEL is escaped. */
function tablesOf(identities: readonly AttestationIdentity[], eol: string): string {
  const tables = identities.map((identity) =>
    [
      '',
      `[[packages.${KEY}]]`,
      ...Object.entries(identity).map(([key, value]) => `${keyOf(key)} = ${quoted(value)}`),
      '',
    ].join(eol),
  )
  return tables.join('')
}

function keyOf(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key)
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007F`)
}

interface Written {
  readonly path: string
  readonly text: string
  readonly after: string
  readonly added: ReadonlyMap<number, readonly AttestationIdentity[]>
}

/** What the places are found by is simpler than TOML: what was made must be what was meant. */
function requireMeant({ path, text, after, added }: Written): void {
  const [was, is] = [text, after].map((each) => parseTomlLock(path, each).table)
  const packages = (is?.['packages'] ?? []) as Record<string, unknown>[]
  let isMeant = true
  for (const [index, identities] of added) {
    const table = packages[index]
    isMeant &&= isDeepStrictEqual(plain(table?.[KEY]), plain(identities))
    delete table?.[KEY]
  }
  if (!isMeant || !isDeepStrictEqual(was, is))
    throw lockErrors('lock.identities', `${path} is in a form that is not changed automatically`)
}

/** The parser's tables have no prototype. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}
