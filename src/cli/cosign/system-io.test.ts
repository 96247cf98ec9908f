import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const program = `
  const { systemCosignIo } = require(process.argv[1])
  const { readFileSync } = require('node:fs')
  const before = readFileSync('/proc/self/cmdline', 'utf8')
  systemCosignIo().hideArguments()
  console.log(JSON.stringify([before, readFileSync('/proc/self/cmdline', 'utf8')]))
`

it.runIf(existsSync('/proc/self/cmdline'))('takes a raw token out of the process list', () => {
  const index = join(import.meta.dirname, 'index.ts')
  const argv = ['-e', program, index, '--identity-token', 'the.raw.token']
  const output = execFileSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [before, after] = JSON.parse(output.toString()) as [string, string]
  expect(before).toContain('the.raw.token')
  expect(after.replaceAll('\0', '')).toBe('cosign')
})
