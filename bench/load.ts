/**
 * The load generator, a process of its own so that its CPU is not the server's: `node bench/load.ts SPEC.json`.
 *
 * Each client is one kept-alive connection with one request under way. Requests were written out before; each is sent
 * once. Prints a `LoadResult`. Bounded by the requests there are and by `maxSeconds`.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { readAnswer, unpackRequests, type Answer } from './http-bytes.ts'

export interface LoadSpec {
  readonly port: number
  /** A file of `packRequests`. */
  readonly requests: string
  readonly clients: number
  readonly maxSeconds: number
  /** The body of every n-th answer is kept, to be checked when the clock has stopped. */
  readonly keepEvery: number
}

export interface LoadResult {
  readonly answered: number
  readonly refused: number
  readonly firstRefusal: string
  readonly seconds: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Of this process while the clock ran. */
  readonly generatorCpuMs: number
  /** Of this process from its start on. */
  readonly processCpuMs: number
  readonly kept: readonly { readonly request: number; readonly base64: string }[]
}

interface Sent {
  readonly request: number
  readonly answer: Answer
  readonly ms: number
}

class Client {
  readonly #socket: Socket
  #received: Buffer[] = []
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#settle?.reject(error))
    socket.on('close', () => this.#settle?.reject(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject)
    })
    return new Client(socket)
  }

  exchange(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#settle = undefined
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk)
    const answer = readAnswer(this.#received.length === 1 ? chunk : Buffer.concat(this.#received))
    if (answer === undefined) return
    this.#received = []
    this.#settle?.resolve(answer)
  }
}

export async function load(spec: LoadSpec): Promise<LoadResult> {
  const requests = unpackRequests(readFileSync(spec.requests))
  const clients = await Promise.all(Array.from({ length: spec.clients }, () => Client.open(spec.port)))
  const sent: Sent[] = []
  let next = 0
  const cpuAtStart = process.cpuUsage()
  const start = performance.now()
  const send = async (client: Client): Promise<void> => {
    while (next < requests.length && performance.now() - start < spec.maxSeconds * 1000) {
      const request = next++
      const began = performance.now()
      const answer = await client.exchange(requests[request] ?? Buffer.alloc(0))
      sent.push({ request, answer, ms: performance.now() - began })
    }
  }
  await Promise.all(clients.map(send))
  const seconds = (performance.now() - start) / 1000
  const generatorCpuMs = cpuMs(process.cpuUsage(cpuAtStart))
  for (const client of clients) client.close()
  return {
    ...summary(sent, spec.keepEvery),
    seconds,
    generatorCpuMs,
    processCpuMs: cpuMs(process.cpuUsage()),
  }
}

function cpuMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

type Summary = Omit<LoadResult, 'seconds' | 'generatorCpuMs' | 'processCpuMs'>

function summary(sent: readonly Sent[], keepEvery: number): Summary {
  const good = sent.filter(({ answer }) => answer.status === 200 || answer.status === 201)
  const bad = sent.find(({ answer }) => answer.status !== 200 && answer.status !== 201)
  const times = good.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const quantile = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0
  return {
    answered: good.length,
    refused: sent.length - good.length,
    firstRefusal: bad === undefined ? '' : `${bad.answer.status} ${bad.answer.body.toString().slice(0, 300)}`,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    kept: good
      .filter((_, at) => at % keepEvery === 0)
      .map(({ request, answer }) => ({ request, base64: answer.body.toString('base64') })),
  }
}

if (process.argv[1] === import.meta.filename) {
  const spec = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadSpec
  process.stdout.write(JSON.stringify(await load(spec)))
}
