import { beforeEach, describe, expect, it } from 'vitest'
import {
  DAY_MS,
  entryFor,
  fetched,
  netError,
  NEWER,
  offer,
  openBench,
  refusalFor,
  settle,
  WHEEL,
  type Bench,
} from './arrange.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  offer(bench.upstream, WHEEL)
  return () => bench.close()
})

const pages = (): number => bench.upstream.asked.filter((one) => one === 'page demo').length
const SIGNPOST = 'demo-0+wheelseal.refuses.demo-py3-none-any.whl'

function die(): void {
  bench.upstream.failing.set('page', () => Promise.reject(netError()))
}

async function versions(): Promise<readonly string[]> {
  return (await bench.gate.page('demo')).files.map(({ version }) => version)
}

describe('a link that cannot be read', () => {
  const first = 'a link has the scheme ftp'
  const sentence = `2 links on the page of demo at pypi could not be read (the first: ${first})`
  const soon = async (): Promise<readonly string[]> => (await bench.gate.status(0)).soon

  it('is told by status, by the release, and by one that is not there, until it can be read', async () => {
    bench.upstream.unread = { count: 2, first, reason: first }
    expect(await versions()).toEqual(['1.0'])
    expect(await soon()).toEqual([sentence])
    expect((await bench.gate.why('demo', '1.0')).next).toContain(sentence)
    await expect(bench.gate.why('demo', '2.0')).rejects.toMatchObject({
      code: 'gate.unknown',
      message: `pypi has no such version of demo; ${sentence}`,
    })
    expect(bench.logged).toContain('gate.links-unread')
    bench.upstream.unread = undefined
    await bench.pass(60_000)
    expect([await versions(), await soon()]).toEqual([['1.0'], []])
    expect((await bench.gate.why('demo', '1.0')).next).not.toContain(sentence)
  })

  it('of many names is told of three', async () => {
    bench.upstream.unread = { count: 1, first: 'x', reason: 'x' }
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      offer(bench.upstream, `${name}-1.0-py3-none-any.whl`)
      await bench.gate.page(name)
    }
    expect(await soon()).toHaveLength(4)
    expect((await soon()).at(-1)).toBe('and so it is on 2 more pages of pypi')
  })
})

