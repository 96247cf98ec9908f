import { describe, expect, it } from 'vitest'
import type { RunReport } from '../client/index.ts'
import { runTable } from './run-table.ts'

const SDIST = file('tools-1.0.tar.gz')
const WHEEL = file('tools-1.0-py3-none-any.whl')

describe('the lines for a consumer', () => {
  it('install the very file that they verify, only then, and into an environment of its own', () => {
    const [verify = '', identity = '', install = ''] = linesFrom(table({}), 'cosign verify-blob')
    expect(verify).toContain(
      "/my tools/wheelseal' cosign verify-blob --signature tools-1.0-py3-none-any.whl.sig --certificate tools-1.0-py3-none-any.whl.crt \\",
    )
    expect(identity).toMatch(/ http:\/\/127\.0\.0\.1:7711 tools-1\.0-py3-none-any\.whl \\$/)
    expect(
      table({})
        .match(/curl -fsSO .*/g)
        ?.map((line) => line.split('/').at(-1)),
    ).toEqual(['', '.sig', '.crt'].map((ending) => `tools-1.0-py3-none-any.whl${ending}`))
    expect(install).toBe('&& python3 -m venv venv && venv/bin/pip install ./tools-1.0-py3-none-any.whl')
    expect(table({})).not.toMatch(/--index-url|pip install tools/)
  })

  it('name a source distribution where no wheel was published', () => {
    expect(table({ files: [SDIST] })).toContain('venv/bin/pip install ./tools-1.0.tar.gz')
  })

  it('are about no file that is not verified', () => {
    const refused = { ...WHEEL, isVerified: false }
    expect(table({ files: [SDIST, refused] })).toContain('venv/bin/pip install ./tools-1.0.tar.gz')
    expect(table({ files: [refused] })).not.toContain('pip install')
  })

  it('start the services only where they have ended with the run, and wait for them before anything else', () => {
    const text = table({ isServed: false })
    const places = ['up --quiet --data', '/readyz', 'trust export', 'curl -fsSO'].map((part) =>
      text.indexOf(part),
    )
    expect(places.toSorted((a, b) => a - b)).toEqual(places)
    expect(places[0]).toBeGreaterThan(0)
    expect(table({ isServed: true })).not.toMatch(/ up --|starts the services/)
  })

  it('carry a token in a file where the project is not public, and none elsewhere', () => {
    const lines = linesFrom(table({ visibility: 'private' }), 'umask 077')
    expect(lines[1]).toMatch(
      /^"\$\('.*' token create --user ada --scope read_api --data \/data\)" > netrc\)$/,
    )
    const fetched = lines.filter((line) => line.startsWith('curl '))
    expect(fetched).toHaveLength(3)
    for (const line of fetched) expect(line).toContain('--netrc-file netrc http')
    expect(table({})).not.toMatch(/netrc|token/)
  })
})

function table(changes: Partial<RunReport>): string {
  const report = {
    url: 'http://127.0.0.1:7711',
    data: '/data',
    identity: 'https://127.0.0.1:7711/acme/tools//.gitlab-ci.yml@refs/heads/main',
    visibility: 'public',
    isServed: true,
    source: { path: 'acme/tools' },
    user: 'ada',
    pipeline: { projectId: 1 },
    files: [SDIST, WHEEL],
    ...changes,
  }
  const lines = runTable(report as unknown as RunReport, { program: '/my tools/wheelseal', columns: 80 })
  return lines.filter((line) => typeof line === 'string').join('\n')
}

/** The line that holds `text` and those after it. */
function linesFrom(all: string, text: string): readonly string[] {
  const lines = all.split('\n').map((line) => line.trim())
  return lines.slice(lines.findIndex((line) => line.includes(text)))
}

function file(fileName: string): RunReport['files'][number] {
  return {
    fileName,
    name: 'tools',
    version: '1.0',
    sizeBytes: 3,
    sha256: '00',
    url: `http://127.0.0.1:7711/files/${fileName}`,
    isSigned: true,
    isVerified: true,
    logIndex: 1,
    verdict: '',
  } as unknown as RunReport['files'][number]
}
