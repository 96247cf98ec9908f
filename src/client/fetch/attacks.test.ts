import type { RequestListener } from 'node:http'
import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeError, readCapped, sha256Hex, utf8, WheelsealError } from '../../base/index.ts'
import { openStaging } from '../../host/index.ts'
import type { Download } from '../../net/index.ts'
import { fileBundle } from '../../verify/attacks/arrange.ts'
import type { ChosenFile } from '../../packaging/index.ts'
import { exactly } from '../../verify/index.ts'
import type { VerifyPlan } from '../verify/index.ts'
import {
  answering,
  bundleOf,
  entry,
  fetchIo,
  generic,
  honest,
  json,
  openFetchBench,
  page,
  PAGE,
  planFor,
  SDIST,
  WHEEL,
  withAnswers,
  without,
  type Answers,
  type FetchBench,
} from './arrange.ts'
import { fetchFiles } from './index.ts'
import { createRemoteFiles } from './remote-files.ts'

let bench: FetchBench
beforeEach(async () => {
  bench = await openFetchBench()
})
afterEach(() => bench.close())

/** The code of the refusal, of a file or of all; nothing may be left then. */
async function refusal(answers: Answers, changes: Partial<VerifyPlan> = {}): Promise<string> {
  const code = await bench.fetched(answers, changes).then(
    ({ files }) => files.find(({ outcome }) => !outcome.verified)?.outcome.reason ?? 'verified',
    (error: unknown) => (error instanceof WheelsealError ? error.code : describeError(error)),
  )
  expect(await readdir(bench.folder)).toEqual([])
  return code
}

/** Whose bytes are its name. */
function listedFile(fileName: string): ChosenFile {
  const sha256 = sha256Hex(utf8(fileName))
  const nothing = { sizeBytes: undefined, yanked: undefined, provenanceUrl: undefined }
  return { fileName, url: fileName, sha256, kind: 'sdist', ...nothing }
}

