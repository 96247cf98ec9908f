import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeBase64, encodeBase64, sha256, utf8 } from '../../base/index.ts'
import { formatCheckpoint, noteKeyId, parseCheckpoint, signCheckpoint, verifyCheckpoint } from './index.ts'

const name = 'rekor.example:7711'
const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const root = sha256(utf8('root'))
const checkpoint = { origin: `${name} - 2605736670972794746`, size: 75_408_393, root }
const note = signCheckpoint(checkpoint, { name, key })

describe('signCheckpoint', () => {
  it('writes origin, size, root, a blank line and one signature', () => {
    const [first, ...others] = note.split('\n')
    expect(first).toBe('rekor.example:7711 - 2605736670972794746')
    const signature = expect.stringMatching(/^\u2014 rekor\.example:7711 [A-Za-z0-9+/]+=*$/)
    expect(others).toEqual(['75408393', encodeBase64(root), '', signature, ''])
  })

  it('begins the signature with the hint of the key', () => {
    const [signature] = parseCheckpoint(note).signatures
    expect(signature?.keyHint).toEqual(sha256(spki).subarray(0, 4))
  })

  it('satisfies openssl', () => {
    const { signedText, signatures } = parseCheckpoint(note)
    const folder = mkdtempSync(join(tmpdir(), 'wheelseal-note-'))
    try {
      writeFileSync(join(folder, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
      writeFileSync(join(folder, 'sig'), signatures[0]!.signature)
      const args = ['dgst', '-sha256', '-verify', join(folder, 'key.pem'), '-signature', join(folder, 'sig')]
      expect(execFileSync('openssl', args, { input: signedText, encoding: 'utf8' })).toBe('Verified OK\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('parseCheckpoint', () => {
  it('reads what is written', () => {
    const heads = fc.record({
      origin: fc.stringMatching(/^[a-z.]{1,20} - [1-9][0-9]{0,17}$/),
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    })
    fc.assert(
      fc.property(heads, (head) => {
        const text = formatCheckpoint(head)
        expect(parseCheckpoint(`${text}\n— a AAAAAAA=\n`)).toMatchObject({ ...head, signedText: text })
      }),
    )
  })

  it('keeps extension lines in the signed text', () => {
    const old = note.replace('\n\n', '\nTimestamp: 1689177396617352539\n\n')
    expect(parseCheckpoint(old).signedText.endsWith('\nTimestamp: 1689177396617352539\n')).toBe(true)
  })

  it.each<[string, (text: string) => string]>([
    ['nothing', () => ''],
    ['no line break at the end', (text) => text.slice(0, -1)],
    ['a blank line at the end', (text) => `${text}\n`],
    ['two blank lines', (text) => text.replace('\n\n', '\n\n\n')],
    ['no blank line', (text) => text.replace('\n\n', '\n')],
    ['no signature', (text) => text.slice(0, text.indexOf('—'))],
    ['carriage returns', (text) => text.replaceAll('\n', '\r\n')],
    ['a hyphen in place of the dash', (text) => text.replace('—', '-')],
    ['a size with a leading zero', (text) => text.replace('\n7', '\n07')],
    ['a size with a sign', (text) => text.replace('\n7', '\n+7')],
    ['a size beyond 2^53', (text) => text.replace('\n75408393', '\n9007199254740993')],
    ['a size in words', (text) => text.replace('\n75408393', '\nmany')],
    ['no origin', (text) => text.slice(text.indexOf('\n') + 1)],
    ['a root of 31 bytes', (text) => text.replace(encodeBase64(root), encodeBase64(root.subarray(1)))],
    ['a root in base64url', (text) => text.replace(encodeBase64(root), '_'.repeat(43) + '=')],
    ['a null character', (text) => text.replace('rekor', 'rek\u0000r')],
    ['a lone surrogate', (text) => text.replace('rekor', 'rek\ud800r')],
    ['a signature of the hint alone', (text) => `${text.slice(0, text.indexOf('—'))}— a AAAAAA==\n`],
    ['33 signatures', (text) => text + '— a AAAAAAA=\n'.repeat(32)],
    ['more than 64 KiB', (text) => 'x'.repeat(70_000) + text],
  ])('refuses %s', (_name, change) => {
    expect(() => parseCheckpoint(change(note))).toThrow(expect.objectContaining({ code: 'note.malformed' }))
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'note.malformed' }))
      }),
    )
  })
})

