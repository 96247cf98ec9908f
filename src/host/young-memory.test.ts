import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const MIB = 2 ** 20

/** In a process of its own, since flags are those of the process. What it prints last. */
function printedBy(program: string): number {
  const own = JSON.stringify(new URL('young-memory.ts', import.meta.url).href)
  const imports = `import v8 from 'node:v8'
import { setTimeout as sleep } from 'node:timers/promises'
import { boundYoungSpace, passBuffer } from ${own}
`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', imports + program]))
}

describe('the space of young objects', () => {
  const grown = (begin: string): number =>
    printedBy(`${begin}
const live = []
for (let turn = 0; turn < 60; turn += 1) {
  for (let at = 0; at < 10000; at += 1) live.push({ at, pair: [at, turn] })
  await sleep(2)
}
const space = v8.getHeapSpaceStatistics().find((one) => one.space_name === 'new_space')
console.log(space.space_used_size + space.space_available_size)`)

  it('grows to 8 MiB and little further', () => {
    expect(grown('boundYoungSpace(1)')).toBeLessThan(12 * MIB)
    expect(grown('')).toBeGreaterThan(12 * MIB)
  })

  it('grows again after it was made small', () => {
    const small = `v8.setFlagsFromString('--semi-space-growth-factor=1')\n`
    expect(grown(small)).toBeLessThan(2 * MIB)
    expect(grown(`${small}boundYoungSpace(1)`)).toBeGreaterThan(2 * MIB)
  })
})

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
