import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Access } from '../../access/index.ts'
import { parseFileName } from '../../formats/python/index.ts'
import { createOwnRegistry, type SealAnswer, type Upstream } from '../../gate/index.ts'
import { describeUpstream, wheelOf, type UpstreamScene } from '../../gate/upstream.contract.ts'
import { silentLog, systemClock, systemFiles } from '../../host/index.ts'
import { createApp, genericRoutes, listen, pypiGroupRoutes, pypiRoutes } from '../../http/index.ts'
import { createGateUpstream } from '../../net/index.ts'
import { bytesOf, makeSeal, openBench, OTHER, PROJECT, type Bench } from '../../registry/seals/arrange.ts'

/** A registry as its own server has it, and as another gate reaches it. */
interface Served {
  readonly bench: Bench
  readonly own: (path: string) => Upstream
  readonly remote: (place: string, seals: 'provenance' | 'generic') => Upstream
  readonly close: () => Promise<void>
}

const GROUP = { id: 1, path: 'acme', name: 'acme' }
const PROJECTS = [PROJECT, OTHER]
/** Everybody may read everything: who may is not the business of an upstream. */
const access = {
  findProject: async (asked: number | string) =>
    PROJECTS.find(({ id, path }) => id === asked || path === asked),
  findGroup: async (asked: number | string) => [GROUP].find(({ id, path }) => id === asked || path === asked),
  projectsBelow: async () => PROJECTS.map(({ id }) => id),
  may: async () => true,
  maySee: async () => true,
  maySeeGroup: async () => true,
} as unknown as Access

async function serve(): Promise<Served> {
  const bench = await openBench()
  let app: ReturnType<typeof createApp> | undefined
  const fetch = (...asked: Parameters<NonNullable<typeof app>['fetch']>) =>
    app?.fetch(...asked) ?? new Response(null, { status: 503 })
  const listening = await listen({ fetch }, { host: '127.0.0.1', port: 0 })
  const host = `127.0.0.1:${listening.port}`
  const externalUrl = `http://${host}`
  const { pypi, generic } = bench.registry
  const parts = { access, log: silentLog, externalUrl }
  const routes = [
    pypiRoutes({ pypi, ...parts }),
    pypiGroupRoutes({ pypi, ...parts }),
    genericRoutes({ generic, ...parts }),
  ]
  app = createApp({ hosts: [host], log: silentLog, routes })
  const ports = { env: {}, files: systemFiles, clock: systemClock }
  return {
    bench,
    own: (path) => createOwnRegistry({ name: 'ours', path, pypi, seals: bench.seals, access, externalUrl }),
    remote: (place, seals) => {
      const url = `${externalUrl}/api/v4/${place}/packages/pypi/simple/`
      return createGateUpstream({ name: 'ours', url, files: [], seals }, ports)
    },
    close: async () => {
      await listening.close(0)
      await bench.close()
    },
  }
}

async function publish(
  { registry }: Bench,
  fileName: string,
  how: { isAttested?: boolean; content?: string } = {},
) {
  const { isAttested = false, content = fileName } = how
  const bytes = bytesOf(fileName, content)
  const attestations = isAttested ? `[${makeSeal({ of: fileName, bytes, content }).attestation}]` : undefined
  await registry.pypi.publish(PROJECT, {
    name: 'demo',
    version: parseFileName(fileName).version.normal,
    fileName,
    sha256Digest: undefined,
    requiresPython: undefined,
    attestations,
    content: await registry.pypi.stage(ReadableStream.from([bytes])),
  })
  return bytes
}

async function seal(bench: Bench, fileName: string, kind: 'bundle' | 'pair'): Promise<void> {
  const made = makeSeal({ of: fileName, content: fileName })
  const version = fileName.split('-')[1] ?? ''
  bench.entries = [made.entry]
  if (kind === 'bundle') await bench.put(`${fileName}.sigstore.json`, made.bundle, { version })
  else {
    await bench.put(`${fileName}.sig`, made.sig, { version })
    await bench.put(`${fileName}.crt`, made.crt, { version })
  }
}

function sceneOf(served: Served, upstream: Upstream, finds: UpstreamScene['finds']): UpstreamScene {
  const { bench, close } = served
  const { curation } = bench.registry
  return {
    upstream,
    finds,
    publish: (fileName, how) => publish(bench, fileName, how),
    seal: (fileName, kind) => seal(bench, fileName, kind),
    yank: async (version, reason) => {
      await curation.yank(PROJECT, { name: 'demo', version }, reason)
    },
    quarantine: async () => {
      await curation.setStatus(PROJECT, 'demo', { status: 'quarantined', reason: 'looked at' })
    },
    close,
  }
}