describe('the page of a name', () => {
  it('is asked for once by all who ask at once, and again after a minute', async () => {
    await Promise.all([1, 2, 3].map(versions))
    await bench.pass(59_999)
    offer(bench.upstream, NEWER)
    expect([await versions(), pages()]).toEqual([['1.0'], 1])
    await bench.pass(1)
    expect([await versions(), pages()]).toEqual([['1.0', '2.0'], 2])
  })

  it('is the same object while nothing changes, whoever was asked in between', async () => {
    const before = await bench.gate.page('demo')
    await bench.pass(60_000)
    expect(await bench.gate.page('demo')).toBe(before)
  })

  it('stays while its upstream is dead, until the limit', async () => {
    await versions()
    die()
    await bench.pass(7 * DAY_MS - 1)
    expect([await versions(), await fetched(bench.gate, WHEEL)]).toEqual([['1.0'], 'allowed'])
    await bench.pass(1)
    expect(entryFor(await bench.gate.page('demo'), WHEEL)?.yanked).toContain('(gate.stale)')
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({ status: 403, code: 'gate.stale' })
    bench.upstream.failing.clear()
    await bench.pass(5_000)
    expect([entryFor(await bench.gate.page('demo'), WHEEL)?.yanked, await versions()]).toEqual([
      null,
      ['1.0'],
    ])
  })

  it('is not asked of a dead upstream for each request', async () => {
    await versions()
    die()
    await bench.pass(60_000)
    for (let request = 0; request < 5; request += 1) await versions()
    expect(pages()).toBe(2)
    await bench.pass(5_000)
    await versions()
    expect(pages()).toBe(3)
  })

  it('does not wait longer than three seconds for an upstream that is silent', async () => {
    await versions()
    let answer: () => void = () => undefined
    bench.upstream.failing.set(
      'page',
      () =>
        new Promise<never>((_resolve, reject) => {
          answer = () => reject(netError())
        }),
    )
    await bench.pass(60_000)
    const page = versions()
    await settle()
    await bench.pass(3_000)
    expect(await page).toEqual(['1.0'])
    // Nor does the next one.
    expect([await versions(), pages()]).toEqual([['1.0'], 2])
    answer()
  })

  it('is asked again by a clock that went back', async () => {
    await versions()
    die()
    await bench.pass(60_000)
    await versions()
    bench.upstream.failing.clear()
    await bench.pass(-DAY_MS)
    await versions()
    expect(pages()).toBe(3)
  })

  it('says that its upstream is dead where nothing is kept', async () => {
    die()
    expect((await bench.gate.page('demo')).files).toMatchObject([{ fileName: SIGNPOST, yanked: null }])
    const refusal = await bench.gate.file({ upstream: '-', path: SIGNPOST, kind: 'metadata' })
    expect(refusal).toMatchObject({
      status: 424,
      code: 'gate.upstream',
      sentence: expect.stringContaining('demo: pypi did not answer, and nothing is kept; see '),
    })
    expect(await refusalFor(bench.gate, WHEEL)).toMatchObject({ status: 424 })
    bench.upstream.failing.clear()
    await bench.pass(5_000)
    expect(await versions()).toEqual(['1.0'])
    const after = bench.gate.file({ upstream: '-', path: SIGNPOST, kind: 'metadata' })
    await expect(after).rejects.toMatchObject({ code: 'gate.unknown' })
  })

  it('is unknown where its upstream forwards it, which is logged and not followed', async () => {
    const page = async () => ({ kind: 'unknown', forwardedTo: 'index.example' }) as const
    const upstreams = bench.parts.upstreams.map((one) =>
      Object.assign({}, one, { client: { ...one.client, page } }),
    )
    await expect(bench.reopen({ upstreams }).page('nobody')).rejects.toMatchObject({ code: 'gate.unknown' })
    expect(bench.logged).toEqual(['gate.not-forwarded'])
  })

  it('is unknown where its upstream says so, and nothing is kept of it', async () => {
    for (let request = 0; request < 2; request += 1)
      await expect(bench.gate.page('nobody')).rejects.toMatchObject({ code: 'gate.unknown', status: 404 })
    expect(bench.upstream.asked).toEqual(['page nobody', 'page nobody'])
    expect(await bench.store.findName({ upstream: '0123456789abcdef', name: 'nobody' })).toBeUndefined()
  })

  it('is made anew for the next one where it could not be made', async () => {
    let isFull = true
    const store = {
      ...bench.store,
      findSealSearches: (...asked: Parameters<typeof bench.store.findSealSearches>) =>
        isFull ? Promise.reject(new Error('the disk is full')) : bench.store.findSealSearches(...asked),
    }
    const gate = bench.reopen({ store })
    await expect(gate.page('demo')).rejects.toThrow('full')
    isFull = false
    expect((await gate.page('demo')).files).toHaveLength(1)
  })

  it('is served from what is kept where the store cannot be written, and that is no fault of the upstream', async () => {
    await versions()
    const store = { ...bench.store, keepPage: () => Promise.reject(netError('storage.full')) }
    const gate = bench.reopen({ store })
    await bench.pass(60_000)
    expect((await gate.page('demo')).files).toHaveLength(1)
    expect((await gate.status(0)).upstreams).toMatchObject([{ fact: null, failedAt: null }])
    expect(bench.logged).toContain('gate.page-not-kept')
  })
})

describe('a file that the page does not list', () => {
  it('is looked for again once its page is five seconds old, and not for each request', async () => {
    await versions()
    offer(bench.upstream, NEWER)
    await expect(fetched(bench.gate, NEWER)).rejects.toMatchObject({ code: 'gate.unknown' })
    expect(pages()).toBe(1)
    await bench.pass(5_000)
    expect(await fetched(bench.gate, NEWER)).toBe('allowed')
    expect(pages()).toBe(2)
  })

  it('is not asked of a dead upstream for each request either', async () => {
    await versions()
    die()
    await bench.pass(5_000)
    for (let request = 0; request < 3; request += 1)
      await expect(fetched(bench.gate, NEWER)).rejects.toMatchObject({ code: 'gate.unknown' })
    expect(pages()).toBe(2)
  })
})

describe('what an upstream takes back', () => {
  it('is gone where it was served, and not listed where it was not', async () => {
    offer(bench.upstream, NEWER)
    await fetched(bench.gate, WHEEL)
    bench.upstream.offers.clear()
    await bench.pass(60_000)
    const page = await bench.gate.page('demo')
    expect(page.files.map(({ fileName }) => fileName)).toEqual([SIGNPOST, WHEEL])
    expect(entryFor(page, WHEEL)?.yanked).toContain('(gate.gone)')
    expect(await fetched(bench.gate, NEWER)).toBe('gate.gone')
  })

  it('is noticed where a page is older than one before', async () => {
    bench.upstream.page = { serial: 7 }
    await versions()
    bench.upstream.page = { serial: 6 }
    await bench.pass(60_000)
    await versions()
    expect(bench.logged).toContain('gate.serial-back')
  })
})
