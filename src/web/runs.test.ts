import { beforeEach, describe, expect, it } from 'vitest'
import type { Project } from '../access/index.ts'
import { newPipeline } from '../pipelines/new-rows.contract.ts'
import { openWebBench, type WebBench } from './arrange.ts'
import { logLines } from './log-lines.ts'
import { textOf } from './markup.ts'

const ENEMY = '</pre><script>alert(1)</script>"\'\u001B]8;;javascript:1\u0007x'
const SHOWN = '&lt;script&gt;'

let bench: WebBench
beforeEach(async () => {
  bench = await openWebBench()
  return () => bench.close()
})

async function add(project: Project, names: readonly string[] = ['one', 'two']): Promise<number> {
  const made = newPipeline(names, project.id)
  const { origin } = made
  const commit = { ...origin.commit, title: ENEMY, ref: ENEMY }
  const all = { ...made, origin: { ...origin, commit } }
  return (await bench.runs.createPipeline(all)).pipeline.id
}

const PUBLIC = '/acme/sub/public'
const page = async (path: string, headers = {}): Promise<string> => (await bench.get(path, headers)).text()

describe('pages of pipelines and jobs', () => {
  it('show the list, a pipeline with its stages, and a job with its log, each linked from the one before', async () => {
    await add(bench.projects.public)
    bench.logs.set(2, Buffer.from('hello\n'))
    expect(await page(PUBLIC)).toContain(`href="../../acme/sub/public/-/pipelines"`)
    expect(await page(`${PUBLIC}/-/pipelines`)).toContain('href="../../../../acme/sub/public/-/pipelines/1"')
    const pipeline = await page(`${PUBLIC}/-/pipelines/1`)
    expect(pipeline).toContain('Stage build')
    expect(pipeline).toContain('href="../../../../../acme/sub/public/-/jobs/2"')
    const job = await page(`${PUBLIC}/-/jobs/2`)
    expect(job).toContain('<h1>two</h1>')
    expect(job).toContain('hello\n')
    expect(job).toContain(`href="../../../../../api/v4/projects/${bench.projects.public.id}/jobs/2/trace"`)
    expect(job).toContain('href="../../../../../-/style.css"')
  })

  it('take no text of others for anything but text', async () => {
    await add(bench.projects.public, [ENEMY])
    bench.logs.set(1, Buffer.from(ENEMY))
    for (const path of ['pipelines', 'pipelines/1', 'jobs/1']) {
      const html = await page(`${PUBLIC}/-/${path}`)
      expect(html, path).toContain(SHOWN)
      expect(html, path).not.toMatch(/<script|href="javascript/)
      expect(html, path).not.toContain('\u001B')
    }
  })

  it('list twenty on a page, and link the next', async () => {
    for (let count = 0; count < 21; count += 1) await add(bench.projects.public, ['one'])
    const first = await page(`${PUBLIC}/-/pipelines`)
    expect(first.match(/<tr role="row">\n<th scope="row"/g)).toHaveLength(20)
    expect(first).toContain('/-/pipelines?page=2"')
    const second = await page(`${PUBLIC}/-/pipelines?page=2`)
    expect(second.match(/<tr role="row">\n<th scope="row"/g)).toHaveLength(1)
    expect(second).not.toContain('Older pipelines')
  })

  it('show the end of a long log, from the beginning of a line', async () => {
    await add(bench.projects.public)
    bench.logs.set(1, Buffer.from(`first line\n${'x'.repeat(299_999)}\nlast line\n`))
    const job = await page(`${PUBLIC}/-/jobs/1`)
    expect(job).toContain('Only the end is shown here')
    expect(job).toContain('last line')
    expect(job).not.toContain('first line')
    expect(job.length).toBeLessThan(20_000)
  })

  it('are not there for who may not read the project, nor for a number of another project', async () => {
    await add(bench.projects.private)
    const guest = await bench.cookie(await bench.token('guest'))
    const reporter = await bench.cookie(await bench.token('ada'))
    for (const path of ['pipelines', 'pipelines/1', 'jobs/1']) {
      const at = `/acme/sub/private/-/${path}`
      expect((await bench.get(at)).status, path).toBe(404)
      expect((await bench.get(at, guest)).status, path).toBe(404)
      expect((await bench.get(at, reporter)).status, path).toBe(200)
      const absent = await page(at.replace('private', 'absent0'))
      expect((await page(at)).replaceAll('private', 'absent0'), path).toBe(absent)
    }
    for (const path of ['pipelines/1', 'jobs/1', 'jobs', 'jobs/0', 'pipelines/x', 'x', 'pipelines/1/x', ''])
      expect((await bench.get(`${PUBLIC}/-/${path}`)).status, path).toBe(404)
  })
})

describe('a log', () => {
  it.each([
    ['a \u001B[31;1mred\u001B[0m b', 'a <span class="c-red c-bold">red</span> b\n'],
    [
      '\u001B[32mone\ntwo\u001B[39m!',
      '<span class="c-green">one</span>\n<span class="c-green">two</span>!\n',
    ],
    ['10 %\r100 %\r', '100 %\n'],
    ['\u001B[38;5;31mx\u001B[2J\u001B[10;10Hy', 'xy\n'],
    ['section_start:1:build_it[collapsed=true]\r\u001B[0KBuilding', '<b class="section">Building</b>\n'],
    ['section_start:1:build_it\r\u001B[0K', '<b class="section">build it</b>\n'],
    ['section_end:2:build_it\r\u001B[0K', '\n'],
    ['2026-01-02T03:04:05.123456Z 00O hi', 'hi\n'],
    ['a\tb', 'a    b\n'],
    ['\u001B]8;;http://x\u0007link\u001B]8;;\u0007', 'link\n'],
    ['\u001B', '\n'],
    ['<b>&"', '&lt;b&gt;&amp;&quot;\n'],
    ['\u202Ex\u0000', '\\u{202e}x\\u{0}\n'],
  ])('%j is shown harmlessly', (text, expected) => {
    expect(textOf(logLines(text))).toBe(expected)
  })

  it('of one long line, or of nothing but colours, stays small and quick', () => {
    expect(textOf(logLines('x'.repeat(1_000_000))).length).toBeLessThan(6_000)
    expect(textOf(logLines('\u001B[31mx\u001B[0m'.repeat(30_000))).length).toBeLessThan(20_000)
    expect(textOf(logLines('\u001B]'.repeat(100_000))).length).toBeLessThan(20_000)
  })
})
