import { describe, expect, it } from 'vitest'
import { hostFolders } from './folders.ts'

const projectOf = (path: string): string =>
  hostFolders('/w', {
    id: 7,
    job_info: { name: 'n', stage: 's', project_id: 3, project_full_path: path },
  }).project

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
})
