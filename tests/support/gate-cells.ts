import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Installation, Place } from './installer-place.ts'
import { newConsumer, type Aim, type Installer, type Wanted, type Way } from './installers.ts'

/** What is asked for, and how. */
export const ASKED: Readonly<Record<string, readonly [Way, Wanted['requirement']]>> = {
  range: ['install', 'demo'],
  pin: ['install', 'demo==2.0'],
  needs: ['install', 'needs-demo'],
  hash: ['hash', 'demo==2.0'],
  lock: ['lock', 'demo'],
  'lock-pin': ['lock', 'demo==2.0'],
}

export interface Observation {
  /** See `cellOf`. */
  readonly cell: string
  readonly output: string
}

export interface Asking {
  readonly installer: Installer
  readonly aim: Aim
  readonly sha256s: readonly string[]
  readonly sentence: RegExp
}

/** One client asks in one way, with nothing in its caches. */
export async function observe(asked: string, asking: Asking): Promise<Observation> {
  const [way, requirement] = ASKED[asked] ?? ['install', asked]
  const { installer, aim, sha256s, sentence } = asking
  const consumer = await newConsumer({ installer, aim, wanted: { requirement, sha256s } })
  const outcome = await consumer.run(way)
  const cell = await cellOf(outcome, { place: consumer.place, sentence })
  await consumer.place.remove()
  return { cell, output: outcome?.output ?? '' }
}

/**
 * What happened, as a word. `-`: the client has no such way. `1.1`: it ended well, and has installed or locked this `demo`
 * and nothing that it does not want. `says/1`: it ended with 1, and its output has the sentence; `fails/1`: without it.
 * After a comma what else is installed, `built` where the back end of an sdist has run, and `says` beside a good end.
 */
export async function cellOf(
  outcome: Installation | undefined,
  { place, sentence }: { readonly place: Place; readonly sentence: RegExp },
): Promise<string> {
  if (outcome === undefined) return '-'
  const { code, output, installed } = outcome
  const isSaid = sentence.test(output)
  const { demo, ...others } = installed
  const rest = Object.entries(others)
    .filter(([name]) => code !== 0 || name !== 'needs-demo')
    .map(([name, version]) => `${name}-${version}`)
  const isBuilt = existsSync(join(place.home, 'back-end-ran'))
  const more = [...rest, ...(isBuilt ? ['built'] : [])]
  if (code !== 0) {
    const left = demo === undefined ? [] : [`demo-${demo}`]
    return [`${isSaid ? 'says' : 'fails'}/${code}`, ...left, ...more].join(',')
  }
  const locked = demo ?? (await lockedVersion(place))
  return [locked, ...more, ...(isSaid ? ['says'] : [])].join(',')
}

const LOCKS = ['pylock.toml', 'uv.lock', 'poetry.lock', 'pdm.lock', 'requirements.txt']

/** Of `demo`; the lock formats have it on the line after the name, and requirements on that of the name. */
async function lockedVersion({ project }: Place): Promise<string> {
  const path = LOCKS.map((name) => join(project, name)).find((one) => existsSync(one))
  if (path === undefined) return 'nothing'
  const text = await readFile(path, 'utf8')
  return /name = "demo"\nversion = "([^"]+)"|^demo==(\S+)/m.exec(text)?.slice(1).find(Boolean) ?? 'nothing'
}