describe('verifyCheckpoint', () => {
  it('gives the head that the log signed', () => {
    expect(verifyCheckpoint({ note, names: [name], spki })).toEqual(checkpoint)
    expect(verifyCheckpoint({ note, spki })).toEqual(checkpoint)
  })

  it('gives the head of a log of Rekor 2 with an ECDSA key, whose origin is the bare name', () => {
    const bare = { ...checkpoint, origin: name }
    const text = signCheckpoint(bare, { name, key })
    expect(verifyCheckpoint({ note: text, names: ['other', name], spki })).toEqual(bare)
  })

  it.each<[string, () => string]>([
    ['another key', () => signCheckpoint(checkpoint, { name, key: otherKey() })],
    ['another name in the signature', () => signCheckpoint(checkpoint, { name: 'other', key })],
    ['another origin', () => signCheckpoint({ ...checkpoint, origin: 'other - 1' }, { name, key })],
    [
      'an origin that goes on',
      () => signCheckpoint({ ...checkpoint, origin: `${name} - 1x` }, { name, key }),
    ],
    ['another size', () => note.replace('75408393', '75408394')],
    ['an added line', () => note.replace('\n\n', '\nmore\n\n')],
    ['a second signature of the log that is bad', () => note + brokenLine()],
    [
      'a signature of others beside it',
      () => `${note}${signCheckpoint(checkpoint, { name: 'witness', key: otherKey() }).split('\n')[4]}\n`,
    ],
  ])('refuses %s', (_name, make) => {
    const refused = expect.objectContaining({ code: 'note.signature' })
    expect(() => verifyCheckpoint({ note: make(), names: [name], spki })).toThrow(refused)
  })
})

describe('a note of Rekor 2', () => {
  const log = 'log2030.rekor.example'
  const pair = generateKeyPairSync('ed25519')
  const ed25519 = new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' }))
  const head = { origin: log, size: 736, root }
  const line = (signer: string, signedBy = pair.privateKey, text = formatCheckpoint(head)): string => {
    const hint = noteKeyId(signer, ed25519).subarray(0, 4)
    return `— ${signer} ${encodeBase64(concatBytes(hint, new Uint8Array(sign(null, utf8(text), signedBy))))}\n`
  }
  const noteOf = (...lines: readonly string[]): string => `${formatCheckpoint(head)}\n${lines.join('')}`
  const verify = (text: string): unknown => verifyCheckpoint({ note: text, names: [log], spki: ed25519 })

  it('verifies with the Ed25519 key of the log, wherever its line stands', () => {
    const witness = `— witness.example ${encodeBase64(new Uint8Array(80).fill(7))}\n`
    for (const lines of [[line(log)], [line(log), witness], [witness, line(log)]])
      expect(verify(noteOf(...lines))).toEqual(head)
  })

  it('is refused without that line, or when it is by another key or under another name', () => {
    const refused = expect.objectContaining({ code: 'note.signature' })
    const forged = line(log, generateKeyPairSync('ed25519').privateKey)
    for (const lines of [[line('witness.example')], [forged], [line(log), forged]])
      expect(() => verify(noteOf(...lines))).toThrow(refused)
    expect(() => verify(noteOf(line(log)).replace(log, 'other.example'))).toThrow(refused)
    expect(() => verify(noteOf(line(log)).replace('736', '737'))).toThrow(refused)
    expect(() => verifyCheckpoint({ note: noteOf(line(log)), names: [], spki: ed25519 })).toThrow(refused)
  })

  it('has the id that the public log has', () => {
    // log2025-1.rekor.sigstore.dev, from the public trusted root.
    const spkiText = 'MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244='
    const id = noteKeyId('log2025-1.rekor.sigstore.dev', decodeBase64(spkiText))
    expect(encodeBase64(id)).toBe('zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=')
    expect(noteKeyId('any', spki)).toEqual(sha256(spki))
  })

  it('repeats no more than 80 characters of an origin', () => {
    const long = signCheckpoint({ ...checkpoint, origin: 'o'.repeat(60_000) }, { name, key })
    expect(() => verifyCheckpoint({ note: long, names: [name], spki })).toThrow(
      /^the checkpoint is from the log 'o{80}…', expected is/,
    )
  })
})

function otherKey(): typeof key {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

function brokenLine(): string {
  return signCheckpoint({ ...checkpoint, size: 1 }, { name, key }).split('\n')[4]! + '\n'
}
