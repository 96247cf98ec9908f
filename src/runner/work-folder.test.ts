import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../host/index.ts'
import { openWorkFolder } from './work-folder.ts'

let parent = ''
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ws-work-'))
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

const open = () => openWorkFolder(parent, systemClock)

/** A process that opens a folder of its own and tells its path. */
async function otherRunner() {
  const program = join(import.meta.dirname, 'work-folder.contract.ts')
  const child = spawn(process.execPath, [program, parent], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [path] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, path: path.toString().trim() }
}

it('a work folder is gone when it is closed', async () => {
  const work = await open()
  expect(readdirSync(parent)).toEqual([work.path.slice(parent.length + 1)])
  await work.close()
  expect(readdirSync(parent)).toEqual([])
})

it('a folder that another process uses is left alone, and removed when that was killed', async () => {
  const { child, path } = await otherRunner()
  mkdirSync(join(path, 'job-1', 'locked'), { recursive: true, mode: 0o500 })
  const first = await open()
  expect(existsSync(join(path, 'job-1'))).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const second = await open()
  expect(existsSync(path)).toBe(false)
  expect(existsSync(first.path)).toBe(true)
  await first.close()
  await second.close()
})

it('nothing else is removed: other names, links, folders that are being made', async () => {
  mkdirSync(join(parent, 'wsr-other'))
  mkdirSync(join(parent, 'target'))
  symlinkSync('target', join(parent, 'wsr-abcdef'))
  mkdirSync(join(parent, 'wsr-new-abcdef'))
  mkdirSync(join(parent, 'wsr-new-ABCDEF'))
  utimesSync(join(parent, 'wsr-new-ABCDEF'), 0, 0)
  const work = await open()
  await work.close()
  expect(readdirSync(parent).toSorted()).toEqual(['target', 'wsr-abcdef', 'wsr-new-abcdef', 'wsr-other'])
})
