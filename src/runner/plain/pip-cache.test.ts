import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostFolders, makeFolders, type JobFolders } from '../job/folders.ts'
import { tagPipCache } from './pip-cache.ts'

describe('a new pip cache inside of the project', () => {
  let top = ''
  let folders: JobFolders
  beforeEach(async () => {
    top = mkdtempSync(join(tmpdir(), 'ws-pip-cache-'))
    const job_info = { name: 'n', stage: 's', project_id: 3, project_full_path: 'group/hello' }
    const host = hostFolders(join(top, 'work'), { id: 1, job_info })
    await makeFolders(host)
    folders = { host, job: host }
  })
  afterEach(() => rmSync(top, { recursive: true }))

  const begin = (path: string) =>
    tagPipCache({ paths: [path], variables: new Map([['PIP_CACHE_DIR', path]]), folders })

  it('has the mark of a cache', async () => {
    await begin('.cache/pip')
    const file = join(folders.host.project, '.cache', 'pip', 'CACHEDIR.TAG')
    expect(readFileSync(file, 'utf8')).toMatch(/^Signature: /)
  })

  it.each([
    ['.cache', '.cache/pip'],
    ['.cache/pip', '.cache/pip'],
  ])('is not made where the commit has a link to elsewhere at %s', async (link, path) => {
    const elsewhere = join(top, 'elsewhere')
    mkdirSync(elsewhere)
    if (link.includes('/')) mkdirSync(join(folders.host.project, '.cache'))
    symlinkSync(elsewhere, join(folders.host.project, link))
    await begin(path).catch(() => undefined)
    expect(readdirSync(elsewhere)).toEqual([])
  })
})
