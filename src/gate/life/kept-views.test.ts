import { describe, expect, it } from 'vitest'
import { createKeptViews } from './kept-views.ts'

interface View {
  readonly name: string
  readonly files: ReadonlyMap<string, number>
  readonly isUnknown: boolean
}

function viewOf(name: string, fileCount = 1): View {
  const files = new Map(Array.from({ length: fileCount }, (_, at) => [String(at), at]))
  return { name, files, isUnknown: false }
}

describe('views', () => {
  it('go in the order in which they came when there is no more room, the last one never', () => {
    const views = createKeptViews<View>(30)
    for (const key of ['a', 'b']) views.keep(key, viewOf(key, 10))
    views.keep('a', viewOf('a', 10))
    views.keep('c', viewOf('c', 10))
    expect(['a', 'b', 'c'].map((key) => views.find(key)?.name)).toEqual(['a', undefined, 'c'])
    views.keep('huge', viewOf('huge', 50_000))
    expect(['a', 'c', 'huge'].map((key) => views.find(key)?.name)).toEqual([undefined, undefined, 'huge'])
  })

  it('of names that nobody has take no room', () => {
    const views = createKeptViews<View>(30)
    views.keep('a', viewOf('a'))
    for (let at = 0; at < 100; at += 1)
      views.keep(`nobody${at}`, { name: '', files: new Map(), isUnknown: true })
    expect([views.find('a')?.name, views.find('nobody1')]).toEqual(['a', undefined])
  })

  it('that were made while their name was forgotten are not kept', async () => {
    const views = createKeptViews<View>()
    const [before, after] = [viewOf('before'), viewOf('after')]
    let done: (view: View) => void = () => undefined
    const made = views.keeping('a', () => new Promise((resolve) => (done = resolve)))
    views.forget('a')
    const renewed = views.keeping('a', () => Promise.resolve(after))
    expect(await renewed).toBe(after)
    done(before)
    // Who has asked before has the answer of before.
    expect(await made).toBe(before)
    expect(views.find('a')).toBe(after)
  })

  it('that cannot be made are tried again', async () => {
    const views = createKeptViews<View>()
    await expect(views.keeping('a', () => Promise.reject(new Error('full')))).rejects.toThrow('full')
    await views.keeping('a', () => Promise.resolve(viewOf('a')))
    expect(views.find('a')?.name).toBe('a')
  })
})
