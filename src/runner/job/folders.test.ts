import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hostFolders, makeFolders } from './folders.ts'

const foldersOf = (path: string, work = '/w') =>
  hostFolders(work, {
    id: 7,
    job_info: { name: 'n', stage: 's', project_id: 3, project_full_path: path },
  })
const projectOf = (path: string): string => foldersOf(path).project

describe('the folders of a job', () => {
  it('are named by the path of the project', () => {
    expect(projectOf('group/sub/project')).toBe('/w/job-7/builds/group/sub/project')
  })

  it.each(['../../etc', '/abs', 'a//b', 'a/./b', '-x/y', 'a/b\\c', ''])(
    'are named by its number for the path %j',
    (path) => {
      expect(projectOf(path)).toBe('/w/job-7/builds/project-3')
    },
  )

  it('are gone again where one of them cannot be made', async () => {
    const work = mkdtempSync(join(tmpdir(), 'ws-folders-'))
    onTestFinished(() => rmSync(work, { recursive: true }))
    const tooLongWithItsEnding = 'x'.repeat(255)
    await expect(makeFolders(foldersOf(tooLongWithItsEnding, work))).rejects.toThrow('ENAMETOOLONG')
    expect(readdirSync(work)).toEqual([])
  })
})
