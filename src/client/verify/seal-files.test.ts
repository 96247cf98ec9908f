import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemFiles } from '../../host/index.ts'
import { findBeside, type FoundFiles } from './seal-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-seal-'))
})
afterEach(() => rm(folder, { recursive: true }))

const file = (): string => join(folder, 'x.whl')
const find = (of?: 'key'): Promise<FoundFiles> =>
  findBeside(
    { kind: 'file', path: file() },
    of === undefined ? { kind: 'beside' } : { kind: 'beside', of },
    systemFiles,
  )
const write = async (...endings: readonly string[]): Promise<void> => {
  for (const ending of ['', ...endings]) await writeFile(`${file()}${ending}`, 'x')
}
const endingsOf = (paths: readonly string[]): readonly string[] =>
  paths.map((path) => path.slice(file().length))
const found = async (of?: 'key'): Promise<readonly (readonly string[])[]> => {
  const { seals, notChecked } = await find(of)
  return [...seals.map(({ paths }) => endingsOf(paths)), endingsOf(notChecked)]
}

describe('a seal beside its file', () => {
  it('is a regular file: no pipe and no device that an enemy may have put there', async () => {
    await write()
    await symlink('/dev/zero', `${file()}.sigstore.json`)
    execFileSync('sh', ['-c', 'mkfifo "$0"', `${file()}.publish.attestation`])
    await expect(find()).rejects.toMatchObject({ code: 'verify.no-seal' })
    await write('.sig', '.crt')
    expect(await found()).toEqual([['.sig', '.crt'], []])
  })

  it('is of every form that sign and attest write', async () => {
    await write('.slsa.attestation')
    expect(await found()).toEqual([['.slsa.attestation'], []])
    await write('.sigstore.json', '.publish.attestation', '.sig', '.crt')
    expect(await found()).toEqual([
      ['.sigstore.json'],
      ['.publish.attestation'],
      ['.slsa.attestation'],
      ['.sig', '.crt'],
      [],
    ])
  })

  it('is whole, and what is not is told', async () => {
    await write('.sigstore.json', '.sig')
    expect(await found()).toEqual([['.sigstore.json'], ['.sig']])
    await rm(`${file()}.sig`)
    await write('.crt')
    expect(await found()).toEqual([['.sigstore.json'], ['.crt']])
  })

  it('of a key has no certificate, which attestations of PEP 740 have', async () => {
    await write('.sig', '.crt', '.publish.attestation')
    expect(await found('key')).toEqual([['.sig'], ['.publish.attestation', '.crt']])
  })
})
