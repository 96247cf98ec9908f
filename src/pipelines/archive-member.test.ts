import { describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { sha256Hex, type Blob } from '../base/index.ts'
import { openMember } from './archive-member.ts'

function blobOf(bytes: Buffer): Blob & { readonly read: { bytes: number } } {
  const read = { bytes: 0 }
  return {
    sha256: sha256Hex(bytes),
    size: bytes.length,
    read,
    stream: async function* stream({ start, end } = { start: 0, end: bytes.length - 1 }) {
      for (let at = start; at <= end; at += 65_536) {
        const part = bytes.subarray(at, Math.min(at + 65_536, end + 1))
        read.bytes += part.length
        yield part
      }
    },
  } as Blob & { readonly read: { bytes: number } }
}

async function zipOf(
  files: Iterable<readonly [name: string, content: Buffer, mode?: number]>,
): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content, mode = 0o100644] of files) zip.addBuffer(content, name, { mode })
  zip.end()
  const parts: Uint8Array[] = []
  for await (const part of zip.outputStream as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}

async function contentOf(
  blob: Blob,
  path: string,
): Promise<{ readonly text: string; readonly size: number }> {
  const member = await openMember(blob, path)
  const parts: Uint8Array[] = []
  for await (const part of member.stream()) parts.push(part)
  return { text: Buffer.concat(parts).toString(), size: member.size }
}

const HELLO = Buffer.from('hello')
const CENTRAL = Buffer.from([0x50, 0x4b, 0x01, 0x02])

/** The archive with another size of its first member in the directory. */
function announcing(zip: Buffer, size: number): Buffer {
  const changed = Buffer.from(zip)
  changed.writeUInt32LE(size, changed.indexOf(CENTRAL) + 24)
  return changed
}

describe('a file out of an archive', () => {
  it('is found by its exact name, and nothing else is', async () => {
    const blob = blobOf(
      await zipOf([
        ['dist/a.txt', HELLO],
        ['dist/ü', HELLO],
      ]),
    )
    expect(await contentOf(blob, 'dist/a.txt')).toEqual({ text: 'hello', size: 5 })
    expect((await contentOf(blob, 'dist/ü')).text).toBe('hello')
    for (const path of ['dist', 'dist/', './dist/a.txt', 'DIST/a.txt', '/dist/a.txt', ''])
      await expect(openMember(blob, path), path).rejects.toMatchObject({ code: 'pipelines.archive-member' })
  })

  it('that unpacks to more than it announces ends with an error, after no more than that', async () => {
    const bomb = announcing(await zipOf([['a', Buffer.alloc(50 << 20)]]), 1000)
    const member = await openMember(blobOf(bomb), 'a')
    let got = 0
    const read = async (): Promise<void> => {
      for await (const part of member.stream()) got += part.length
    }
    await expect(read()).rejects.toMatchObject({ code: 'pipelines.archive' })
    expect([member.size, got <= 1000]).toEqual([1000, true])
  })

  it('that unpacks to less than it announces ends with an error', async () => {
    const blob = blobOf(announcing(await zipOf([['a', HELLO]]), 1000))
    await expect(contentOf(blob, 'a')).rejects.toMatchObject({ code: 'pipelines.archive' })
  })

  it('that announces more than is unpacked for anybody is refused before', async () => {
    const blob = blobOf(announcing(await zipOf([['a', HELLO]]), (1 << 30) + 1))
    await expect(openMember(blob, 'a')).rejects.toMatchObject({ code: 'pipelines.archive' })
  })

  it('that is a link is not followed', async () => {
    const blob = blobOf(await zipOf([['a', Buffer.from('/etc/passwd'), 0o120777]]))
    await expect(openMember(blob, 'a')).rejects.toMatchObject({ code: 'pipelines.archive-member' })
  })
})

describe('an archive', () => {
  it('that is cut off anywhere is refused, or gives what it has', async () => {
    const whole = await zipOf([
      ['a', Buffer.from('x'.repeat(300))],
      ['b', HELLO],
    ])
    for (let length = 0; length < whole.length; length += 1)
      await expect(
        contentOf(blobOf(whole.subarray(0, length)), 'b'),
        `${length} bytes`,
      ).rejects.toMatchObject({
        code: 'pipelines.archive',
      })
  })

  it('with any byte changed gives the file, or an error of ours', async () => {
    const whole = await zipOf([['a', HELLO]])
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole)
      changed.writeUInt8((changed[at] ?? 0) ^ 0xff, at)
      const outcome = await contentOf(blobOf(changed), 'a').catch((error: { code?: string }) => error.code)
      if (typeof outcome === 'string') expect(outcome, `byte ${at}`).toMatch(/^pipelines\.archive/)
    }
  })
})
