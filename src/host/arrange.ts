import { createServer } from 'node:net'

/** Each worker of a test run has a part of the ports below those that systems hand out by themselves. */
const FIRST = 10_000
const PART = 2_500
const PARTS = 8
const part = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % PARTS) * PART
let taken = process.pid % PART

/**
 * `127.0.0.1:PORT` for a server that is started again at the same address: while it is down no other test, and no
 * connection that leaves this machine's choice to the system, gets that port.
 */
export async function ownAddress(): Promise<string> {
  for (;;) {
    taken += 1
    const port = part + (taken % PART)
    if (await isFree(port)) return `127.0.0.1:${port}`
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
