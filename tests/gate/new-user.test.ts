import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { gateStates, sentencePattern } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { makeWorld, type World } from '../support/gate-world.ts'
import { pdm, poetry, present, python, uv } from '../support/judges.ts'
import { runProgram, startProgram, wheelseal, type Outcome, type TiedProcess } from '../support/program.ts'

const SLOW_MS = 120_000

/** What `wheelseal gate up` prints is typed in as it stands, in a home where nothing is set up. */
describe.runIf(present(python, uv, pdm, poetry))('a new user of a gate', () => {
  let world: World
  let upstream: GateUpstream
  let gate: TiedProcess
  let sentence: RegExp
  const printed: string[] = []

  beforeAll(async () => {
    world = await makeWorld()
    const { refused } = gateStates(world)
    upstream = await startGateUpstream(refused?.offers)
    await writeFile(join(world.folder, 'policy.toml'), refused?.policy ?? '')
    const address = await ownAddress()
    const flags = ['--upstream', upstream.url, '--policy', 'policy.toml']
    const place = ['--trust', world.signers.trustedRoot, '--data', 'data', '--listen', address]
    gate = startProgram([wheelseal, 'gate', 'up', ...flags, ...place], { cwd: world.folder })
    gate.stderr.resume()
    for await (const line of createInterface(gate.stdout)) {
      printed.push(line)
      if (line.startsWith('the only index')) break
    }
    sentence = sentencePattern(refused?.sentences ?? [], `http://${address}/gate/prod`)
    const made = await runProgram([python, '-m', 'venv', join(world.folder, 'venv')])
    expect(made).toMatchObject({ code: 0 })
  }, SLOW_MS)
  afterAll(async () => {
    gate.kill('SIGTERM')
    await once(gate, 'exit')
    await upstream.close()
    await world.close()
  })

  /** The line that is printed for it. */
  function lineFor(client: string): string {
    const line = printed.find((one) => one.trimStart().startsWith(`${client} `))
    return line?.trim().slice(client.length).trim() ?? ''
  }

  async function types(client: string, lines: readonly string[]): Promise<Outcome> {
    const project = join(world.folder, client)
    await mkdir(project, { recursive: true })
    const home = join(project, 'home')
    const unset = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))
    const folders = [join(world.folder, 'venv', 'bin'), ...[uv, pdm, poetry].map((path) => dirname(path))]
    const env = {
      ...{ ...unset, HOME: home, PATH: [...folders, '/usr/bin', '/bin'].join(':'), COLUMNS: '2000' },
      ...{ NO_COLOR: '1', LANG: 'C.UTF-8', PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring' },
    }
    return runProgram(['/bin/sh', '-ec', lines.join('\n')], { cwd: project, env })
  }

  it.each([
    { client: 'pip', before: [], add: 'pip install', list: 'pip list' },
    { client: 'uv', before: ['uv venv -q'], add: 'uv pip install', list: 'uv pip list' },
    { client: 'pdm', before: ['pdm init -n -q', 'pdm use -q -f python3'], add: 'pdm add', list: 'pdm list' },
    {
      client: 'poetry',
      before: ['poetry init -n -q', 'poetry config virtualenvs.in-project true'],
      add: 'poetry add',
      list: 'poetry show',
    },
  ])(
    'sets up $client with one line, reads why a release is refused, and gets the one before',
    async ({ client, before, add, list }) => {
      const line = lineFor(client)
      expect(line).toContain('/gate/prod/simple/')
      const refused = await types(client, [...before, line, `${add} demo==2.0`])
      expect(refused.code).not.toBe(0)
      const [told = ''] = sentence.exec(refused.stdout + refused.stderr) ?? [refused.stdout + refused.stderr]
      expect(told).toMatch(sentence)
      const why = await fetch(told.slice(told.lastIndexOf('http')))
      expect([why.status, await why.text()]).toEqual([200, expect.stringContaining('mallory/demo')])
      const again = client === 'uv' ? [line] : []
      const added = await types(client, [...again, `${add} demo`, list])
      expect(added.code, added.stdout + added.stderr).toBe(0)
      expect(added.stdout).toMatch(/demo\W+1\.1/)
    },
    SLOW_MS,
  )

  it('is told to have no other index beside it', () => {
    expect(printed.at(-1)).toBe('the only index: an extra one would pass it by')
  })
})
