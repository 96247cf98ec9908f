import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ownAddress } from '../../src/host/arrange.ts'
import { buildPackages } from './gate-packages.ts'
import { startGateUpstream, type GateUpstream } from './gate-upstream.ts'
import { root, startProgram, wheelseal, type TiedProcess } from './program.ts'
import { temporaryFolder } from './server.ts'

const DAY_MS = 86_400_000
/** Where the pages have their gate. */
const USUAL = '127.0.0.1:7712'
const READY = 'the only index: an extra one would pass it by'

/** A page of `docs/how-to`. */
export function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(root, 'docs', 'how-to', page), 'utf8')
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  )
}

export const OPERATOR_PAGE = 'stand-a-gate-before-an-index.md'

/** An index with `demo` 1.0, 1.1 and 2.0, of which the policy of the operator's page holds the last, and what stands before it. */
export interface GatePage {
  /** With `policy.toml`. */
  readonly folder: string
  /** `127.0.0.1:PORT` of the gate. */
  readonly address: string
  readonly upstream: GateUpstream
  /** Lines of a page with this address in place of the usual one. */
  here(text: string): string
  /** A line `wheelseal gate up …`, in the folder, until the next one or `stop`. What it prints on standard output. */
  start(line: string, env?: Readonly<Record<string, string>>): Promise<readonly string[]>
  stop(): Promise<void>
  close(): Promise<void>
}

export async function openGatePage(): Promise<GatePage> {
  const { path: folder, remove } = await temporaryFolder()
  const address = await ownAddress()
  const upstream = await startIndex(join(folder, 'packages'))
  const [policy = ''] = blocksOf(OPERATOR_PAGE, 'toml')
  await writeFile(join(folder, 'policy.toml'), policy)
  let running: TiedProcess | undefined
  const stop = async (): Promise<void> => {
    const before = running
    running = undefined
    before?.kill('SIGTERM')
    if (before !== undefined && before.exitCode === null) await once(before, 'exit')
  }
  const here = (text: string): string => text.replaceAll(USUAL, address)
  return {
    folder,
    address,
    upstream,
    here,
    stop,
    start: async (line, env = {}) => {
      await stop()
      const words = [...here(line).trim().split(' ').slice(1), '--data', join(folder, 'data')]
      const listen = words.includes('--listen') ? [] : ['--listen', address]
      const own = { PIP_CONFIG_FILE: '/dev/null', ...env }
      running = startProgram([wheelseal, ...words, ...listen], { cwd: folder, env: own })
      return untilReady(running)
    },
    close: async () => {
      await stop()
      await upstream.close()
      await remove()
    },
  }
}

async function startIndex(folder: string): Promise<GateUpstream> {
  const built = await buildPackages(folder, [
    { name: 'demo', version: '1.0' },
    { name: 'demo', version: '1.1' },
    { name: 'demo', version: '2.0' },
    { name: 'needs-demo', version: '1.0', requires: ['demo>=2.0'] },
  ])
  const nowMs = Date.now()
  const files = built.flatMap(({ wheel, sdist }) => [wheel, sdist])
  return startGateUpstream(
    files.map((file) => ({
      file,
      uploadedAtMs: nowMs - (file.version === '2.0' ? 2.5 : 60) * DAY_MS,
      provenance: null,
    })),
  )
}

async function untilReady({ stdout, stderr }: TiedProcess): Promise<readonly string[]> {
  let said = ''
  stderr.on('data', (part: Buffer) => (said += part.toString()))
  const printed: string[] = []
  for await (const line of createInterface(stdout)) {
    printed.push(line)
    if (line === READY) return printed
  }
  throw new Error(said)
}
