import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALLOWED, LINKED, REFUSED } from '../../src/client/why/arrange.ts'
import { serve, type Running } from '../../src/net/arrange.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const page = readFileSync(join(root, 'docs', 'how-to', 'why-was-it-refused.md'), 'utf8')
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block = '']) => block)

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/gate/prod/why/9f3a61c2': LINKED,
  '/gate/prod/why/demo/2.0': REFUSED,
  '/gate/prod/why/demo/1.1': ALLOWED,
}

let gate: Running
let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
  gate = await serve((request, response) => {
    const answer = ANSWERS[request.url ?? '']
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}))
  })
})
afterAll(async () => {
  gate.close()
  await folder.remove()
})

const why = (...args: readonly string[]): Promise<Outcome> =>
  runProgram([wheelseal, 'why', ...args], {
    cwd: folder.path,
    env: { PIP_CONFIG_FILE: '/dev/null', PIP_INDEX_URL: `${gate.url}/gate/prod/simple/` },
  })

/** There is no gate to start here: one answers what the page shows. */
describe('wheelseal why', () => {
  it('answers each line of its page, with the words of the page for the link', async () => {
    const lines = blocks('sh').flatMap((block) => block.match(/^wheelseal why .*$/gm) ?? [])
    expect(lines).toHaveLength(4)
    const here = lines.map((line) => line.replace('http://127.0.0.1:7712', gate.url).split(' ').slice(2))
    const [link, release, file, allowed] = await Promise.all(here.map((args) => why(...args)))
    expect(link).toMatchObject({ code: 1, stdout: blocks('text')[1], stderr: '' })
    for (const one of [release, file])
      expect(one).toMatchObject({ code: 1, stdout: expect.stringMatching(/is refused by gate prod/) })
    expect(allowed?.code).toBe(0)
    expect(JSON.parse(allowed?.stdout ?? '')).toMatchObject({ isAllowed: true, report: ALLOWED })
  })

  it('ends with 1 for other bytes and for no answer, and with 2 for a wrong question', async () => {
    await writeFile(join(folder.path, 'demo-1.1.tar.gz'), 'other')
    expect(await why('demo-1.1.tar.gz')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/this file is not the one/),
    })
    const none = await why('--json', 'demo==3.0')
    expect([none.code, JSON.parse(none.stdout)]).toMatchObject([
      1,
      { error: { code: 'client.gate-unknown' } },
    ])
    expect(await why('demo')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/client\.why-question/),
    })
  })
})
