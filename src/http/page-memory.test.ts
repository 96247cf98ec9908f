import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { createPageMemory, type PageMemory } from './page-memory.ts'

const LIMITS = { maxPageBytes: 4, maxBytes: 6 }

async function* parts(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of texts) yield utf8(part)
}

type Kept = readonly [key: string, tag: string, ...texts: readonly string[]]

async function keep(memory: PageMemory, ...[key, tag, ...texts]: Kept): Promise<string> {
  return Buffer.concat(await Array.fromAsync(memory.keep(parts(...texts), { key, tag }))).toString()
}

function text(memory: PageMemory, key: string, tag: string): string | undefined {
  const bytes = memory.find(key, tag)
  return bytes && Buffer.from(bytes).toString()
}

describe('the memory of pages', () => {
  it('gives a page on as it is written, and finds it under its tag only', async () => {
    const memory = createPageMemory(LIMITS)
    expect(await keep(memory, 'a', '1', 'x', 'yz')).toBe('xyz')
    expect(text(memory, 'a', '1')).toBe('xyz')
    expect(text(memory, 'a', '2')).toBeUndefined()
    expect(text(memory, 'b', '1')).toBeUndefined()
  })

  it('has the page of the last tag', async () => {
    const memory = createPageMemory(LIMITS)
    await keep(memory, 'a', '1', 'old')
    await keep(memory, 'a', '2', 'new')
    expect([text(memory, 'a', '1'), text(memory, 'a', '2')]).toEqual([undefined, 'new'])
  })

  it('keeps no page that was not written to its end', async () => {
    const memory = createPageMemory(LIMITS)
    const begun = memory.keep(parts('x', 'y'), { key: 'a', tag: '1' })
    await begun.next()
    await begun.return(undefined)
    expect(text(memory, 'a', '1')).toBeUndefined()
    const broken = (async function* () {
      yield utf8('x')
      throw new Error('the store broke')
    })()
    await expect(Array.fromAsync(memory.keep(broken, { key: 'a', tag: '1' }))).rejects.toThrow('broke')
    expect(text(memory, 'a', '1')).toBeUndefined()
  })

  it('keeps no page that is too long, and gives all of it on', async () => {
    const memory = createPageMemory(LIMITS)
    expect(await keep(memory, 'a', '1', 'xxxx', 'y')).toBe('xxxxy')
    expect(text(memory, 'a', '1')).toBeUndefined()
    await keep(memory, 'b', '1', 'xxxx')
    expect(text(memory, 'b', '1')).toBe('xxxx')
  })

  it('lets go of the page that was asked for longest ago, as soon as all are too much', async () => {
    const memory = createPageMemory(LIMITS)
    for (const key of ['a', 'b', 'c']) await keep(memory, key, '1', 'xx')
    expect(text(memory, 'a', '1')).toBe('xx')
    await keep(memory, 'd', '1', 'x')
    expect(['a', 'b', 'c', 'd'].filter((key) => text(memory, key, '1') !== undefined)).toEqual([
      'a',
      'c',
      'd',
    ])
  })

  it('does not count a page that was written anew twice', async () => {
    const memory = createPageMemory(LIMITS)
    await keep(memory, 'b', '1', 'yy')
    for (const tag of ['1', '2', '3']) await keep(memory, 'a', tag, 'xxxx')
    expect([text(memory, 'a', '3'), text(memory, 'b', '1')]).toEqual(['xxxx', 'yy'])
  })
})
