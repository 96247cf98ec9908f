import { readFileSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { present, rekorCli, sigstorePython } from '../support/judges.ts'
import { pairClients, signPair } from '../support/pair-clients.ts'
import { root, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const page = readFileSync(join(root, 'docs', 'how-to', 'use-other-clients.md'), 'utf8')
const predicate = {
  buildDefinition: { buildType: 'https://example.com/build', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' } },
}

let bench: Bench

/** Every block, as it stands there but for the address. */
describe.runIf(present(sigstorePython, rekorCli))('docs/how-to/use-other-clients.md', () => {
  beforeAll(async () => {
    bench = await openBench()
    expect(await signPair(bench, pairClients['our face'], 'file.whl')).toMatchObject({ code: 0 })
    await writeFile(join(bench.path, 'file.whl'), await readFile(join(bench.path, 'file')))
    await writeFile(join(bench.path, 'predicate.json'), JSON.stringify(predicate))
    await mkdir(join(bench.path, 'bin'))
    await symlink(rekorCli, join(bench.path, 'bin', 'rekor-cli'))
    await symlink(join(root, 'node_modules'), join(bench.path, 'node_modules'))
    return bench.stop
  })

  it('has commands that run', { timeout: LONG_MS }, async () => {
    const text = blocks('sh')
    expect(text.match(/^(?:sigstore|rekor-cli|wheelseal) /gm)).toHaveLength(10)
    const { code, stdout, stderr } = await shell(text)
    expect(code, stderr).toBe(0)
    expect(stderr.match(/^OK: file\.whl$/gm)).toHaveLength(2)
    expect(stdout).toContain('Inclusion Proof')
  })

  it('has a program that runs', { timeout: LONG_MS }, async () => {
    const program = blocks('js')
    await writeFile(join(bench.path, 'page.mjs'), program)
    const token = await bench.token()
    const { code, stderr } = await shell(`SIGSTORE_ID_TOKEN=${token} ${process.execPath} page.mjs`)
    expect(code, stderr).toBe(0)
    await writeFile(join(bench.path, 'page.mjs'), program.replace('acme/tools', 'acme/other'))
    const refused = await shell(`SIGSTORE_ID_TOKEN=${token} ${process.execPath} page.mjs`)
    expect(refused.stderr).toContain('certificate identity error')
    expect(refused.code).toBe(1)
  })
})

function blocks(language: string): string {
  const texts = [...page.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter(([, found]) => found === language)
    .map(([, , text = '']) => text)
  return texts.join('\n').replaceAll('127.0.0.1:7711', new URL(bench.server.url).host)
}

function shell(text: string): Promise<Outcome> {
  const path = [join(bench.path, 'bin'), dirname(wheelseal), dirname(sigstorePython), process.env['PATH']]
  const variables = `export PATH=${path.join(':')} WHEELSEAL_DATA=${bench.server.data}`
  return run(bench, ['bash', '-e', '-o', 'pipefail', '-c', `${variables}\n${text}`])
}