describeUpstream('a project of the own registry', async () => {
  const served = await serve()
  return sceneOf(served, served.own('acme/app'), ['provenance', 'bundle', 'pair'])
})
describeUpstream('a group of the own registry', async () => {
  const served = await serve()
  return sceneOf(served, served.own('acme'), ['provenance', 'bundle', 'pair'])
})
describeUpstream('the same project over HTTP, by its provenance', async () => {
  const served = await serve()
  return sceneOf(served, served.remote('projects/20', 'provenance'), ['provenance'])
})
describeUpstream('the same project over HTTP, by its generic packages', async () => {
  const served = await serve()
  return sceneOf(served, served.remote('projects/20', 'generic'), ['bundle', 'pair'])
})

describe('the own registry, asked in process and over HTTP', () => {
  let served: Served
  beforeAll(async () => {
    served = await serve()
    const { bench } = served
    await publish(bench, wheelOf('1.0'))
    await publish(bench, wheelOf('1.1'), { isAttested: true })
    await publish(bench, 'demo-1.1.tar.gz')
    await publish(bench, wheelOf('1.2'))
    await bench.registry.curation.yank(PROJECT, { name: 'demo', version: '1.0' }, '')
    await bench.registry.curation.quarantine(PROJECT, { name: 'demo', version: '1.2' }, 'looked at')
    await seal(bench, wheelOf('1.0'), 'pair')
  })
  afterAll(() => served.close())

  const pageOf = async (upstream: Upstream) => {
    const answer = await upstream.page('demo', { etag: null })
    if (answer.kind !== 'page') throw new Error(answer.kind)
    const { etag: _etag, ...page } = answer.page
    return page
  }
  const sealsOf = (answer: SealAnswer) => {
    if (answer.kind === 'blind') throw new Error('blind')
    return answer.seals.map(({ kind, sha256 }) => `${kind} ${sha256}`)
  }

  it.each([
    ['project', 'acme/app', 'projects/20'],
    ['group', 'acme', 'groups/1/-'],
  ])('gives the same page of a %s, file for file', async (_what, path, place) => {
    const [own, remote] = [await pageOf(served.own(path)), await pageOf(served.remote(place, 'provenance'))]
    expect(own).toEqual(remote)
    expect(own.files.map(({ fileName }) => fileName)).toEqual([
      wheelOf('1.0'),
      wheelOf('1.1'),
      'demo-1.1.tar.gz',
    ])
  })

  it('gives every seal that is found over HTTP', async () => {
    const upstream = served.own('acme/app')
    for (const kind of ['provenance', 'generic'] as const) {
      const remote = served.remote('projects/20', kind)
      const { files } = await pageOf(remote)
      const found: string[] = []
      for (const file of files) {
        if (file.sha256 === null) throw new Error('no digest')
        const asked = { ...file, sha256: file.sha256 }
        const theirs = sealsOf(await remote.seals('demo', asked))
        const ours = sealsOf(await upstream.seals('demo', asked))
        expect(ours).toEqual(expect.arrayContaining(theirs))
        found.push(...theirs)
      }
      expect(found.length).toBe(1)
    }
  })

  it('has no page of a name that another group has, and says where none of that path is', async () => {
    expect(await served.own('acme/app-evil').page('demo', { etag: null })).toEqual({ kind: 'unknown' })
    await expect(served.own('nowhere').page('demo', { etag: null })).rejects.toMatchObject({
      code: 'gate.registry',
      message: expect.stringContaining('nowhere'),
    })
  })

  it('gives a seal that holds for whomever, also where what came later holds for nobody', async () => {
    const upstream = served.own('acme/app')
    const [file] = (await pageOf(upstream)).files
    if (file === undefined || file.sha256 === null) throw new Error('no file')
    const asked = { ...file, sha256: file.sha256 }
    const before = sealsOf(await upstream.seals('demo', asked))
    expect(before).toEqual([expect.stringMatching(/^pair /)])
    const { sig } = makeSeal({ of: wheelOf('1.0'), content: 'other bytes' })
    await served.bench.put(`${wheelOf('1.0')}.sig`, sig, { version: '1.0' })
    expect(sealsOf(await upstream.seals('demo', asked))).toContain(before[0])
  })
})
