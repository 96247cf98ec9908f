import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hostFolders, makeFolders, removeFolder } from './folders.ts'

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
  it('are removed without a change to what a link of the job leads to, also where it cannot be removed', async () => {
    const work = mkdtempSync(join(tmpdir(), 'ws-folders-'))
    const [project, elsewhere] = [join(work, 'project'), join(work, 'elsewhere')]
    for (const path of [project, elsewhere, join(elsewhere, 'inner')]) mkdirSync(path)
    for (const path of [join(elsewhere, 'inner'), elsewhere]) chmodSync(path, 0o755)
    symlinkSync(elsewhere, join(project, '.git'))
    chmodSync(project, 0o555)
    const changed = [work, project, elsewhere, join(elsewhere, 'inner')]
    const restore = asOrdinaryUser(changed)
    await expect(removeFolder(join(project, '.git'))).rejects.toThrow('EACCES')
    restore()
    expect(changed.slice(2).map((path) => statSync(path).mode & 0o777)).toEqual([0o755, 0o755])
    chmodSync(project, 0o755)
    rmSync(work, { recursive: true })
  })
})

const NOBODY = 65_534

/** Root may write everywhere: such a test runs as somebody else, who owns these paths. */
function asOrdinaryUser(paths: readonly string[]): () => void {
  if (process.geteuid?.() !== 0) return () => undefined
  for (const path of paths) chownSync(path, NOBODY, NOBODY)
  process.seteuid?.(NOBODY)
  return () => process.seteuid?.(0)
}
