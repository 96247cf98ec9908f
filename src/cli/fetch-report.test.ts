import { describe, expect, it } from 'vitest'
import type { FetchedFile } from '../client/fetch/index.ts'
import { parseRequirement } from '../packaging/index.ts'
import { fetchedLines, fetchJson, refusedFiles, remarks, type Fetched } from './fetch-report.ts'

const NAME = 'demo-1.0-py3-none-any.whl'

function fetched(changes: Partial<FetchedFile['outcome']> = {}, yanked?: string): FetchedFile {
  const outcome = {
    file: NAME,
    verified: true,
    reason: '',
    message: `${NAME} was signed by x`,
    checks: [],
    seal: [],
  }
  const file = {
    fileName: NAME,
    url: 'https://i.example/f',
    sha256: 'ab',
    sizeBytes: 1,
    provenanceUrl: undefined,
  }
  return {
    file: { ...file, kind: 'wheel', yanked },
    requirement: parseRequirement('demo==1.0'),
    outcome: { ...outcome, ...changes },
  }
}

const refused = fetched({
  verified: false,
  reason: 'verify.no-seal',
  message: 'it is refused',
  hint: 'do not use it',
})
const shown = (files: readonly FetchedFile[], out: string | undefined = 'dist'): Fetched => ({
  report: { files, placed: files.some((one) => one === refused) ? [] : [NAME, `${NAME}.sig`, `${NAME}.crt`] },
  out,
  origins: [],
})

describe('the report of a fetch', () => {
  it('has a line for each file that is verified, and says what is in the folder', () => {
    expect(fetchedLines(shown([fetched()]))).toEqual([{ mark: 'passed', text: `${NAME} was signed by x` }])
    expect(remarks(shown([fetched()]))).toEqual(['in dist are 1 file and 2 signature files'])
    expect(remarks({ ...shown([fetched()]), out: undefined })).toEqual([])
  })

  it('offers no bundle where the files are not kept', () => {
    const asked = fetched({ askedLog: 'https://log.example' })
    expect(fetchedLines({ ...shown([asked]), out: undefined })).toEqual(fetchedLines(shown([fetched()])))
    expect(JSON.stringify(fetchedLines(shown([asked])))).toContain('fetched from https://log.example')
  })

  it('says of each file that is refused why, and that nothing was left', () => {
    const [lines] = refusedFiles(shown([fetched(), refused]).report)
    expect(lines?.[0]).toEqual({ mark: 'failed', text: 'it is refused' })
    expect(lines).toContain('hint: do not use it')
    expect(refusedFiles(shown([fetched()]).report)).toEqual([])
    expect(remarks(shown([fetched(), refused]))).toEqual([
      '1 of 2 files are refused; nothing was left in dist',
    ])
  })

  it('says what is yanked, why, and cuts what is too long', () => {
    const [said] = remarks(shown([fetched({}, 'broken')]))
    expect(said).toBe(`${NAME} is yanked: its publisher advises against it (broken)`)
    expect(remarks(shown([fetched({}, '')]))[0]).toContain('(no reason is given)')
    expect(remarks(shown([fetched({}, 'x'.repeat(9999))]))[0]?.length).toBeLessThan(450)
  })

  it('names the signatures that were found and are not used', () => {
    const found = fetched({ setAside: ['a.sigstore.json'], notChecked: ['a.sig', 'a.sigstore.json'] })
    expect(remarks(shown([found]))[0]).toBe('not used, and not kept: a.sigstore.json, a.sig')
  })

  it('is one JSON object for machines', () => {
    expect(fetchJson(shown([fetched({}, 'broken')]))).toMatchObject({
      verified: true,
      files: [{ file: NAME, verified: true }],
      out: 'dist',
      placed: [NAME, `${NAME}.sig`, `${NAME}.crt`],
      yanked: [{ file: NAME, reason: 'broken' }],
    })
    expect(fetchJson({ ...shown([refused]), out: undefined })).not.toHaveProperty('out')
    expect(fetchJson(shown([fetched(), refused]))).toMatchObject({
      verified: false,
      reason: 'verify.no-seal',
      placed: [],
    })
  })
})
