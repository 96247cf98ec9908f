/** The registry: pages of the index, downloads and uploads, beside servers that do only one of these. */
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { medianAndRange } from './commands.ts'
import { PAGES, pageFiles, type Content } from './registry-fixture.ts'
import { benchLarge, LARGE_WHEEL, makeLargeWheel, type LargeWheel } from './registry-large.ts'
import {
  needRegistryPeers,
  peerVersions,
  startBareNode,
  startNginx,
  startProxpi,
  startPypiserver,
  type Peer,
} from './registry-peers.ts'
import { makeStores, type RegistryServer, type Store } from './registry-stores.ts'
import { timeUploads, uploadCells } from './registry-uploads.ts'
import { median, table } from './report.ts'
import { shootInTurn, type Shooting, type Shots, type Target } from './wrk.ts'

export interface RegistryBench extends Shooting {
  readonly work: string
  readonly nodeOptions?: string | undefined
  readonly print: (title: string, text: string) => void
}

/** For uploads; the last one for everything else too. */
const SIZES = [10, 1000, 100_000] as const

export async function benchRegistry(bench: RegistryBench): Promise<void> {
  needRegistryPeers()
  const { work, print } = bench
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  const { content, all } = await makeStores({ ...bench, sizes: SIZES })
  const folders = makeFolders(work, content)
  const uploads: string[][] = []
  const pages: string[][] = []
  console.log(`${peerVersions()}\n`)
  for (const store of all) {
    const done = await benchStore(bench, { store, content, folders })
    pages.push(...done.pages)
    uploads.push(...done.uploads)
    if (done.downloads !== undefined) print('Downloads from disk, 8 clients', done.downloads)
  }
  print('Pages of the index in JSON, 8 clients', table(PAGE_HEAD, pages))
  print('An upload, one client', table(['server', 'packages stored', 'ms (range)', 'ours over it'], uploads))
  const last = all.at(-1)
  if (last !== undefined) print('A wheel of 1 GiB, pages at 100 a second', await large(bench, last, folders))
}

interface Folders {
  readonly packages: string
  readonly files: string
  readonly pages: string
  readonly wheel: LargeWheel
}

/** What the peers serve: the same names and bytes. */
function makeFolders(work: string, content: Content): Folders {
  const [packages, files, pages] = ['pypiserver', 'nginx', 'pages'].map((name) => join(work, name)) as [
    string,
    string,
    string,
  ]
  for (const folder of [packages, files, pages]) mkdirSync(folder, { mode: 0o755 })
  for (const name of ['eight', 'many'] as const)
    for (const file of pageFiles(name)) writeFileSync(join(packages, file), content.shared.bytes)
  for (const [name, bytes] of content.bytes) writeFileSync(join(files, name), bytes, { mode: 0o644 })
  const wheel = makeLargeWheel(work)
  linkSync(wheel.path, join(files, LARGE_WHEEL))
  return { packages, files, pages, wheel }
}

interface OnStore {
  readonly store: Store
  readonly content: Content
  readonly folders: Folders
}

interface StoreRows {
  readonly pages: string[][]
  readonly uploads: string[][]
  readonly downloads?: string
}

/** Uploads on every store, pages on the first and the last, all peers beside the last. */
async function benchStore(bench: RegistryBench, { store, content, folders }: OnStore): Promise<StoreRows> {
  const { work } = bench
  const isLast = store.packages === SIZES.at(-1)
  const running: Peer[] = []
  const up = async <Started extends Peer>(started: Promise<Started>): Promise<Started> => {
    const peer = await started
    running.push(peer)
    return peer
  }
  try {
    const ours = await up(store.start())
    const sides: PageSide[] = [{ side: 'wheelseal', server: ours, under: `${ours.pypi}/simple/`, after: '/' }]
    if (store.packages === SIZES[1]) return { pages: [], uploads: [await uploadRow(store, ours)] }
    await savePages(ours, folders.pages)
    const bare = await up(startBareNode(work, folders.pages))
    sides.push({ side: 'bare Node', server: bare, under: `${bare.url}/`, after: '' })
    if (!isLast)
      return { pages: await pageRows(bench, store, sides), uploads: [await uploadRow(store, ours)] }
    const proxpi = await up(startProxpi(work, `${ours.pypi}/simple/`))
    sides.push({ side: 'proxpi', server: proxpi, under: `${proxpi.url}/index/`, after: '/' })
    const pypiserver = await up(startPypiserver(work, folders.packages))
    sides.push({
      side: 'pypiserver (HTML)',
      server: pypiserver,
      under: `${pypiserver.url}/simple/`,
      after: '/',
    })
    const nginx = await up(startNginx(work, folders.files))
    const pages = await pageRows(bench, store, sides)
    const downloads = await benchDownloads(bench, content, { ours, nginx })
    const own = await timeUploads(uploadTarget(ours))
    const theirs = await timeUploads({ url: `${pypiserver.url}/`, token: '', status: 200 })
    const ratio = `${(median(theirs) / median(own)).toFixed(2)}×`
    const uploads = [
      ['wheelseal', String(store.packages), uploadCells(own), ''],
      ['pypiserver, nothing checked or made durable', '2', uploadCells(theirs), ratio],
    ]
    return { pages, uploads, downloads }
  } finally {
    for (const peer of running.toReversed()) await peer.stop()
  }
}

