/** Attacks 32 to 45 on the index, its metadata, its transport and its names, each with the code that it meets. */
import { afterEach, describe, expect, it } from 'vitest'
import {
  ANYTHING,
  entryFor,
  fetched,
  gateUpstream,
  netError,
  NEWER,
  offer,
  openBench,
  provenanceOf,
  SEALED,
  WHEEL,
  type Bench,
} from '../../src/gate/life/arrange.ts'
import { systemClock, systemFiles } from '../../src/host/index.ts'
import { createGateUpstream } from '../../src/net/index.ts'
import { bytesOf, makeSeal, OTHER } from '../../src/registry/seals/arrange.ts'
import { answering, simplePage, type Answering } from '../support/answering.ts'
import { expectCovered } from '../support/covered.ts'
import { gateBehind, offered, type GateBehind } from '../support/gate-behind.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function gate(changes: Parameters<typeof openBench>[0] = {}): Promise<Bench> {
  const bench = await openBench(changes)
  closing.push(() => bench.close())
  return bench
}

async function behind(changes: Parameters<typeof gateBehind>[0] = {}): Promise<GateBehind> {
  const opened = await gateBehind(changes)
  closing.push(() => opened.close())
  return opened
}

const PATH = (sha256: string): string =>
  `/gate/prod/files/pypi/packages/${sha256.slice(0, 2)}/${sha256.slice(2, 12)}/${WHEEL}`
const EVIL = Buffer.from('Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: evil\n')

async function server(answer: Parameters<typeof answering>[0]): Promise<Answering> {
  const opened = await answering(answer)
  closing.push(() => opened.close())
  return opened
}

