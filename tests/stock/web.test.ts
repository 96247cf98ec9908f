import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { chromium, openBrowser, type Browser } from '../support/chromium.ts'
import { cosign2, cosign3, present, python, uv } from '../support/judges.ts'
import { pairClients, signPair } from '../support/pair-clients.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000
const WHEEL = 'tools-1.0-py3-none-any.whl'
const ENEMY = '</td><script>document.title = "taken"</script><img src=x onerror=alert(1)> & "quoted"'

/** The lines of each block, as a reader copies them. */
const COPIED = `[...document.querySelectorAll('pre')].map((block) => {
  getSelection().selectAllChildren(block)
  return getSelection().toString().trim().split('\\n')
})`

let bench: Bench
let token: string

/** A release that stock cosign signed in a private project, and the same in a public one that is spoilt. */
describe.runIf(present(cosign2, cosign3, python, uv))('the page of a project', () => {
  beforeAll(async () => {
    bench = await openBench()
    const { server } = bench
    await run(bench, [python, join(root, 'tests', 'docs', 'distributions.py'), 'tools', '1.0'])
    await writeFile(at('file'), await readFile(at(`dist/${WHEEL}`)))
    await server.admin('user', 'create', 'ada')
    await server.admin('project', 'create', 'acme/open', '--visibility', 'public')
    await server.admin('project', 'member', 'add', 'acme', 'ada', 'maintainer')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    await writeFile(at('.netrc'), `machine 127.0.0.1 login ada password ${token}\n`, { mode: 0o600 })
    expect(await signPair(bench, pairClients['cosign 2.2.3'], 'pair')).toMatchObject({ code: 0 })
    for (const ending of ['.sig', '.crt'])
      await curl('--upload-file', `pair${ending}`, `${api('acme/tools')}/generic/tools/1.0/${WHEEL}${ending}`)
    await upload('acme/tools')
    await upload('acme/open')
    const yank = ['--request', 'PUT', '--header', 'content-type: application/json']
    const reason = ['--data', JSON.stringify({ reason: ENEMY })]
    await curl(...yank, ...reason, `${api('acme/open')}/pypi/names/tools/versions/1.0/yank`)
  }, LONG_MS)
  afterAll(() => bench.stop())

  it('has lines that install and verify the release as they stand there', { timeout: LONG_MS }, async () => {
    const blocks = blocksOf(await pageWithSession())
    expect(blocks.map(([first = '']) => first.split(' ').slice(0, 2).join(' '))).toEqual([
      'pip install',
      'uv pip',
      'wheelseal trust',
      'wheelseal fetch',
      'wheelseal verify',
      '. trust/cosign.env',
      'cosign verify-blob',
    ])
    const cosigns = [cosign2, cosign3]
    for (const lines of blocks) {
      const isCosign = lines.at(-1)?.startsWith('cosign ') === true
      const { code, stdout, stderr } = await shell(lines.join('\n'), isCosign ? cosigns.shift() : undefined)
      expect(code, `${lines.join('\n')}\n${stdout}\n${stderr}`).toBe(0)
      if (isCosign) expect(stderr).toContain('Verified OK')
    }
    expect((await shell('venv/bin/python -c "import tools"')).code).toBe(0)
  })

  describe.runIf(present(chromium))('in Chromium', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await openBrowser()
    }, LONG_MS)
    afterAll(() => browser.close())

    it.each([390, 1280])('fits into %d pixels, and a screen reader finds its way', async (width) => {
      await browser.open(`${bench.server.url}/acme/open`, width)
      const picture = await browser.screenshot()
      await keep(`open-${width}.png`, picture)
      expect(picture.readUInt32BE(16)).toBe(width)
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(width)
      const outline = await browser.outline()
      for (const part of ['heading acme/open', 'table Files of tools, newest first', 'rowheader', 'main'])
        expect(
          outline.find((line) => line.startsWith(part)),
          `${part} in ${outline.join('\n')}`,
        ).toBeDefined()
    })

    it('shows the words of an enemy, and obeys none of them', async () => {
      await browser.open(`${bench.server.url}/acme/open`, 1280)
      expect(await browser.evaluate('document.title')).toBe('acme/open · Wheelseal')
      expect(await browser.evaluate('document.querySelectorAll("script, img").length')).toBe(0)
      expect(await browser.evaluate('document.body.innerText')).toContain(ENEMY)
    })

    it.each([390, 1280])(
      'takes a token, shows what is private, and forgets it (%d pixels)',
      async (width) => {
        await browser.open(`${bench.server.url}/acme/tools`, width)
        await keep(`login-${width}.png`, await browser.screenshot())
        expect(await text()).toContain('Not found')
        await browser.evaluate(`document.querySelector('#token').value = ${JSON.stringify(token)}`)
        await browser.follow(`document.querySelector('form.login button').click()`)
        await keep(`tools-${width}.png`, await browser.screenshot())
        expect(await browser.evaluate('location.pathname')).toBe('/acme/tools')
        expect(await text()).toContain('Logged in as ada')
        expect(await text()).toContain(`signed by ${bench.identity}`)
        expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(width)
        expect(await browser.evaluate('document.cookie')).toBe('')
        expect(await browser.evaluate(COPIED)).toEqual(blocksOf(await pageWithSession()))
        await browser.follow(`document.querySelector('.account button').click()`)
        expect(await text()).toContain('Not found')
      },
    )

    async function text(): Promise<string> {
      return String(await browser.evaluate('document.body.innerText'))
    }
  })
})

