/** For tests only: a folder with a release, and publishing it. The stand-in for GitLab is in `stand-in/`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Files } from '../../base/index.ts'
import { distributionOf, wheelOfSize } from '../../formats/python/archive/arrange.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { makeSeal } from '../../registry/seals/arrange.ts'
import { gitlabStandIn, TOKEN, type GitlabOptions, type StandIn } from './stand-in/arrange.ts'
import { publishFiles } from './index.ts'

export const WHEEL = 'my_pkg-1.0-py3-none-any.whl'
export const SDIST = 'my_pkg-1.0.tar.gz'
/** Larger than what is sent at once. */
export const LARGE: Uint8Array = wheelOfSize(300_000, WHEEL)
export const SMALL: Uint8Array = distributionOf(SDIST)

/** By their endings; one nobody has reason to trust. */
export function sealsOf(name: string, bytes: Uint8Array): Readonly<Record<string, string>> {
  const { bundle, sig, crt } = makeSeal({ of: name, bytes })
  return { '.sigstore.json': bundle, '.sig': sig, '.crt': crt }
}

export interface Release {
  at(name: string): string
  gitlab(options?: GitlabOptions): Promise<StandIn>
  /** Closes with the release. */
  opened<T extends { close(): void }>(one: T): T
  publish(server: StandIn, ask?: Ask): Promise<readonly string[]>
  /** For how long it was waited. */
  readonly slept: readonly number[]
  remove(): Promise<void>
}

export interface Ask {
  readonly paths?: readonly string[]
  readonly seals?: 'with seals' | 'without seals' | 'seals only'
  readonly project?: string
  readonly token?: string
  readonly files?: Files
}

/** A wheel and an sdist with their seals. */
export async function newRelease(): Promise<Release> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-publish-'))
  const at = (name: string): string => join(folder, name)
  await writeFile(at(WHEEL), LARGE)
  await writeFile(at(SDIST), SMALL)
  for (const [name, bytes] of [[WHEEL, LARGE] as const, [SDIST, SMALL] as const])
    for (const [ending, text] of Object.entries(sealsOf(name, bytes)))
      await writeFile(at(`${name}${ending}`), text)
  const open: { close(): void }[] = []
  const slept: number[] = []
  const opened: Release['opened'] = (one) => {
    open.push(one)
    return one
  }
  return {
    at,
    opened,
    slept,
    gitlab: async (options) => opened(await gitlabStandIn(options)),
    publish: (server, ask = {}) => publish(server, { paths: [at(WHEEL), at(SDIST)], ...ask }, slept),
    remove: async () => {
      for (const one of open) one.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function publish(
  server: StandIn,
  ask: Ask & Required<Pick<Ask, 'paths'>>,
  slept: number[],
): Promise<readonly string[]> {
  const { paths, seals = 'with seals', project = 'acme/tools', token = TOKEN } = ask
  const login = { kind: 'text', text: token, user: '__token__', from: 'a test' } as const
  const clock: Clock = { ...systemClock, sleep: async (ms) => void slept.push(ms) }
  const http = createHttp({ env: {}, files: systemFiles })
  const standardInput = (): AsyncIterable<Uint8Array> => (async function* none() {})()
  const files = await publishFiles(
    { paths, seals, api: `${server.url}/api/v4`, project, token: login },
    { files: ask.files ?? systemFiles, http, clock, standardInput },
    { onStep: () => undefined },
  )
  return files.map(({ file, state }) => `${file.fileName} ${state}`)
}

export function uploads(server: StandIn): readonly string[] {
  return server.asked.filter(({ method }) => method === 'POST' || method === 'PUT').map(({ path }) => path)
}

/** File names in the PyPI registry. */
export function published(server: StandIn): readonly string[] {
  return [...(server.packages.get('my-pkg')?.keys() ?? [])]
}