describe('attacks on metadata and pages', () => {
  it('32: metadata beside a wheel that is not its own never arrives: gate.metadata', async () => {
    const { index, served, bench } = await behind()
    const one = await offered(WHEEL, bytesOf(WHEEL), { sentMetadata: EVIL })
    index.offer(one)
    const answer = await served.ask(`${PATH(one.file.sha256)}.metadata`)
    expect(answer).toMatchObject({ status: 403, reason: expect.stringContaining('(gate.metadata)') })
    expect(String(answer.body)).not.toContain('evil')
    expect(await bench.store.listMismatches({ upstream: '0123456789abcdef', name: 'demo' })).toHaveLength(1)
    expect(index.asked.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('.metadata'))
    // Where the page has no digest of it, that of the wheel is served.
    const quiet = await gate()
    offer(quiet.upstream, WHEEL)
    quiet.upstream.metadata = EVIL
    expect(await fetched(quiet.gate, WHEEL, 'metadata')).toBe('allowed')
    expect(quiet.upstream.asked).not.toContain(`metadata ${WHEEL}`)
  })

  it('33: a page whose digest is that of an evil file: verify.attestation, gate.digest', async () => {
    const bench = await gate({ rules: SEALED })
    const provenance = provenanceOf(makeSeal().attestation)
    offer(bench.upstream, WHEEL, { bytes: bytesOf(WHEEL, 'evil'), provenance })
    expect(await fetched(bench.gate, WHEEL)).toBe('verify.attestation')
    const second = await gate({ rules: SEALED })
    offer(second.upstream, WHEEL, { provenance })
    expect(await fetched(second.gate, WHEEL)).toBe('allowed')
    offer(second.upstream, WHEEL, { bytes: bytesOf(WHEEL, 'evil'), provenance })
    await second.pass(60_000)
    expect(await fetched(second.gate, WHEEL)).toBe('gate.digest')
  })

  it('34: a file or a redirect on another host is not followed, nor handed to the client: gate.upstream', async () => {
    const other = await server(() => ({ body: bytesOf(WHEEL) }))
    const { bench, served, index } = await behind()
    const { file } = await offered(WHEEL, bytesOf(WHEEL))
    const listed = { filename: WHEEL, url: `/r/${WHEEL}`, hashes: { sha256: file.sha256 } }
    const liar = await server((path) =>
      path.startsWith('/r/')
        ? { status: 302, headers: { location: `${other.url}/x` }, body: '' }
        : simplePage('demo', [listed]),
    )
    const config = { name: 'pypi', url: `${liar.url}/simple/`, files: [], seals: 'none' } as const
    const client = createGateUpstream(config, { env: {}, files: systemFiles, clock: systemClock })
    const gateBefore = bench.reopen({ upstreams: [gateUpstream(bench.upstream, { key: 'liar', client })] })
    const asked = { upstream: 'pypi', path: `r/${WHEEL}`, kind: 'file' } as const
    const answer = await gateBefore.file(asked)
    expect(answer.kind === 'arriving' ? await answer.begin() : answer).toMatchObject({
      code: 'gate.upstream',
    })
    expect([liar.paths.length, other.paths]).toEqual([2, []])
    // A redirect on its own host is followed by the gate, and the client has the bytes.
    index.offer(await offered(WHEEL, bytesOf(WHEEL), { redirects: true }))
    expect(await served.ask(`/gate/prod/files/pypi/moved/${WHEEL}`)).toMatchObject({ status: 200 })
    await expectCovered([
      ['src/net/gate-upstream/file.test.ts', "['a host that is not listed', 'https://other.example/s'"],
      ['src/net/gate-upstream/file.test.ts', "['http', 'http://files.example/s'"],
      ['src/net/gate-upstream/file.test.ts', "['a file', 'file:///etc/passwd'"],
      ['src/net/gate-upstream/file.test.ts', "['itself', FILE"],
      ['src/net/gate-upstream/page.test.ts', "['another host', `https://other.example/${WHEEL}`"],
    ])
  })

  it('35: addresses of private networks, at once, by a redirect or by another answer of the resolver', () =>
    expectCovered([
      ['src/net/gate-upstream/hosts.test.ts', "'127.0.0.1', '169.254.169.254', '10.0.0.1', '::1'"],
      [
        'src/net/gate-upstream/hosts.test.ts',
        'leads to no listed host in a private network, at once or by a redirect',
      ],
      ['src/net/gate-upstream/file.test.ts', "['a decimal address', 'http://2130706433:1/s'"],
      ['src/net/gate-upstream/seals.test.ts', 'stay open where they are on a host that is not listed'],
    ]))

  it('36: what a middlebox writes into a page is said to be of the upstream, and is text', async () => {
    const { index, served, bench } = await behind()
    const yanked = '<script>alert(1)</script>"\u001b[31m\n\u202e' + 'x'.repeat(1_000_000)
    index.offer(await offered(WHEEL, bytesOf(WHEEL), { yanked }))
    const page = String((await served.ask('/gate/prod/simple/demo/')).body)
    expect(page).not.toMatch(/<script|[[\p{Cc}\p{Cf}]--[\n]]/v)
    expect(page.length).toBeLessThan(2000)
    expect(entryFor(await bench.gate.page('demo'), WHEEL)?.yanked).toMatch(
      /^upstream says: <script>.{1,180}$/,
    )
    await expectCovered([
      ['src/formats/python/simple-index/write.test.ts', 'makes texts harmless on a terminal and in a page'],
      ['src/net/gate-upstream/page.test.ts', 'may say in text what would be a script elsewhere'],
    ])
  })

  it('37: pages that unpack to more than they should', () =>
    expectCovered([
      ['src/net/gate-upstream/bombs.test.ts', 'more than a hundred times is left, and unpacked no further'],
      ['src/net/gate-upstream/bombs.test.ts', 'with more than the cap is left, and unpacked no further'],
      ['src/net/gate-upstream/bombs.test.ts', 'of files is no answer'],
      ['src/net/gate-upstream/bombs.test.ts', 'of headers is no answer'],
    ]))
})

describe('attacks on transport', () => {
  it('38: headers without end, a byte at a time, and requests that are two', () =>
    expectCovered([
      ['src/http/server.test.ts', 'a hundred of them are answered, one more is 431'],
      ['src/http/server.test.ts', 'that sends nothing, or headers a byte at a time, is answered 408 and cut'],
      ['src/http/server.test.ts', 'what is refused before any route sees it'],
      ['src/http/connections.test.ts', 'open nothing for a client that does not read'],
    ]))

  it('39: a thousand ranges, ranges of another file, a resume after a change', () =>
    expectCovered([
      ['src/http/gate-files.test.ts', 'is sent whole while it comes, and in one part when it is kept'],
    ]))

  it('40: paths, hosts and headers that would make another page', () =>
    expectCovered([
      ['src/http/gate-page.test.ts', 'is told where it is, on this gate'],
      [
        'src/http/gate-page.test.ts',
        'is the same by whatever host and through whatever proxy it is asked for',
      ],
      ['src/http/gate-page.test.ts', 'with another Accept poisons no page that is kept'],
      ['src/http/gate-files.test.ts', 'at no other that a server might resolve to it'],
    ]))

  it('41: "not changed" after another decision', () =>
    expectCovered([
      ['src/http/gate-page.test.ts', 'is never "not changed" after another decision'],
      ['src/http/gate-files.test.ts', 'is refused in the status line and as a problem, which nobody keeps'],
      ['src/http/gate-page.test.ts', 'has a tag for each form of its bytes'],
    ]))
})

