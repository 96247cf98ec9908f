import { describe, expect, it } from 'vitest'
import { hostFolders } from '../job/folders.ts'
import { jobEnvironment } from './environment.ts'

describe('the environment of a job under the plain executor', () => {
  it('holds of the host an allow-list, and spares this machine the proxy', () => {
    const folders = hostFolders('/w', {
      id: 7,
      job_info: { name: 'n', stage: 's', project_id: 3, project_full_path: 'a/b' },
    })
    const host = {
      PATH: '/bin',
      AWS_SECRET: 'x',
      https_proxy: 'http://proxy:1',
      NO_PROXY: 'corp',
      SSL_CERT_FILE: '/ca',
    }
    expect(jobEnvironment({ host, folders, path: ['/venv/bin'], more: { V: '1' } })).toEqual({
      PATH: '/venv/bin:/bin',
      HOME: '/w/job-7/home',
      TMPDIR: '/w/job-7/tmp',
      https_proxy: 'http://proxy:1',
      no_proxy: 'corp,127.0.0.1,localhost',
      NO_PROXY: 'corp,127.0.0.1,localhost',
      SSL_CERT_FILE: '/ca',
      V: '1',
    })
  })
})