function at(path: string): string {
  return join(bench.path, path)
}

function api(project: string): string {
  return `${bench.server.url}/api/v4/projects/${encodeURIComponent(project)}/packages`
}

/** Pictures to look at, where somebody wants them. */
async function keep(name: string, picture: Buffer): Promise<void> {
  const folder = process.env['WHEELSEAL_SCREENSHOTS']
  if (folder !== undefined) await writeFile(join(folder, name), picture)
}

async function curl(...argv: readonly string[]): Promise<void> {
  const done = await run(bench, [
    'curl',
    '--silent',
    '--show-error',
    '--fail',
    '--netrc-file',
    '.netrc',
    ...argv,
  ])
  expect(done.code, done.stderr).toBe(0)
}

function upload(project: string): Promise<void> {
  const fields = [':action=file_upload', 'protocol_version=1', 'name=tools', 'version=1.0']
  const form = fields.flatMap((field) => ['--form-string', field])
  return curl(...form, '--form', `content=@dist/${WHEEL}`, `${api(project)}/pypi`)
}

async function pageWithSession(): Promise<string> {
  const login = await fetch(`${bench.server.url}/-/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ token, back: 'acme/tools' }),
  })
  expect(login.status).toBe(303)
  const page = new URL(login.headers.get('location') ?? '', `${bench.server.url}/-/login`)
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  return (await fetch(page, { headers: { cookie } })).text()
}

/** The lines to copy, as a browser shows them. */
function blocksOf(page: string): readonly (readonly string[])[] {
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  const blocks = [...page.matchAll(/<pre[^>]*>([^]*?)<\/pre>/g)].map(([, block = '']) =>
    block.replaceAll(/<[^>]*>/g, '').replaceAll(/&([^;]+);/g, (all, name: string) => names[name] ?? all),
  )
  return blocks.map((block) => block.trim().split('\n'))
}

/** With the programs of the page on the PATH, and pip and uv of an environment of their own. */
async function shell(lines: string, cosign = cosign2): Promise<Outcome> {
  const programs = { wheelseal, cosign, uv }
  const path = Object.entries(programs).map(([name, program]) => `ln -sf '${program}' bin/${name}`)
  const prepare = `set -e; mkdir -p bin; ${path.join('; ')}
    [ -d venv ] || '${python}' -m venv venv; unset COSIGN_REKOR_URL; PATH=$PWD/venv/bin:$PWD/bin:$PATH`
  return runProgram(['bash', '-c', `${prepare}\n${lines}`], {
    cwd: bench.path,
    env: { HOME: bench.path, VIRTUAL_ENV: at('venv'), WHEELSEAL_TOKEN: token, PIP_CONFIG_FILE: '/dev/null' },
  })
}
