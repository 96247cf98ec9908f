/** What a gate holds at most: after pages of many names, and after a wheel of a gibibyte. */
import { Agent, get } from 'node:http'
import { linkOf } from './gate-cold.ts'
import { startGate, type GateOptions } from './gate-servers.ts'
import { mostRssMiB } from './processes.ts'
import { table } from './report.ts'

const CLIENTS = 16

export async function memoryTable(options: GateOptions, names: number): Promise<string> {
  const gate = await startGate(options)
  try {
    const rows = [row('ready', 0, gate.pid)]
    const pages = await timed(() => askAll(names, (at) => `${gate.simple}spare-${at}/`))
    rows.push(row(`${names.toLocaleString('en-US')} pages, each of another name`, pages, gate.pid))
    const page = `${gate.simple}gibibyte/`
    const wheel = new URL(linkOf(await bodyOf(page)), page).href
    for (const what of ['for the first time', 'again']) {
      const seconds = await timed(() => askAll(1, () => wheel))
      rows.push(row(`a wheel of 1 GiB ${what}`, seconds, gate.pid))
    }
    return table(['after', 'seconds', 'RSS at most, MiB'], rows)
  } finally {
    await gate.stop()
  }
}

function row(after: string, seconds: number, pid: number): string[] {
  return [after, seconds.toFixed(1), mostRssMiB(pid).toFixed(0)]
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

async function bodyOf(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { Accept: 'application/vnd.pypi.simple.v1+json' } })
  return answer.text()
}

async function askAll(count: number, urlOf: (at: number) => string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  let next = 0
  const client = async (): Promise<void> => {
    while (next < count) {
      const at = next
      next += 1
      await drain(urlOf(at), agent)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  agent.destroy()
}

function drain(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      answer.resume().once('error', reject)
      answer.once('end', () => {
        if (answer.statusCode === 200 && answer.complete) resolve()
        else reject(new Error(`${url}: ${answer.statusCode} ${answer.statusMessage}`))
      })
    }).once('error', reject)
  })
}
