import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { silentLog } from '../../src/host/index.ts'
import { gatesOfFlags, startGateServer, type RunningGateServer } from '../../src/server/index.ts'
import { chromium, openBrowser, type Browser } from '../support/chromium.ts'
import { buildPackages } from '../support/gate-packages.ts'
import { startGateUpstream, type GateUpstream, type Offer } from '../support/gate-upstream.ts'
import { present } from '../support/judges.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { temporaryFolder } from '../support/server.ts'

const DAY_MS = 86_400_000
const ENEMY = '</td><script>document.title = "taken"</script><img src=x onerror=alert(1)>'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const HTML = { headers: { accept: BROWSER } }

const POLICY = `version = 1

[[rules]]
names = ["fresh"]
unsigned = "allow"
cooldown = "7d"

[[rules]]
names = ["open"]
unsigned = "allow"

[[rules]]
names = ["sealed"]
learn = true
unsigned = "refuse"

[[exempt]]
name = "sealed"
version = "1.0"
codes = ["gate.unsigned"]
reason = "built by hand"
until = ${new Date(Date.now() + 6 * DAY_MS).toISOString().slice(0, 10)}
by = "ops@acme.example"
`
const NO_ROOTS = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [],
  certificateAuthorities: [],
  ctlogs: [],
  timestampAuthorities: [],
}

let upstream: GateUpstream
let server: RunningGateServer
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let gate: string

beforeAll(async () => {
  folder = await temporaryFolder()
  const built = await buildPackages(folder.path, [
    { name: 'fresh', version: '3.0' },
    { name: 'open', version: '1.0' },
    { name: 'sealed', version: '1.0' },
    { name: 'sealed', version: '2.0' },
    { name: 'unlisted', version: '1.0' },
  ])
  const offers = built.map(({ wheel: file }): Offer => {
    const uploadedAtMs = Date.now() - (file.name === 'fresh' ? 2 : 100) * DAY_MS
    return file.name === 'open'
      ? { file, uploadedAtMs, provenance: null, yanked: ENEMY }
      : { file, uploadedAtMs, provenance: null }
  })
  upstream = await startGateUpstream(offers)
  const [policy, trust] = [join(folder.path, 'policy.toml'), join(folder.path, 'trusted_root.json')]
  await writeFile(policy, POLICY)
  await writeFile(trust, JSON.stringify(NO_ROOTS))
  server = await startGateServer({
    data: join(folder.path, 'data'),
    gates: gatesOfFlags({ name: 'prod', policy, upstreams: [{ url: upstream.url, files: [], trust }] }),
    listen: await ownAddress(),
    log: silentLog,
  })
  gate = `${server.url}/gate/prod`
})
afterAll(async () => {
  await server.close()
  await upstream.close()
  await folder.remove()
})

