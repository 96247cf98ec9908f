/** What is asked for the first time, with an index that is 40 ms away: the time beside that of the index itself. */
import { Agent, get } from 'node:http'
import { milliseconds } from './commands.ts'
import { COLD_NAMES, sealedName, unsealedName } from './gate-fixture.ts'
import type { RunningGate } from './gate-servers.ts'
import { cpuMsOf } from './processes.ts'
import type { Peer } from './registry-peers.ts'
import { median, table } from './report.ts'

export interface ColdSides {
  readonly gate: RunningGate
  /** That the gate stands before. */
  readonly upstream: Peer
}

const HEAD = ['asked for, never before', 'index, ms', 'gate, ms', 'more, ms', "gate's CPU, ms"]
const WARM_UP_NAMES = 10
const LISTED_NAMES = 40

export async function coldTable(sides: ColdSides): Promise<string> {
  const rows: string[][] = []
  for (const [kind, nameOf] of [
    ['without a seal', unsealedName],
    ['with a seal', sealedName],
  ] as const) {
    const { pages, files, unlisted } = await coldTimes(sides, nameOf)
    rows.push([`page, newest release ${kind}`, ...cells(pages)])
    rows.push([`wheel ${kind}, after its page`, ...cells(files)])
    rows.push([`wheel ${kind}, its page not asked for`, ...cells(unlisted)])
  }
  return table(HEAD, rows)
}

interface Cold {
  readonly direct: number[]
  readonly through: number[]
  cpuMs: number
}

async function coldTimes(sides: ColdSides, nameOf: (at: number) => string) {
  const { gate, upstream } = sides
  const client = createClient()
  const [pages, files, unlisted] = [newCold(), newCold(), newCold()]
  const pagesOf = (name: string): readonly [string, string] => [
    `${upstream.url}/simple/${name}/`,
    `${gate.simple}${name}/`,
  ]
  for (let at = 0; at < COLD_NAMES; at += 1) {
    const isListed = at < LISTED_NAMES
    const isCounted = at >= WARM_UP_NAMES
    const [direct, through] = pagesOf(nameOf(at))
    const page = await client.timed(direct)
    const asked = isListed ? await measured(gate, () => client.timed(through)) : undefined
    const link = linkOf(page.body)
    const file = await client.timed(link)
    const path = new URL(link).pathname
    const own = new URL(`../../files/upstream${path}`, through).href
    const answer = await measured(gate, () => client.timed(own))
    if (!isCounted) continue
    if (asked !== undefined) add(pages, page, asked)
    add(isListed ? files : unlisted, file, answer)
  }
  client.close()
  return { pages, files, unlisted }
}

function newCold(): Cold {
  return { direct: [], through: [], cpuMs: 0 }
}

function add(cold: Cold, direct: Timed, through: Timed & { readonly cpuMs: number }): void {
  cold.direct.push(direct.ms)
  cold.through.push(through.ms)
  cold.cpuMs += through.cpuMs
}

/** Ticks of the processor's clock are coarse: their sum over all is what is shown. */
async function measured({ pid }: Peer, ask: () => Promise<Timed>): Promise<Timed & { cpuMs: number }> {
  const before = cpuMsOf([pid])
  const timed = await ask()
  return { ...timed, cpuMs: cpuMsOf([pid]) - before }
}

export function linkOf(page: string): string {
  const { files } = JSON.parse(page) as { readonly files: readonly { readonly url: string }[] }
  return files[0]?.url ?? ''
}

interface Timed {
  readonly ms: number
  readonly body: string
}

/** One connection to each server, kept. */
function createClient() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { Accept: 'application/vnd.pypi.simple.v1+json' }
  const timed = (url: string): Promise<Timed> => {
    const begun = performance.now()
    return new Promise((resolve, reject) => {
      get(url, { agent, headers }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.once('end', () => {
          const body = Buffer.concat(parts).toString()
          if (answer.statusCode === 200) resolve({ ms: performance.now() - begun, body })
          else reject(new Error(`${url}: ${answer.statusCode} ${answer.statusMessage}`))
        })
      }).once('error', reject)
    })
  }
  return { timed, close: () => agent.destroy() }
}

function cells({ direct, through, cpuMs }: Cold): readonly string[] {
  const [index, gate] = [median(direct), median(through)]
  const times = [index, gate, gate - index, cpuMs / through.length]
  return times.map((ms) => milliseconds(ms))
}
