import { createServer, type Server } from 'node:net'

/** Below the ports that systems give to whoever asks for any, which begin at 32768 on Linux. */
const [FIRST, END] = [10_000, 32_000]
const BLOCK = 50
const BLOCKS = (END - FIRST) / BLOCK

let block: Promise<number> | undefined
let taken = 0

/**
 * `127.0.0.1:PORT` for a server that is started again at the same address: while it is down no other test, of this run
 * or of another on this machine, and no connection gets that port.
 */
export async function ownAddress(): Promise<string> {
  block ??= claimBlock()
  const first = await block
  for (let count = 1; count < BLOCK; count += 1) {
    taken += 1
    const port = first + 1 + (taken % (BLOCK - 1))
    if (await isFree(port)) return `127.0.0.1:${port}`
  }
  throw new Error(`no port from ${first} to ${first + BLOCK - 1} is free`)
}

/** A block is held by listening at its first port, as long as this process or worker lives. */
async function claimBlock(): Promise<number> {
  const start = process.pid % BLOCKS
  for (let count = 0; count < BLOCKS; count += 1) {
    const first = FIRST + ((start + count) % BLOCKS) * BLOCK
    const guard = await listening(first)
    if (guard === undefined) continue
    guard.unref()
    return first
  }
  throw new Error(`no block of ports from ${FIRST} to ${END} is free`)
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port)
  if (server === undefined) return false
  await new Promise((resolve) => void server.close(resolve))
  return true
}

/** Undefined where somebody has the port. */
function listening(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.on('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
