/** Pages and files that a gate keeps, beside proxpi and nginx in front of the same index. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { medianAndRange } from './commands.ts'
import { DOWNLOAD_BYTES, DOWNLOADS, PAGES, type GateFixture } from './gate-fixture.ts'
import type { RunningGate } from './gate-servers.ts'
import type { Peer } from './registry-peers.ts'
import { median, table } from './report.ts'
import { shootInTurn, type Shooting, type Shots, type Target } from './wrk.ts'

export interface WarmSides {
  readonly gate: RunningGate
  readonly proxpi: Peer
  readonly nginx: Peer
}

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const HEAD = [
  'asked for',
  'server',
  'per second (range)',
  'p50 ms',
  'p99 ms',
  'CPU ms per request',
  'ours over it',
]

export async function warmTable(
  bench: Shooting & { readonly work: string; readonly fixture: GateFixture },
  sides: WarmSides,
): Promise<string> {
  const rows: string[][] = []
  for (const [title, targets] of await warmTargets(bench, sides)) {
    const found = await shootInTurn(targets, bench)
    for (const shots of found) rows.push([title, ...cells(found, shots)])
  }
  return table(HEAD, rows)
}

async function warmTargets(
  { work, fixture }: { readonly work: string; readonly fixture: GateFixture },
  sides: WarmSides,
): Promise<readonly (readonly [string, readonly Target[]])[]> {
  const all: [string, readonly Target[]][] = []
  for (const name of ['few', 'many'] as const) {
    const title = `page of ${PAGES[name].toLocaleString('en-US')} files`
    const plain = pageTargets(sides, name)
    for (const target of plain) await expectFiles(target, PAGES[name])
    const packed = plain.map((target) => ({ ...target, headers: ['Accept-Encoding: gzip'] }))
    all.push([`${title}, identity`, plain], [`${title}, gzip`, packed])
  }
  all.push(['page of 21 files, 304', await unchangedTargets(pageTargets(sides, 'few'))])
  const files = fixture.index[DOWNLOADS] ?? []
  const downloads = await fileTargets({ work, sides, count: files.length })
  all.push([`100 kB, ${files.length} files in turn`, downloads])
  return all
}

function pageTargets({ gate, proxpi, nginx }: WarmSides, name: string): readonly Target[] {
  return [
    { side: 'gate', url: `${gate.simple}${name}/`, pids: [gate.pid] },
    { side: 'proxpi', url: `${proxpi.url}/index/${name}/`, pids: [proxpi.pid] },
    { side: 'nginx cache', url: `${nginx.url}/simple/${name}/`, pids: [nginx.pid] },
  ]
}

/** Before it is measured: it has every file. */
async function expectFiles({ side, url }: Target, count: number): Promise<void> {
  const answer = await fetch(url, { headers: { Accept: JSON_TYPE } })
  const { files } = (await answer.json()) as { readonly files: readonly { readonly yanked?: unknown }[] }
  const shown = files.filter(({ yanked = false }) => yanked === false).length
  if (shown !== count) throw new Error(`${side}: ${url} has ${shown} files`)
}

/** Of those that have a tag; proxpi has none. */
async function unchangedTargets(targets: readonly Target[]): Promise<readonly Target[]> {
  const found: Target[] = []
  for (const target of targets) {
    const { headers } = await fetch(target.url, {
      headers: { Accept: JSON_TYPE, 'Accept-Encoding': 'identity' },
    })
    const tag = headers.get('etag')
    if (tag !== null) found.push({ ...target, headers: [`If-None-Match: ${tag}`] })
  }
  return found
}

interface Downloads {
  readonly work: string
  readonly sides: WarmSides
  readonly count: number
}

/** By the links of each side's own page; asked for once, so that all are kept. */
async function fileTargets({ work, sides, count }: Downloads): Promise<readonly Target[]> {
  const found: Target[] = []
  for (const { side, url, pids } of pageTargets(sides, DOWNLOADS)) {
    const answer = await fetch(url, { headers: { Accept: JSON_TYPE } })
    const { files } = (await answer.json()) as { readonly files: readonly { readonly url: string }[] }
    // What nginx passes on links to the index itself.
    const paths = files.map((file) => new URL(new URL(file.url, url).pathname, url).pathname)
    if (paths.length !== count) throw new Error(`${side}: ${paths.length} files`)
    await keepAll(
      side,
      paths.map((path) => new URL(path, url).href),
    )
    const list = join(work, `gate-paths-${side.replace(' ', '-')}`)
    writeFileSync(list, `${paths.join('\n')}\n`)
    found.push({ side, url: new URL(url).origin, paths: list, pids, answerBytes: DOWNLOAD_BYTES })
  }
  return found
}

async function keepAll(side: string, urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const answer = await fetch(url)
    const { byteLength } = await answer.arrayBuffer()
    if (byteLength !== DOWNLOAD_BYTES) throw new Error(`${side}: ${url} has ${byteLength} bytes`)
  }
}

function cells(all: readonly Shots[], shots: Shots): readonly string[] {
  const { side, perSecond, p50Ms, p99Ms, cpuMs } = shots
  const [ours = shots] = all
  const ratio = shots === ours ? '' : `${(median(ours.perSecond) / median(perSecond)).toFixed(2)}×`
  const times = [median(p50Ms).toFixed(2), median(p99Ms).toFixed(1), median(cpuMs).toFixed(3)]
  return [side, medianAndRange(perSecond), ...times, ratio]
}
