import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const MIB = 2 ** 20

/** In a process of its own, since flags are those of the process. What it prints last. */
function printedBy(program: string): number {
  const own = JSON.stringify(new URL('young-memory.ts', import.meta.url).href)
  const imports = `import { setTimeout as sleep } from 'node:timers/promises'
import { passBuffer } from ${own}
`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', imports + program]))
}

describe('buffers of a stream', () => {
  const waiting = (told: string): number =>
    printedBy(`let most = 0
for (let at = 0; at < 64 * 4; at += 1) {
  const part = Buffer.allocUnsafeSlow(256 * 1024)
  ${told}
  await sleep(0)
  most = Math.max(most, process.memoryUsage().arrayBuffers)
}
console.log(most)`)

  it('are freed long before 64 MiB of them have passed', () => {
    expect(waiting('passBuffer(part)')).toBeLessThan(24 * MIB)
    expect(waiting('')).toBeGreaterThan(24 * MIB)
  })

  it('leave no gc to anything else in the process', () => {
    const program = `import vm from 'node:vm'
passBuffer(new Uint8Array(8 << 20))
console.log([typeof globalThis.gc, vm.runInNewContext('typeof gc')].filter((one) => one !== 'undefined').length)`
    expect(printedBy(program)).toBe(0)
  })
})
