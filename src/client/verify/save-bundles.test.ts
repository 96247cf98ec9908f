import { describe, expect, it } from 'vitest'
import { utf8, utf8Decode } from '../../base/index.ts'
import { artifact } from '../../verify/arrange.ts'
import { ioWith, plan, sealedFiles, WHEEL } from './arrange.ts'
import { prepare, saveBundles, verifyTargets, type FileOutcome, type VerifyPlan } from './index.ts'

type Sealed = Map<string, Uint8Array>

async function outcomes(files: Sealed, changes: Partial<VerifyPlan> = {}): Promise<readonly FileOutcome[]> {
  return verifyTargets(await prepare({ ...plan, ...changes }, ioWith(files)), () => undefined)
}

function save(found: readonly FileOutcome[], files: Sealed): Promise<readonly string[]> {
  return saveBundles(found, {
    exists: async (path) => files.has(path),
    writeAtomic: async (path, bytes) => void files.set(path, bytes),
  })
}

describe('a bundle that is saved', () => {
  it('verifies without the log, and is saved once', async () => {
    const files = sealedFiles()
    expect(await save(await outcomes(files), files)).toEqual([`${WHEEL}.sigstore.json`])
    expect(utf8Decode(files.get(`${WHEEL}.sigstore.json`)!)).toMatch(/^\{"mediaType":".*v0\.3\+json"/)
    const again = await outcomes(files, { network: 'none' })
    const seal = ['.sigstore.json', '.sig', '.crt'].map((ending) => `${WHEEL}${ending}`)
    expect(again).toMatchObject([{ verified: true, seal, notChecked: [] }])
    expect(await save(again, files)).toEqual([])
  })

  it('never takes the place of a file, nor is one of what is refused, or of a digest', async () => {
    const files = sealedFiles()
    const found = await outcomes(files)
    files.set(`${WHEEL}.sigstore.json`, utf8('mine'))
    expect(await save(found, files)).toEqual([])
    expect(files.get(`${WHEEL}.sigstore.json`)).toEqual(utf8('mine'))
    const altered = sealedFiles().set(WHEEL, utf8('other'))
    expect(await save(await outcomes(altered), altered)).toEqual([])
    const seal = { kind: 'pair', signature: `${WHEEL}.sig`, certificate: `${WHEEL}.crt` } as const
    const targets = [{ kind: 'digest', sha256: artifact.sha256, text: 'sha256:…' }] as const
    expect(await save(await outcomes(sealedFiles(), { targets, seal }), sealedFiles())).toEqual([])
  })
})
