/**
 * Text of strangers (names of files, members of JSON, media types, keys of a policy, words of the command line, fields
 * of a log event, links of an index) comes out of the program as text: no escape, no control character, no mark that
 * turns a line around, and no line of its own.
 */
import { globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorKinds, printableJson, utf8, WheelsealError } from '../../src/base/index.ts'
import { jsonLog } from '../../src/host/index.ts'
import { writePackage } from '../../src/http/simple-index.ts'
import { chooseMedia } from '../../src/http/simple-media.ts'
import type { StoredFile } from '../../src/registry/index.ts'
import { errorReference } from '../../scripts/error-reference.ts'
import { root, runProgram, wheelseal } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const EVIL = 'x\nVerified OK\n\u001b[2K\u009b31m\r\u202e\u2028\u200b'
const SHOWN = String.raw`\u{202e}`

function expectHarmless(output: string): void {
  expect(output.match(/[^\n -~…✓✗]/u)).toBeNull()
  expect(output).not.toMatch(/^Verified OK/m)
}

let folder: { path: string; remove: () => Promise<void> }
const at = (name: string): string => join(folder.path, name)
const json = (value: unknown): string => JSON.stringify(value)

beforeAll(async () => {
  folder = await temporaryFolder()
  await mkdir(at('empty'))
  const leaf = { verificationMaterial: { [EVIL]: {} }, messageSignature: {} }
  const files: Readonly<Record<string, string>> = {
    'demo-1.0.tar.gz': 'x',
    [EVIL]: 'x',
    'pem.crt': EVIL,
    'member.json': json({ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', ...leaf, [EVIL]: 1 }),
    'type.json': json({ mediaType: `application/vnd.dev.sigstore.bundle.v0.3+json${EVIL}`, ...leaf }),
    'old.json': json({ base64Signature: EVIL, cert: EVIL, rekorBundle: { [EVIL]: EVIL } }),
    'statement.json': json({
      dsseEnvelope: { payloadType: EVIL, payload: 'AA==', signatures: [{ sig: EVIL }] },
    }),
    'root.json': json({
      mediaType: EVIL,
      tlogs: [{ [EVIL]: EVIL }],
      certificateAuthorities: [{ uri: EVIL }],
    }),
    'config.json': json({ mediaType: EVIL, caUrls: [{ url: EVIL }] }),
    'policy.toml': `[[rules]]\n${json(EVIL)} = ${json(EVIL)}\n`,
    'pattern.toml': `[[rules]]\nnames = [${json(EVIL)}]\nallow = ${json(EVIL)}\n`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), utf8(text))
})
afterAll(() => folder.remove())

const identity = ['--certificate-identity', 'me', '--certificate-oidc-issuer', 'https://issuer.example']
const face = ['cosign', 'verify-blob', ...identity]
const check = ['verify', '--offline', ...identity]
const sdist = 'demo-1.0.tar.gz'

/** Words of a command line, and what each lets an enemy say. */
const commands: readonly (readonly string[])[] = [
  [EVIL],
  [`--${EVIL}`],
  ['verify', `--${EVIL}`, sdist],
  ['verify', `--jso${EVIL}`, '--json', sdist],
  [...check, EVIL],
  [...check, '--json', EVIL],
  [...check, `${EVIL} is not there`],
  [...check, '--bundle', 'member.json', sdist],
  [...check, '--bundle', 'type.json', sdist],
  [...check, '--bundle', 'type.json', '--json', sdist],
  [...check, '--bundle', 'old.json', sdist],
  [...check, '--bundle', 'statement.json', sdist],
  [...check, '--provenance', 'member.json', sdist],
  [...check, '--trusted-root', 'root.json', sdist],
  [...check, '--signature', EVIL, '--certificate', 'pem.crt', sdist],
  ['verify', '--certificate-identity-regexp', `(${EVIL}`, '--certificate-oidc-issuer', 'x', sdist],
  ['verify', '--project', 'a/b', '--certificate-oidc-issuer', EVIL, sdist],
  ['verify', '--key', 'pem.crt', sdist],
  ['verify', '--policy', 'policy.toml', sdist],
  ['verify', '--policy', 'pattern.toml', sdist],
  ['sign', EVIL],
  ['sign', '--signing-config', 'config.json', sdist],
  ['attest', '--fulcio-url', EVIL, '--rekor-url', EVIL, EVIL],
  ['up', '--data', 'data', '--listen', EVIL],
  ['up', '--data', 'data', '--config', 'policy.toml'],
  ['run', '-C', EVIL],
  ['run', '-C', `${EVIL} is not there`, '--json'],
  ['trust', 'show', '--url', EVIL],
  ['cosign', EVIL],
  ['cosign', `--${EVIL}`],
  ['cosign', 'verify-blob', `--${EVIL}`],
  ['cosign', 'initialize', '--mirror', EVIL],
  ['cosign', 'sign-blob', '--yes', EVIL],
  [...face, '--bundle', 'member.json', sdist],
  [...face, '--bundle', 'type.json', '--new-bundle-format', sdist],
  [...face, '--bundle', 'old.json', EVIL],
  [...face, '--bundle', `${EVIL} is not there`, EVIL],
  [...face, '--signature', EVIL, '--certificate', 'pem.crt', sdist],
  [...face, '--signature', EVIL, '--certificate', `${EVIL} is not there`, sdist],
  [...face, '--trusted-root', 'root.json', '--bundle', 'member.json', sdist],
]
const TOKEN = ['e30', Buffer.from(json({ sub: EVIL, aud: EVIL, exp: 4e9 })).toString('base64url'), 'AA'].join(
  '.',
)

describe('a stranger on the command line', () => {
  it.each(commands.map((words) => ({ words, name: printableJson(json(words)) })))(
    '$name',
    async ({ words }) => {
      const env = { HOME: at('empty'), XDG_CACHE_HOME: at('empty'), SIGSTORE_ID_TOKEN: TOKEN, CI: '' }
      const { code, stdout, stderr } = await runProgram([wheelseal, ...words], { cwd: folder.path, env })
      expect(code, stdout + stderr).not.toBe(0)
      expect(stdout + stderr).not.toBe('')
      expectHarmless(stdout + stderr)
    },
  )
})

describe('a stranger elsewhere', () => {
  it('in a line of the log', async () => {
    const lines: string[] = []
    const log = await jsonLog((text, done) => done(void lines.push(text)))
    log.event('request', { path: EVIL, [EVIL]: EVIL })
    log.failure('http.internal', new Error(EVIL, { cause: new Error(EVIL) }), { path: EVIL })
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expectHarmless(line.trimEnd())
      expect(json(JSON.parse(line))).toContain('\u202e')
    }
  })

  it('in a page of the simple index', async () => {
    const texts = { fileName: EVIL, requiresPython: EVIL, name: EVIL, version: EVIL, yankedReason: EVIL }
    const kept = { sha256: 'ab', metadata: { sha256: 'ab' }, provenance: { sha256: 'ab' } }
    const files = (async function* () {
      yield { ...texts, ...kept } as unknown as StoredFile
    })()
    const shown = { name: 'x', title: EVIL, status: 'archived', statusReason: EVIL, files } as const
    const place = { slash: '/', base: 'https://seal.example' }
    const chunks = await Array.fromAsync(writePackage(place, chooseMedia('text/html'), shown))
    const page = Buffer.concat(chunks).toString()
    expectHarmless(page)
    expect(page).toContain(SHOWN)
  })

  it('in every error there is, and its hint', async () => {
    await errorReference()
    expect(errorKinds().size).toBeGreaterThan(60)
    for (const [code, kind] of errorKinds()) {
      const error = new WheelsealError(code, EVIL, { ...kind, hint: EVIL })
      expectHarmless(`${error.message}${error.hint}`)
    }
  })
})

describe('the one way', () => {
  const sources = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.(?:test|contract)\.ts$|arrange\.ts$/.test(file),
  )
  const filesWith = (pattern: RegExp): readonly string[] =>
    sources.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8'))).toSorted()

  it('is the only one: nothing else writes to a terminal', () => {
    expect(sources.length).toBeGreaterThan(300)
    expect(filesWith(/process\.std(?:out|err)\.write|console\.\w+\(/)).toEqual([
      'src/cli/cosign/system-io.ts',
      'src/cli/terminal.ts',
      // To a pipe or a socket; each line went through `printableJson`.
      'src/host/log.ts',
    ])
    expect(filesWith(/\.stderr\(|\bstderr\(/)).toEqual([
      'src/cli/cosign/confirm.ts',
      'src/cli/cosign/io.ts',
      'src/cli/cosign/tell.ts',
    ])
  })

  it('is the only one: nobody else replaces characters that cannot be shown', () => {
    expect(filesWith(/replace(?:All)?\(\/\[?\^?\\(?:p\{C|x20|u0000)/)).toEqual([])
  })
})