describe('attacks on names', () => {
  it('42: names that look alike are no names, and their files are not on the page', async () => {
    const bench = await gate()
    offer(bench.upstream, WHEEL)
    for (const spelling of ['Demo', 'demo'])
      await expect(bench.gate.page(spelling.toLowerCase())).resolves.toMatchObject({ name: 'demo' })
    await expectCovered([
      ['src/http/gate-page.test.ts', 'of the name %s is unknown, and nobody is asked'],
      ['src/net/gate-upstream/page.test.ts', 'are those of its name, in any spelling'],
    ])
  })

  it('43: a private name with a higher version elsewhere is never looked up there: gate.private', async () => {
    const bench = await gate()
    const pypi = bench.parts.upstreams[0]!
    const asked: string[] = []
    const client = {
      ...pypi.client,
      page: async () => {
        asked.push('ours')
        return { kind: 'unknown' as const }
      },
    }
    const ours = gateUpstream(bench.upstream, {
      name: 'ours',
      key: 'ours',
      names: ['demo', 'acme-*'],
      client,
    })
    offer(bench.upstream, WHEEL)
    offer(bench.upstream, 'acme_tools-9.0.tar.gz')
    for (const mode of ['enforce', 'warn', 'off'] as const) {
      const both = bench.reopen({ mode, upstreams: [ours, pypi] })
      for (const name of ['demo', 'acme-tools']) {
        const { files } = await both.page(name)
        expect(files.map(({ version }) => version)).toEqual([`0+wheelseal.refuses.${name.replace('-', '.')}`])
        const signpost = { upstream: '-', path: files[0]!.fileName, kind: 'metadata' } as const
        expect(await both.file(signpost)).toMatchObject({ status: 403, code: 'gate.private' })
      }
      await expect(fetched(both, WHEEL)).rejects.toMatchObject({ code: 'gate.unknown' })
    }
    expect(bench.upstream.asked).toEqual([])
    expect(asked.length).toBeGreaterThan(0)
  })

  it('43: a private upstream that is dead leads nowhere else either: gate.upstream', async () => {
    const bench = await gate()
    const pypi = bench.parts.upstreams[0]!
    const dead = { ...pypi.client, page: () => Promise.reject(netError()) }
    const ours = gateUpstream(bench.upstream, { name: 'ours', key: 'ours', names: ['demo'], client: dead })
    offer(bench.upstream, WHEEL)
    const both = bench.reopen({ upstreams: [ours, pypi] })
    expect((await both.page('demo')).files.map(({ version }) => version)).toEqual([
      '0+wheelseal.refuses.demo',
    ])
    const own = { upstream: 'ours', path: `packages/${WHEEL}`, kind: 'file' } as const
    expect(await both.file(own)).toMatchObject({ status: 424, code: 'gate.upstream' })
    expect(bench.upstream.asked).toEqual([])
  })

  it('45: spellings of one version are one release, and a local version is another', async () => {
    const [longer, local] = ['demo-1.0.0.tar.gz', 'demo-1.0+x-py3-none-any.whl']
    const bench = await gate({ rules: SEALED })
    offer(bench.upstream, WHEEL, { provenance: provenanceOf(makeSeal().attestation) })
    const evil = (of: string) => provenanceOf(makeSeal({ of, project: OTHER }).attestation)
    offer(bench.upstream, local, { provenance: evil(local) })
    const yanks = async (fileName: string) => entryFor(await bench.gate.page('demo'), fileName)?.yanked
    expect([await yanks(WHEEL), await fetched(bench.gate, local)]).toEqual([null, 'verify.identity'])
    expect(await yanks(WHEEL)).toBeNull()
    offer(bench.upstream, longer, { provenance: evil(longer) })
    await bench.pass(60_000)
    expect(await yanks(WHEEL)).toContain('(gate.release)')
  })

  it('45: a build tag makes another file, which is judged by itself', async () => {
    const built = 'demo-1.0-1-py3-none-any.whl'
    const bench = await gate({ rules: SEALED })
    offer(bench.upstream, WHEEL, { provenance: provenanceOf(makeSeal().attestation) })
    offer(bench.upstream, built, { bytes: bytesOf(WHEEL), provenance: provenanceOf(makeSeal().attestation) })
    expect(await fetched(bench.gate, built)).toBe('verify.attestation')
    expect(await fetched(bench.gate, WHEEL)).toBe('gate.release')
    const open = await gate({ rules: ANYTHING })
    offer(open.upstream, built)
    expect(await fetched(open.gate, built)).toBe('allowed')
    await expect(fetched(open.gate, NEWER)).rejects.toMatchObject({ code: 'gate.unknown' })
  })
})