async function json(path: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${gate}${path}`)).json()) as Record<string, unknown>
}

/** Hrefs of a page, from the gate. */
async function linked(name: string): Promise<readonly string[]> {
  const page = await (await fetch(`${gate}/simple/${name}/`)).text()
  return [...page.matchAll(/href="\.\.\/\.\.([^"#]*)/g)].map(([, path = '']) => path)
}

async function idsOn(name: string): Promise<readonly string[]> {
  const page = await (await fetch(`${gate}/simple/${name}/`)).text()
  return [...page.matchAll(/\/why\/([0-9a-f]{8})/g)].map(([, id = '']) => id)
}

describe('why, of a gate that runs', () => {
  it('is told of each outcome', async () => {
    expect(await json('/why/Fresh/3')).toMatchObject({ outcome: 'held', files: [{ code: 'gate.held' }] })
    expect(await json('/why/open/1.0')).toMatchObject({ outcome: 'allowed', servedInstead: null })
    expect(await json('/why/sealed/2.0')).toMatchObject({
      outcome: 'refused',
      servedInstead: { version: '1.0' },
      files: [{ code: 'gate.unsigned', url: `${gate}${(await linked('sealed')).at(-1) ?? ''}` }],
    })
    expect(await json('/why/sealed/1.0')).toMatchObject({
      outcome: 'allowed',
      states: expect.arrayContaining(['exempt']),
    })
  })

  it('is told by a link that no installer has run into, and is kept from then on', async () => {
    const [id = ''] = await idsOn('sealed')
    const report = await json(`/why/${id}`)
    expect(report).toMatchObject({ name: 'sealed', version: '2.0', refusal: { id, count: 0 } })
    const [, path = ''] = await linked('sealed')
    expect((await fetch(`${gate}${path}`)).status).toBe(403)
    expect(await json(`/why/${id}`)).toMatchObject({
      refusal: { id, count: 1, sentence: expect.stringContaining(id) },
    })
  })

  it('is told of a whole name, which has no version, to the command too', async () => {
    const [signpost = ''] = await linked('unlisted')
    const { detail } = (await (await fetch(`${gate}${signpost}`)).json()) as { readonly detail: string }
    const [, link = ''] = /see (\S+)$/.exec(detail) ?? []
    expect(await json(link.slice(gate.length))).toMatchObject({
      name: 'unlisted',
      version: '',
      outcome: 'refused',
      ground: { code: 'gate.unlisted' },
      files: [],
    })
    const asked = await runProgram([wheelseal, 'why', link])
    expect(asked.code, asked.stderr).toBe(1)
    expect(asked.stdout.split('\n')[0]).toMatch(/^unlisted is refused by gate prod +\[gate\.unlisted\]$/)
  })

  it('of what the gate does not know is not found, for people with a page', async () => {
    for (const path of ['/why/open/9', '/why/nobody/1', '/why/00000000', '/why/open/x']) {
      expect((await fetch(`${gate}${path}`)).status, path).toBe(404)
      const page = await fetch(`${gate}${path}`, HTML)
      expect([page.status, await page.text()], path).toMatchObject([
        404,
        expect.stringContaining('<h1>Not found'),
      ])
    }
  })

  it('is a page in place of a refused file, for a browser', async () => {
    const [, path = ''] = await linked('sealed')
    const page = await fetch(`${gate}${path}`, HTML)
    expect(page.status).toBe(403)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('<h1>sealed 2.0 is refused by gate prod</h1>')
  })

  it('of a release whose upstream is gone is what was kept; of one never seen, that', async () => {
    await upstream.kill()
    expect(await json('/why/sealed/2.0')).toMatchObject({ outcome: 'refused' })
    const response = await fetch(`${gate}/why/other/1.0`)
    expect([response.status, await response.json()]).toMatchObject([424, { code: 'gate.upstream' }])
    await upstream.revive()
  })
})

/** Texts whose contrast is below 4.5 to 1 (WCAG 2.2 §1.4.3), as the browser paints them. */
const FAINT = `(() => {
  const channels = (text) => text.match(/[0-9.]+/g).map(Number)
  const light = (value) => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b)
  const ground = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor)
      if (found[3] === undefined || found[3] > 0) return found
    }
    return [255, 255, 255]
  }
  return [...document.querySelectorAll('body *')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .filter((one) => {
      const [a, b] = [luminance(channels(getComputedStyle(one).color)), luminance(ground(one))]
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5
    })
    .map((one) => one.outerHTML)
})()`
const HEADINGS = `[...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))`
const FOCUSED = `getComputedStyle(document.activeElement).outlineStyle + ' ' + document.activeElement.tagName`

describe.runIf(present(chromium))('a page of a gate in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
    for (const path of [...(await linked('sealed')), ...(await linked('fresh'))])
      await fetch(`${gate}${path}`)
  })
  afterAll(() => browser.close())

  it.each(
    (['/', '/why/sealed/2.0', '/why/open/1.0'] as const).flatMap((path) =>
      ([390, 1280] as const).map((width) => [path, width] as const),
    ),
  )('%s fits into %d pixels, reads well light and dark, and has no script', async (path, width) => {
    for (const scheme of ['light', 'dark'] as const) {
      await browser.prefer(scheme)
      await browser.open(`${gate}${path}`, width)
      await keep(`gate${path.replaceAll('/', '-')}-${scheme}-${width}.png`, await browser.screenshot())
      expect(await browser.evaluate(FAINT), scheme).toEqual([])
    }
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBe(width)
    expect(
      await browser.evaluate('document.querySelectorAll("script, img, [onclick], [style]").length'),
    ).toBe(0)
    expect(await browser.evaluate('document.styleSheets.length')).toBe(1)
    const levels = (await browser.evaluate(HEADINGS)) as readonly number[]
    expect(levels[0]).toBe(1)
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1)
      return level
    })
  })

  it('has a table, headings and links that a screen reader finds', async () => {
    await browser.open(`${gate}/`, 390)
    const outline = await browser.outline()
    for (const part of [
      'heading Gate prod',
      'heading Set up an installer',
      'table What was asked for most, first',
      'link sealed 2.0, sealed-2.0-py3-none-any.whl',
      'main',
    ])
      expect(
        outline.find((line) => line.startsWith(part)),
        `${part} in ${outline.join('\n')}`,
      ).toBeDefined()
  })

  it('is walked through with the keyboard, and shows where one is', async () => {
    await browser.open(`${gate}/`, 1280)
    const seen = new Set<string>()
    for (let count = 0; count < 8; count += 1) {
      await browser.press('Tab')
      seen.add(String(await browser.evaluate(FOCUSED)))
    }
    expect([...seen].toSorted()).toEqual(['solid A', 'solid PRE'])
  })

  it('leads from the front page to why, and back', async () => {
    await browser.open(`${gate}/`, 1280)
    await browser.follow(`document.querySelector('a[aria-label^="sealed 2.0"]').click()`)
    expect(await browser.evaluate('document.title')).toBe('sealed 2.0 is refused by gate prod · Wheelseal')
    await browser.follow(`document.querySelector('main a').click()`)
    expect(await browser.evaluate('location.pathname')).toBe('/gate/prod/')
    await browser.follow(`document.querySelector('header a').click()`)
    expect(await browser.evaluate('document.querySelector("h1").innerText')).toBe('Gates of this server')
  })
})

/** Pictures to look at, where somebody wants them. */
async function keep(name: string, picture: Buffer): Promise<void> {
  const place = process.env['WHEELSEAL_SCREENSHOTS']
  if (place !== undefined) await writeFile(join(place, name), picture)
}