function uploadTarget(ours: RegistryServer) {
  return { url: ours.pypi, token: ours.token, status: 201 }
}

async function uploadRow(store: Store, ours: RegistryServer): Promise<string[]> {
  return ['wheelseal', String(store.packages), uploadCells(await timeUploads(uploadTarget(ours))), '']
}

const JSON_TYPE = { Accept: 'application/vnd.pypi.simple.v1+json' }

/** For the server that does nothing but send them. */
async function savePages(ours: RegistryServer, folder: string): Promise<void> {
  for (const name of Object.keys(PAGES)) {
    const answer = await fetch(`${ours.pypi}/simple/${name}/`, { headers: JSON_TYPE })
    writeFileSync(join(folder, name), new Uint8Array(await answer.arrayBuffer()))
  }
}

const PAGE_HEAD = [
  'page',
  'packages stored',
  'server',
  'per second (range)',
  'p50 ms',
  'p99 ms',
  'CPU ms per request',
  'ours over it',
]

interface PageSide {
  readonly side: string
  readonly server: Peer
  /** Before and after the name of the package. */
  readonly under: string
  readonly after: string
}

async function pageRows(
  bench: RegistryBench,
  { packages }: Store,
  sides: readonly PageSide[],
): Promise<string[][]> {
  const rows: string[][] = []
  for (const name of ['eight', 'many'] as const) {
    const targets = sides.map(({ side, server, under, after }): Target => {
      return { side, url: `${under}${name}${after}`, pids: [server.pid] }
    })
    for (const target of targets) await expectPage(target, name)
    const found = await shootInTurn(targets, bench)
    for (const shots of found) {
      const cells = [`${PAGES[name]} files`, String(packages), shots.side, medianAndRange(shots.perSecond)]
      rows.push([...cells, ...latencies(shots), overIt(found, shots, (one) => one.perSecond)])
    }
  }
  return rows
}

/** Before it is measured: it has every file, in JSON or as links. */
async function expectPage({ side, url }: Target, name: keyof typeof PAGES): Promise<void> {
  const answer = await fetch(url, { headers: JSON_TYPE })
  const text = await answer.text()
  const count = text.startsWith('{')
    ? (JSON.parse(text) as { files: unknown[] }).files.length
    : text.split('</a>').length - 1
  if (!answer.ok || count !== PAGES[name])
    throw new Error(`${side}: ${url} is ${answer.status} with ${count} files`)
}

function latencies({ p50Ms, p99Ms, cpuMs }: Shots): string[] {
  return [median(p50Ms).toFixed(2), median(p99Ms).toFixed(1), median(cpuMs).toFixed(3)]
}

/** The first are ours. */
function overIt(all: readonly Shots[], one: Shots, read: (shots: Shots) => readonly number[]): string {
  const [ours] = all
  if (ours === undefined || one === ours) return ''
  return `${(median(read(ours)) / median(read(one))).toFixed(2)}×`
}

interface DownloadSides {
  readonly ours: RegistryServer
  readonly nginx: Peer
}

async function benchDownloads(
  bench: RegistryBench,
  { large: file, small }: Content,
  { ours, nginx }: DownloadSides,
): Promise<string> {
  const folder = new URL(`${ours.pypi}/files`).pathname
  const pathsOf = (name: string, paths: readonly string[]): string => {
    const list = join(bench.work, name)
    writeFileSync(list, `${paths.join('\n')}\n`)
    return list
  }
  const sides = [
    {
      side: 'wheelseal',
      server: ours,
      path: (one: typeof file) => `${folder}/${one.sha256}/${one.fileName}`,
    },
    { side: 'nginx', server: nginx, path: (one: typeof file) => `/${one.fileName}` },
  ]
  const rows: string[][] = []
  for (const [title, files] of [
    ['50 MB', [file]],
    [`100 kB, ${small.length} files in turn`, small],
  ] as const) {
    const targets = sides.map(({ side, server, path }): Target => {
      const paths = pathsOf(`paths-${side}`, files.map(path))
      return { side, url: server.url, paths, pids: [server.pid], answerBytes: files[0]?.size ?? 0 }
    })
    const found = await shootInTurn(targets, bench)
    for (const shots of found) {
      const speed = medianAndRange(shots.bytesPerSecond.map((bytes) => bytes / 1e6))
      const cells = [title, shots.side, speed, medianAndRange(shots.perSecond)]
      rows.push([...cells, ...latencies(shots), overIt(found, shots, (one) => one.bytesPerSecond)])
    }
  }
  return table(['files', 'server', 'MB/s (range)', ...PAGE_HEAD.slice(3)], rows)
}

/** On a server that has done nothing else, so that its memory is that of this. */
async function large(
  { work }: RegistryBench,
  store: Store,
  { packages, files, wheel }: Folders,
): Promise<string> {
  const running: Peer[] = []
  const up = async <Started extends Peer>(started: Promise<Started>): Promise<Started> => {
    const peer = await started
    running.push(peer)
    return peer
  }
  try {
    const ours = await up(store.start())
    const pypiserver = await up(startPypiserver(work, packages))
    const nginx = await up(startNginx(work, files))
    return await benchLarge(wheel, { ours, pypiserver, nginx })
  } finally {
    for (const peer of running.toReversed()) await peer.stop()
  }
}