describe('an index that lies', () => {
  it.each<[string, string, () => Answers]>([
    [
      'other bytes than it lists',
      'packaging.digest',
      () => new Map([[`/files/${WHEEL}`, utf8('the bytes of a wheeL')]]),
    ],
    ['fewer bytes', 'packaging.digest', () => new Map([[`/files/${WHEEL}`, utf8('the bytes')]])],
    ['no bytes', 'packaging.digest', () => new Map([[`/files/${SDIST}`, utf8('')]])],
    [
      'the digest of an evil file, whose bytes it has',
      'verify.signature',
      () =>
        new Map<string, Uint8Array | RequestListener>([
          [PAGE, page([entry(WHEEL, { hashes: entry('evil')['hashes'] })])],
          [`/files/${WHEEL}`, utf8('evil')],
        ]),
    ],
    ['another size', 'packaging.digest', () => new Map([[PAGE, page([entry(WHEEL, { size: 21 })])]])],
    ['a smaller size', 'base.too-large', () => new Map([[PAGE, page([entry(WHEEL, { size: 19 })])]])],
    ['no digest', 'packaging.no-digest', () => new Map([[PAGE, page([entry(WHEEL, { hashes: {} })])]])],
    [
      'another algorithm',
      'packaging.no-digest',
      () => new Map([[PAGE, page([entry(WHEEL, { hashes: { md5: 'ab' } })])]]),
    ],
    [
      'two digests of one file',
      'packaging.ambiguous',
      () => new Map([[PAGE, page([entry(WHEEL), entry(WHEEL, { hashes: entry('evil')['hashes'] })])]]),
    ],
    [
      'two spellings of one file',
      'packaging.ambiguous',
      () => new Map([[PAGE, page([entry(SDIST), entry('demo-1.0.0.tar.gz')])]]),
    ],
    [
      'a path for a name',
      'net.reply',
      () => new Map([[PAGE, page([entry(WHEEL), entry('../demo-1.0.tar.gz')])]]),
    ],
    [
      'a file of another package',
      'packaging.absent',
      () => new Map([[PAGE, page([entry('other-1.0.tar.gz')])]]),
    ],
    [
      'a project in quarantine',
      'packaging.quarantined',
      () => new Map([[PAGE, page([entry(WHEEL)], { 'project-status': { status: 'quarantined' } })]]),
    ],
    [
      'the seal of another file',
      'verify.signature',
      () => new Map([[generic(`${SDIST}.sigstore.json`), json(fileBundle())]]),
    ],
    [
      'the attestation of another file',
      'verify.attestation',
      () => new Map([[generic(`${WHEEL}.sigstore.json`), json(bundleOf(SDIST))]]),
    ],
    [
      'a file that it does not have',
      'packaging.absent',
      () => new Map([[`/files/${WHEEL}`, answering(404, {})]]),
    ],
    [
      'an error in place of a file',
      'net.refused',
      () => new Map([[`/files/${WHEEL}`, answering(403, {}, 'no')]]),
    ],
    [
      'an error in place of a seal',
      'net.refused',
      () => new Map([[generic(`${WHEEL}.sigstore.json`), answering(403, {}, 'no')]]),
    ],
    [
      'a connection that is cut off',
      'net.unreachable',
      () =>
        new Map([
          [
            `/files/${WHEEL}`,
            (_q, response) => {
              response.writeHead(200, { 'content-length': '20' })
              response.write('the bytes', () => response.destroy())
            },
          ],
        ]),
    ],
    [
      'a page that is no index',
      'net.reply',
      () => new Map([[PAGE, answering(200, { 'content-type': 'text/plain' }, 'x')]]),
    ],
    [
      'JSON that is nested a hundred thousand times',
      'net.reply',
      () =>
        new Map([
          [
            PAGE,
            answering(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }, '['.repeat(100_000)),
          ],
        ]),
    ],
    [
      'a million links',
      'net.reply',
      () =>
        new Map([
          [
            PAGE,
            answering(200, { 'content-type': 'text/html' }, '<a href="demo-2.0.tar.gz">'.repeat(1_000_000)),
          ],
        ]),
    ],
  ])('about %s is refused (%s), and nothing is left', async (_what, code, lie) => {
    expect(await refusal(withAnswers(lie()))).toBe(code)
  })

  it('without a seal is refused, whichever file it is of', async () => {
    for (const name of [WHEEL, SDIST])
      expect(await refusal(without(generic(`${name}.sigstore.json`)))).toBe('verify.no-seal')
  })

  it('that serves the files of another signer is refused', async () => {
    const policy = {
      anyOf: [{ san: exactly('someone@else.example'), issuer: exactly('https://gitlab.example') }],
    }
    expect(await refusal(honest(), { expectation: { kind: 'policy', policy } })).toBe('verify.identity')
  })

  it('that never ends is cut off after what it lists', async () => {
    let isClosed = false
    const endless = withAnswers(
      new Map([
        [PAGE, page([entry(WHEEL, { size: 1 << 20 })])],
        [
          `/files/${WHEEL}`,
          (_request, response) => {
            response.on('close', () => {
              isClosed = true
            })
            const more = (): void => {
              if (!response.destroyed) response.write(Buffer.alloc(1 << 16), more)
            }
            more()
          },
        ],
      ]),
    )
    expect(await refusal(endless)).toBe('base.too-large')
    await expect.poll(() => isClosed).toBe(true)
  })

  it('that leads to another host gets no token there, and is refused', async () => {
    const other = await bench.index(honest())
    const redirect: Answers = new Map([
      [`/files/${WHEEL}`, answering(302, { location: `${other.url}/files/${WHEEL}` })],
    ])
    const listed: Answers = new Map([[PAGE, page([entry(WHEEL, { url: `${other.url}/files/${WHEEL}` })])]])
    const seal: Answers = new Map([
      [generic(`${WHEEL}.sigstore.json`), answering(302, { location: `${other.url}/s` })],
    ])
    for (const lie of [redirect, listed, seal]) expect(await refusal(withAnswers(lie))).toBe('net.other-host')
    const forward: Answers = new Map([[PAGE, answering(302, { location: `${other.url}/simple/demo/` })]])
    expect(await refusal(withAnswers(forward))).toBe('packaging.absent')
    expect(other.asked).toEqual([])
  })

  it('leaves nothing when it is stopped before all is in place', async () => {
    const stop = new AbortController()
    const { url } = await bench.index(honest())
    let left = 2
    const onEach = (): void => {
      left -= 1
      if (left === 0) stop.abort(new Error('stopped'))
    }
    const io = { ...fetchIo(stop.signal), onEach }
    await expect(fetchFiles(planFor(url, bench.out), io)).rejects.toThrow('stopped')
    expect(await readdir(bench.folder)).toEqual([])
  })

  it('has a limit for all files together, whatever sizes it lists', async () => {
    const staging = await openStaging(bench.out)
    const parts = (text: string): Download => ({
      ...{ url: '', headers: {} },
      parts: (async function* body() {
        yield utf8(text)
      })(),
    })
    const remote = createRemoteFiles({
      files: [WHEEL, SDIST].map(listedFile),
      readSeal: async () => undefined,
      downloader: { open: async (url) => parts(url) },
      ...{ staging, maxBytes: WHEEL.length + SDIST.length - 1 },
    })
    const size = async (name: string): Promise<number> => (await readCapped(remote.stream(name), 1000)).length
    expect(await size(WHEEL)).toBe(WHEEL.length)
    await expect(size(SDIST)).rejects.toMatchObject({ code: 'packaging.too-many' })
    await staging.end()
  })

  it('leaves nothing when it is stopped in the middle of a file', async () => {
    const stop = new AbortController()
    const answers = withAnswers(
      new Map([
        [
          `/files/${SDIST}`,
          (_request, response) => {
            response.write('the bytes', () => stop.abort(new Error('stopped')))
          },
        ],
      ]),
    )
    const { url } = await bench.index(answers)
    await expect(fetchFiles(planFor(url, bench.out), fetchIo(stop.signal))).rejects.toThrow('stopped')
    expect(await readdir(bench.folder)).toEqual([])
  })
})
